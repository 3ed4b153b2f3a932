/** What a line of `dvc repro` tells a reader of this pipeline; undefined for what doesn't concern them. */
export function readableDvcLine(line: string): string | undefined {
  const reused = /^Stage '([^'@]+)@[^']*' didn't change, skipping$/.exec(line);
  if (reused) return `${reused[1]}: reused (nothing that it depends on has changed)`;
  const cached = /^Stage '([^'@]+)@[^']*' is cached - skipping run, checking out outputs$/.exec(line);
  if (cached) return `${cached[1]}: reused from the cache (it ran like this before)`;
  return noise.some((pattern) => pattern.test(line)) ? undefined : line;
}

const noise = [
  /^\s*$/,
  /^> node tools\//,
  /^Running stage '/, // the stage says so itself
  /^(Generating|Updating) lock file/,
  /^To (track the changes with git|enable auto staging), run:$/,
  /^\s*git add dvc\.lock$/,
  /^\s*dvc config core\.autostage true$/,
  /^Use `dvc push` /,
  /^Data and pipelines are up to date\.$/,
];
