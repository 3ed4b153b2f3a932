/** What a line of `dvc repro` tells a reader of this pipeline; undefined for what doesn't concern them. */
export function readableDvcLine(line: string): string | undefined {
  const reused = /^Stage '([^']+)' didn't change, skipping$/.exec(line);
  if (reused) return `${stageOf(reused[1])}: reused (nothing that it depends on has changed)`;
  const cached = /^Stage '([^']+)' is cached - skipping run, checking out outputs$/.exec(line);
  if (cached) return `${stageOf(cached[1])}: reused from the cache (it ran like this before)`;
  return noise.some((pattern) => pattern.test(line)) ? undefined : line;
}

/** `stage2` of `stage2@micro`, `stage2 (micro+1a2b3c4d)` of `experiments/variants/dvc.yaml:stage2_micro_1a2b3c4d`. */
function stageOf(address: string): string {
  const variant = /:([^_]+)_(.+)_([0-9a-f]{8})$/.exec(address);
  return variant ? `${variant[1]} (${variant[2]}+${variant[3]})` : address.split('@')[0];
}

const noise = [
  /^\s*$/,
  /^> node tools\//,
  /^Running stage '/, // the stage says so itself
  /^(Generating|Updating) lock file/,
  /^To (track the changes with git|enable auto staging), run:$/,
  /^\s*git add [\w/.]*dvc\.lock/,
  /^\s*dvc config core\.autostage true$/,
  /^Use `dvc push` /,
  /^Data and pipelines are up to date\.$/,
];
