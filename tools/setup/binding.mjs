import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libtensorflowVersion } from './libtensorflow.mjs';
import { paths, root } from './paths.mjs';
import { SetupError, digest, run, stamped, tail, writeStamp } from './process.mjs';

const sources = `${paths.nodeModules}/@tensorflow/tfjs-node-gpu/binding`;
const stamp = `${dirname(paths.binding)}/.egolab-stamp`;
const verifier = fileURLToPath(new URL('verify.ts', import.meta.url));

/** Relative to the binding's own folder, so that the workspace can be moved. */
const runPath = '-Wl,-rpath,$ORIGIN/../../../../../.egolab/libtensorflow';

/** Add-ons of our own beside it, which libs/runtime loads. */
const native = `${root}/libs/runtime/src/native`;
const addOns = Object.entries({
  signals: ['signals.cc'],
  stderr: ['stderr.cc'],
  kernels: ['kernels.cc', 'attention.cc'],
}).map(([name, sources]) => ({
  sources: sources.map((source) => `${native}/${source}`),
  library: `${dirname(paths.binding)}/egolab_${name}.node`,
}));

const files = () => readdirSync(sources).filter((file) => /\.(cc|h)$/.test(file)).sort(); // prettier-ignore
const stampValue = (device) =>
  digest(
    libtensorflowVersion(device),
    runPath,
    ...readdirSync(native)
      .sort()
      .map((file) => readFileSync(`${native}/${file}`)),
    ...files().map((file) => readFileSync(`${sources}/${file}`)),
  );

/** @param {'cpu' | 'cuda'} device */
export const bindingReady = (device) => existsSync(paths.binding) && stamped(stamp, stampValue(device));

/** Compile tfjs-node's own binding against the library that setup installed, and run an op on it. @param {'cpu' | 'cuda'} device */
export async function buildBinding(device) {
  mkdirSync(dirname(paths.binding), { recursive: true });
  const sourceFiles = files().filter((file) => file.endsWith('.cc'));
  const binding = sourceFiles.map((file) => `${sources}/${file}`);
  // NaN stays NaN; nobody reads errno or traps after the add-ons
  await Promise.all([
    compile(paths.binding, '-O2', binding),
    ...addOns.map(({ sources, library }) => compile(library, '-O3 -fno-math-errno -fno-trapping-math', sources)),
  ]);
  await verifyBinding(device);
  writeStamp(stamp, stampValue(device));
}

/** A Node add-on, there whole or not at all. @param {string} output @param {string} options @param {string[]} inputs */
async function compile(output, options, inputs) {
  const partial = `${output}.partial`;
  const compiler = process.env.CXX ?? 'g++';
  const { code, stderr, missing } = await run(compiler, [
    '-std=c++17', ...options.split(' '), '-fPIC', '-shared', '-DNAPI_VERSION=8',
    '-I', `${paths.nodeModules}/node-api-headers/include`, '-I', `${paths.libtensorflow}/include`,
    ...inputs,
    '-Wl,--as-needed', '-L', paths.libtensorflow, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', runPath,
    '-o', partial,
  ]); // prettier-ignore
  if (missing)
    throw new SetupError(
      `there is no C++ compiler ("${compiler}")`,
      'install one (Debian and Ubuntu: `apt install g++`), or name yours in CXX',
    );
  if (code !== 0)
    throw new SetupError(
      `${compiler} can't compile TensorFlow's binding`,
      `a C++17 compiler with its standard library is needed (g++ 9 or newer):\n  ${tail(stderr)}`,
    );
  renameSync(partial, output);
}

/** Multiply two matrices in a process of its own. @param {'cpu' | 'cuda'} device */
async function verifyBinding(device) {
  const { code, stdout, stderr } = await run(process.execPath, ['--import', 'tsx', verifier], {
    env: { TSX_TSCONFIG_PATH: `${root}/tsconfig.base.json` },
  });
  if (code !== 0)
    throw new SetupError(
      "TensorFlow was built, but an op doesn't run on it",
      `delete node_modules and .egolab, run \`npm run setup\` again, and report this if it stays:\n  ${tail(stderr)}`,
    );
  const found = JSON.parse(stdout);
  if (device === 'cuda' && found.device !== 'cuda') {
    throw new SetupError(
      'TensorFlow was set up for CUDA but finds no GPU it can use',
      'check the driver with `nvidia-smi` (CUDA 12 needs 525 or newer), or set EGOLAB_DEVICE=cpu',
    );
  }
}
