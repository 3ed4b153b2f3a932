import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { paths, root } from './paths.mjs';
import { SetupError, downloadFailure, run } from './process.mjs';

const oldest = 20;
const command = `${paths.nodeModules}/.bin/egolab`;
const commandTarget = '../../tools/cli/egolab.mjs';

/** Node is what everything else runs on. */
export function checkNode(version = process.versions.node) {
  if (Number(version.split('.')[0]) < oldest) {
    throw new SetupError(
      `Node ${version} is too old`,
      `egolab needs Node ${oldest} or newer: install it with your system's package manager or a version manager such as nvm`,
    );
  }
}

/** Whether node_modules holds exactly what package-lock.json names (packages for other platforms aside). */
export function nodePackagesReady() {
  const installed = `${paths.nodeModules}/.package-lock.json`; // npm writes it last
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')).packages;
  const found = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(([name, { version, integrity, optional }]) => {
    if (name === '') return true;
    const entry = found[name];
    return entry ? entry.version === version && entry.integrity === integrity : optional;
  });
}

export function commandLinked() {
  try {
    return lstatSync(command).isSymbolicLink() && readlinkSync(command) === commandTarget;
  } catch {
    return false;
  }
}

/** npm links the commands of dependencies, but not the project's own: `npx --no-install egolab` needs it. */
export function linkCommand() {
  mkdirSync(`${paths.nodeModules}/.bin`, { recursive: true });
  if (lstatSync(command, { throwIfNoEntry: false })) unlinkSync(command);
  symlinkSync(commandTarget, command);
}

export async function installNodePackages() {
  // NODE_ENV=production would leave out the tools that tests and Nx need
  const { code, stdout, stderr, missing } = await run('npm', [
    'ci',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  if (missing)
    throw new SetupError(
      'npm is not there',
      'install npm, which usually comes with Node (Debian and Ubuntu: `apt install npm`)',
    );
  if (code !== 0) throw downloadFailure('npm packages', stderr + stdout);
}
