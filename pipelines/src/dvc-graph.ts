import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** An output of another stage, as dvc.yaml names it. */
const OUTPUT = /^artifacts\/\$\{item\.preset\}\/([^/]+)\//;

/** The targets and all that they read, each behind what it reads: what `dvc repro` goes through. Loads no stage. */
export function stagesBehind(root: string, targets: readonly string[]): string[] {
  const { stages } = parse(readFileSync(join(root, 'dvc.yaml'), 'utf8')) as {
    stages: Record<string, { deps?: string[] } | undefined>;
  };
  const ordered = new Set<string>();
  const visit = (name: string) => {
    for (const dep of stages[name]?.deps ?? []) {
      const input = OUTPUT.exec(dep)?.[1];
      if (input !== undefined && input !== name && !ordered.has(input)) visit(input);
    }
    ordered.add(name);
  };
  targets.forEach(visit);
  return [...ordered];
}
