/** What a line of `dvc repro` tells a reader of this pipeline; undefined for what doesn't concern them. */
export function readableDvcLine(line: string): string | undefined {
  const reused = /^Stage '([^']+)' didn't change, skipping$/.exec(line);
  if (reused) return `${label(reused[1])}: reused (nothing that it depends on has changed)`;
  const cached = /^Stage '([^']+)' is cached - skipping run, checking out outputs$/.exec(line);
  if (cached) return `${label(cached[1])}: reused from the cache (it ran like this before)`;
  return noise.some((pattern) => pattern.test(line)) ? undefined : line;
}

/** `stage2` of `stage2@micro`, `stage2 (micro+1a2b3c4d)` of `experiments/variants/dvc.yaml:stage2_micro_1a2b3c4d`. */
function label(address: string): string {
  const variant = VARIANT.exec(address);
  return variant ? `${variant[1]} (${variant[2]}+${variant[3]})` : stageOf(address);
}

const VARIANT = /:([^_]+)_(.+)_([0-9a-f]{8})$/;

/** The stage of either. */
const stageOf = (address: string): string => VARIANT.exec(address)?.[1] ?? address.split('@')[0];

/** What a line of `dvc repro` says of a stage. */
export interface DvcEvent {
  kind: 'starts' | 'reused' | 'failed';
  stage: string;
}

/** @returns undefined for a line that says nothing of a stage's state */
export function dvcEvent(line: string): DvcEvent | undefined {
  for (const [kind, pattern] of events) {
    const found = pattern.exec(line);
    if (found) return { kind, stage: stageOf(found[1]) };
  }
  return undefined;
}

const events: readonly (readonly [DvcEvent['kind'], RegExp])[] = [
  ['starts', /^Running stage '([^']+)'/],
  ['reused', /^Stage '([^']+)' (?:didn't change, skipping|is cached - skipping run)/],
  ['failed', /failed to reproduce '([^']+)'(?!.*exited with (?:130|143)$)/],
];

/** Whether DVC complains that a stage was stopped, which the stage itself has said. */
export const saysStopped = (line: string): boolean => /failed to reproduce .*exited with (130|143)$/.test(line);

/** Whether a reused result comes from the cache: it may not lie in its place yet. */
export const isCached = (line: string): boolean => / is cached - skipping run/.test(line);

/** Whether an exit code is that of a run that Ctrl-C or SIGTERM stopped; DVC's own, of a stage that failed, is 255. */
export const isStopped = (code: number): boolean => code === 130 || code === 143;

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
