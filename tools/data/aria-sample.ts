/**
 * Lays out Project Aria's MPS sample (a real recording of 11.4 s: trajectory and gaze, no video) as a take of Ego-Exo4D, so that the
 * tokenizers of camera and gaze can be tried on it:
 *
 *   npx tsx tools/data/aria-sample.ts ../shared/real/aria-mps data/aria-sample
 *   npx nx run pipelines:adapt-tokenizers -- --set adapt-tokenizers.root=data/aria-sample
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError, writeFileAtomic } from '@egolab/foundation';

/** File of the sample -> place in the take. */
const files = {
  'closed_loop_trajectory.csv': 'trajectory/closed_loop_trajectory.csv',
  'generalized_eye_gaze.csv': 'eye_gaze/general_eye_gaze.csv',
};
const name = 'aria_mps_sample';

/**
 * @param sample folder with the sample's files
 * @param out folder to write to
 */
export function layOutAriaSample(sample: string, out: string): void {
  const missing = Object.keys(files).filter((file) => !existsSync(join(sample, file)));
  if (missing.length > 0)
    throw new UserError({
      what: `expected ${missing.join(' and ')}`,
      where: resolve(sample),
      mend: 'give the folder of the sample; it is not part of this repository',
    });
  for (const [from, to] of Object.entries(files)) {
    const path = join(out, 'takes', name, to);
    mkdirSync(join(path, '..'), { recursive: true });
    copyFileSync(join(sample, from), path);
  }
  const take = { take_uid: '00000000-0000-4000-8000-000000000001', take_name: name, is_dropped: false };
  writeFileAtomic(join(out, 'takes.json'), `${JSON.stringify([take], null, 2)}\n`);
}

const usage = 'usage: npx tsx tools/data/aria-sample.ts <folder of the sample> <folder to make>';

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const [sample, out] = process.argv.slice(2);
    if (!sample || !out) throw new UserError({ what: usage });
    layOutAriaSample(sample, out);
    process.stdout.write(`${out}: one take of Ego-Exo4D without video\n`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
