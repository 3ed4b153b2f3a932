import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { paths } from './paths.mjs';
import { SetupError, digest, downloadFailure, run, stamped, tail, writeStamp } from './process.mjs';

const lock = fileURLToPath(new URL('requirements.lock', import.meta.url));
const stamp = `${paths.venv}/.egolab-stamp`;
const stampValue = () => digest(readFileSync(lock));
const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/** The first Python on PATH that is new enough and can make virtual environments. */
async function findPython() {
  const tried = [];
  for (const name of candidates) {
    const probe = await run(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2]); import venv, ensurepip']);
    const version = probe.stdout.trim();
    if (!version) continue;
    const [major, minor] = version.split('.').map(Number);
    if (major < 3 || minor < 10) tried.push(`${name} is ${version}, too old`);
    else if (probe.code !== 0) tried.push(`${name} (${version}) has no venv module`);
    else return name;
  }
  throw new SetupError(
    `no usable Python: ${tried.length ? tried.join('; ') : 'none is on PATH'}`,
    'install Python 3.10 or newer with its venv module (Debian and Ubuntu: `apt install python3 python3-venv`)',
  );
}

/** `existsSync` follows the link to the Python that the environment was made with. */
export const venvReady = () => existsSync(paths.python) && existsSync(`${paths.venv}/bin/pip`);

/** The virtual environment alone, with pip; a broken one (its Python is gone) is made anew. */
export async function makeVenv() {
  const python = await findPython();
  rmSync(paths.venv, { recursive: true, force: true });
  const { code, stdout, stderr } = await run(python, ['-m', 'venv', paths.venv]);
  if (code !== 0) {
    rmSync(paths.venv, { recursive: true, force: true });
    throw new SetupError(
      `${python} can't make a virtual environment`,
      `install its venv module (Debian and Ubuntu: \`apt install python3-venv\`):\n  ${tail(stdout + stderr)}`,
    );
  }
}

export const pythonPackagesReady = () => existsSync(paths.python) && stamped(stamp, stampValue());

/** DVC, MLflow and ffmpeg with every dependency, each file checked against the hash in requirements.lock. */
export async function installPythonPackages() {
  const { code, stdout, stderr } = await run(paths.python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--progress-bar=off',
    '--require-hashes',
    '-r',
    lock,
  ]);
  if (code !== 0) throw downloadFailure('Python packages', stdout + stderr);
  writeStamp(stamp, stampValue());
}
