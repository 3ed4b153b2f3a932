import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isStopped } from './dvc-output.ts';

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

/** Stages by how long a chain of stages waits for each, the longest first; in running order otherwise. */
export function longestWayFirst(graph: Graph, names: readonly string[]): string[] {
  const behind = new Map(names.map((name) => [name, 0]));
  for (const name of names.toReversed())
    for (const input of graph.get(name) ?? [])
      behind.set(input, Math.max(behind.get(input) ?? 0, (behind.get(name) ?? 0) + 1));
  return names.toSorted((a, b) => behind.get(b)! - behind.get(a)!);
}

/**
 * Run stages, at most `jobs` at a time, each when all that it reads is there. One that fails lets all others run but those behind it; a
 * signal lets no other begin.
 *
 * @param names in running order; what they read beside each other is there
 * @param run an exit code
 * @returns the first exit code but 0, or 0
 */
export async function runInOrder(
  graph: Graph,
  names: readonly string[],
  jobs: number,
  run: (name: string) => Promise<number>,
): Promise<number> {
  const waiting = longestWayFirst(graph, names);
  const left = new Set(names);
  const done = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const codes: number[] = [];
  const begin = async (name: string) => {
    const code = await run(name);
    running.delete(name);
    if (code === 0) done.add(name);
    else codes.push(code);
    if (isStopped(code)) waiting.length = 0;
  };
  for (;;) {
    const next = waiting.findIndex((name) =>
      (graph.get(name) ?? []).every((input) => done.has(input) || !left.has(input)),
    );
    if (next >= 0 && running.size < jobs) {
      const [name] = waiting.splice(next, 1);
      running.set(name, begin(name));
    } else if (running.size > 0) await Promise.race(running.values());
    else return codes[0] ?? 0;
  }
}
