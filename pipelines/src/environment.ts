import { execFileSync } from 'node:child_process';

/** What a run is recorded with beside its parameters. */
export interface Environment {
  git: { revision: string | null; dirty: boolean | null };
  /** 'cpu' or 'cuda' */
  device: string;
  versions: Record<string, string>;
  /** for the tracker */
  tags: Record<string, string>;
}

/** Look at the checkout and at the machine. Loads TensorFlow. */
export async function describeEnvironment(root: string): Promise<Environment> {
  const { backend, device, tf } = await import('@egolab/runtime');
  const git = gitState(root);
  const tags = {
    device,
    ...(git.revision ? { 'mlflow.source.git.commit': git.revision, 'mlflow.source.git.dirty': String(git.dirty) } : {}),
  };
  return {
    git,
    device,
    versions: { node: process.versions.node, tensorflow: backend.binding.TF_Version, tfjs: tf.version['tfjs-core'] },
    tags,
  };
}

/** The commit, and whether the tree differs from it; DVC's records of results aren't counted. */
export function gitState(root: string): Environment['git'] {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const code = ['.', ':!dvc.lock', ':!experiments/variants'];
  try {
    return { revision: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain', '--', ...code) !== '' };
  } catch {
    return { revision: null, dirty: null };
  }
}
