import { existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { paths } from './paths.mjs';
import { SetupError, digest, stamped, writeStamp } from './process.mjs';
import { extractFromWheels } from './wheels.mjs';

const stamp = `${paths.libtensorflow}/.egolab-stamp`;
const requirements = (device) => fileURLToPath(new URL(`wheels/libtensorflow-${device}.txt`, import.meta.url));

/** Where an NVIDIA driver shows itself; the last one is Windows' Linux subsystem. */
const driverSigns = ['/dev/nvidia0', '/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];

/**
 * The device to set up for: EGOLAB_DEVICE if given, else `cuda` where there is an NVIDIA driver.
 * @returns {'cpu' | 'cuda'}
 */
export function chosenDevice(forced = process.env.EGOLAB_DEVICE) {
  if (!forced) return driverSigns.some((sign) => existsSync(sign)) ? 'cuda' : 'cpu';
  if (forced !== 'cpu' && forced !== 'cuda')
    throw new SetupError(`EGOLAB_DEVICE is "${forced}"`, 'it may be cpu or cuda; without it the machine decides');
  return forced;
}

/** What is taken out of the wheel: the library, and the headers of its C interface with what they include. */
const files = [
  'tensorflow/(libtensorflow_(?:cc|framework)\\.so\\.2)',
  'tensorflow/(include/tensorflow/c/.*|include/xla/tsl/c/.*|include/(?:tensorflow/core|tsl)/platform/(?:ctstring.*|platform\\.h))',
];

/** Identifies the library that `device` needs. @param {'cpu' | 'cuda'} device */
export const libtensorflowVersion = (device) => `${device} ${digest(readFileSync(requirements(device)), ...files)}`;

/** @param {'cpu' | 'cuda'} device */
export const libtensorflowReady = (device) => stamped(stamp, libtensorflowVersion(device));

/** The C library and its headers out of the Python wheel; for CUDA also the NVIDIA libraries. @param {'cpu' | 'cuda'} device */
export async function installLibtensorflow(device) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      `no pinned TensorFlow library for ${process.platform} ${process.arch}`,
      'run egolab on Linux x86-64, or in a container of it',
    );
  }
  const partial = `${paths.libtensorflow}.partial`;
  const nvidia = `${paths.nvidia}.partial`;
  for (const folder of [partial, nvidia]) rmSync(folder, { recursive: true, force: true });
  await extractFromWheels(requirements(device), [
    ...files.map((pattern) => [pattern, partial]),
    ...(device === 'cuda' ? [['nvidia/([^/]+/lib/.*\\.so.*|cuda_nvcc/.*)', nvidia]] : []),
  ]);
  symlinkSync('libtensorflow_cc.so.2', `${partial}/libtensorflow_cc.so`);
  if (device === 'cuda') replace(paths.nvidia, nvidia);
  writeStamp(`${partial}/.egolab-stamp`, libtensorflowVersion(device));
  replace(paths.libtensorflow, partial);
}

/** Put a finished folder in the place of another, which a running process may still have open. */
function replace(folder, finished) {
  const old = `${folder}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(finished, folder);
  rmSync(old, { recursive: true, force: true });
}
