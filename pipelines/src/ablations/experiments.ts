import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse, parseDocument, stringify } from 'yaml';
import { ablationName, applyOverrides, digest, parseOverride } from '@egolab/experiment';
import type { Workspace } from '../workspace.ts';
import { dvcName, variantsFile } from '../variants.ts';
import type { AblationRun, AblationRuns } from './runs.ts';

interface Lock {
  schema: string;
  stages: Record<string, LockEntry>;
}
interface LockEntry {
  cmd: unknown;
  deps?: { path: string }[];
  params?: Record<string, Record<string, unknown>>;
  outs?: { path: string }[];
}

/**
 * Record finished runs as DVC experiments of the current commit, as `dvc exp run -S <preset>:<key>=<value>` would have left them:
 * `dvc exp show` compares them, `dvc exp apply` brings one into the preset's own folders. An experiment is a commit on the current one
 * that has the preset with the overrides and a `dvc.lock` with what the stages made; DVC finds it by its reference.
 *
 * @returns names of the experiments; none without a commit to record them on
 */
export function recordExperiments(grid: AblationRuns, workspace: Workspace): string[] {
  const git = gitOf(workspace.root);
  const head = answerOf(git, ['rev-parse', '--verify', '--quiet', 'HEAD']);
  if (head === undefined) return [];
  return grid.runs
    .filter(({ complete }) => complete)
    .flatMap((run) => {
      const lock = lockOf(run, workspace);
      if (!lock) return [];
      const name = [ablationName(grid.ablation).replace('/', '-'), run.variant, `seed${run.seed}`].join('-');
      const preset = relative(workspace.root, join(workspace.presets, `${run.plan.preset}.yaml`));
      const tree = treeWith(workspace.root, { 'dvc.lock': stringify(lock), [preset]: presetOf(run, workspace) });
      const reference = `refs/exps/${head.slice(0, 2)}/${head.slice(2)}/${name}`;
      if (answerOf(git, ['rev-parse', '--verify', '--quiet', `${reference}^{tree}`]) !== tree) {
        const identity = ['-c', 'user.name=egolab', '-c', 'user.email=egolab@localhost'];
        git(['update-ref', reference, git([...identity, 'commit-tree', tree, '-p', head, '-m', name])]);
      }
      return [name];
    });
}

/** The preset's `dvc.lock`, with what this run's stages made in the place of the preset's own; undefined when DVC doesn't know one. */
function lockOf(run: AblationRun, { root, presets }: Workspace): Lock | undefined {
  const { plan } = run;
  const own = readLock(join(root, 'dvc.lock'));
  const variants = readLock(join(root, variantsFile.replace('dvc.yaml', 'dvc.lock')));
  const stages = { ...own.stages };
  const config = applied(run, join(presets, `${plan.preset}.yaml`));
  for (const stage of Object.keys(run.folders)) {
    const variant = plan.variantOf(stage);
    if (variant === plan.preset) {
      if (!stages[`${stage}@${plan.preset}`]) return undefined;
      continue;
    }
    const entry = variants.stages[dvcName(stage, variant)];
    if (!entry) return undefined;
    const place = <T extends { path: string }>(file: T): T => ({ ...file, path: moved(file.path, plan.preset) });
    stages[`${stage}@${plan.preset}`] = {
      ...entry,
      cmd: ['node tools/setup/setup.mjs', `node tools/cli/egolab.mjs run ${stage} --preset ${plan.preset}`],
      deps: entry.deps?.map(place),
      params: mapValues(entry.params ?? {}, (keys) => mapValues(keys, (_, key) => config[key])),
      outs: entry.outs?.map(place),
    };
  }
  return { schema: own.schema, stages };
}

/** `artifacts/micro+1a2b3c4d/stage2/…` -> `artifacts/micro/stage2/…` */
const moved = (path: string, preset: string) => path.replace(/^artifacts\/[^/]+\//, `artifacts/${preset}/`);

const readLock = (file: string): Lock =>
  existsSync(file) ? (parse(readFileSync(file, 'utf8')) as Lock) : { schema: '2.0', stages: {} };

const applied = (run: AblationRun, file: string) =>
  applyOverrides(parse(readFileSync(file, 'utf8'), { merge: true }), run.sets.map(parseOverride)) as Record<
    string,
    unknown
  >;

/** The preset's file with the overrides; its comments stay, unless an override reaches into an alias. */
function presetOf(run: AblationRun, { presets }: Workspace): string {
  const file = join(presets, `${run.plan.preset}.yaml`);
  const wanted = applied(run, file);
  const document = parseDocument(readFileSync(file, 'utf8'), { merge: true });
  try {
    for (const { path, value } of run.sets.map(parseOverride)) document.setIn(path, value);
    if (digest(document.toJS()) === digest(wanted)) return String(document);
  } catch {
    // an alias has no keys of its own
  }
  return stringify(wanted);
}

type Git = (args: readonly string[], options?: { input?: string; env?: Record<string, string> }) => string;

function gitOf(root: string): Git {
  return (args, { input, env } = {}) =>
    execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      input,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    }).trim();
}

/** The current commit's tree with some files replaced; neither the index nor the working tree is touched. */
function treeWith(root: string, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'egolab-index-'));
  try {
    const env = { GIT_INDEX_FILE: join(folder, 'index') };
    const git = gitOf(root);
    git(['read-tree', 'HEAD'], { env });
    for (const [path, content] of Object.entries(files)) {
      const blob = git(['hash-object', '-w', '--stdin'], { input: content });
      git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { env });
    }
    return git(['write-tree'], { env });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What git says; undefined when it refuses. */
function answerOf(git: Git, args: readonly string[]): string | undefined {
  try {
    return git(args);
  } catch {
    return undefined;
  }
}

const mapValues = <T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Record<string, U> => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
