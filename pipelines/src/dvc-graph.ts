import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** An output of another stage, as dvc.yaml names it. */
const OUTPUT = /^artifacts\/\$\{item\.preset\}\/([^/]+)\//;

/** What each stage reads, by name. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The graph in dvc.yaml. Loads no stage. */
export function readGraph(root: string): Graph {
  const { stages } = parse(readFileSync(join(root, 'dvc.yaml'), 'utf8')) as {
    stages: Record<string, { deps?: string[] } | undefined>;
  };
  return new Map(
    Object.entries(stages).map(([name, stage]) => {
      const inputs = (stage?.deps ?? []).map((dep) => OUTPUT.exec(dep)?.[1]);
      return [
        name,
        [...new Set(inputs.filter((input): input is string => input !== undefined && input !== name))],
      ] as const;
    }),
  );
}

/** The targets and all that they read, each behind what it reads: what `dvc repro` goes through. */
export function stagesBehind(graph: Graph, targets: readonly string[]): string[] {
  const ordered = new Set<string>();
  const visit = (name: string) => {
    for (const input of graph.get(name) ?? []) if (!ordered.has(input)) visit(input);
    ordered.add(name);
  };
  targets.forEach(visit);
  return [...ordered];
}

/**
 * What the targets read, in parts that have no stage in common, so that they can run at the same time: below the report these are the
 * papers' pipelines. The targets come after all parts. Each part is in running order.
 */
export function branchesBelow(graph: Graph, targets: readonly string[]): string[][] {
  const needed = stagesBehind(graph, targets).filter((name) => !targets.includes(name));
  const branches: Set<string>[] = [];
  for (const name of needed) {
    const inputs = graph.get(name) ?? [];
    const [first, ...rest] = branches.filter((branch) => inputs.some((input) => branch.has(input)));
    if (first) first.add(name);
    else branches.push(new Set([name]));
    for (const branch of rest) {
      for (const other of branch) first.add(other);
      branches.splice(branches.indexOf(branch), 1);
    }
  }
  return branches.map((branch) => needed.filter((name) => branch.has(name)));
}

/** The stages of a branch that no other stage of it reads: to bring them up to date brings all of it. */
export function endsOf(graph: Graph, branch: readonly string[]): string[] {
  const read = new Set(branch.flatMap((name) => graph.get(name) ?? []));
  return branch.filter((name) => !read.has(name));
}
