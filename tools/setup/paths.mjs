import { fileURLToPath } from 'node:url';

/** The workspace's root folder, without a slash at the end. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What setup makes; all of it is ignored by git and may be deleted at any time. */
export const paths = {
  nodeModules: `${root}/node_modules`,
  venv: `${root}/.venv`,
  python: `${root}/.venv/bin/python`,
  own: `${root}/.egolab`,
  libtensorflow: `${root}/.egolab/libtensorflow`,
  nvidia: `${root}/.egolab/nvidia`, // where libtensorflow's run path looks: $ORIGIN/../nvidia
  models: `${root}/.egolab/models`,
  robotics: `${root}/.egolab/robotics`, // made by robotics.mjs
  binding: `${root}/node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node`,
};
