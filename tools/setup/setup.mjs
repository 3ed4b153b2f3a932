#!/usr/bin/env node
/**
 * Make the machine ready: npm packages, Python packages (DVC, MLflow, ffmpeg), libtensorflow with its binding, two small models.
 * Every npm script calls it. It looks before it acts, so a second run costs a fraction of a second, and an interrupted one goes on.
 * Plain JavaScript without dependencies: it runs before there is anything else. Everything it says goes to stderr.
 */
import { bindingReady, buildBinding } from './binding.mjs';
import { borrowFromMainTree } from './borrow.mjs';
import { chosenDevice, installLibtensorflow, libtensorflowReady } from './libtensorflow.mjs';
import { withLock } from './lock.mjs';
import { installModels, modelsReady } from './models.mjs';
import { checkNode, commandLinked, installNodePackages, linkCommand, nodePackagesReady } from './node-packages.mjs';
import { SetupError } from './process.mjs';
import { installPythonPackages, makeVenv, pythonPackagesReady, venvReady } from './python.mjs';
import { allReady, runSteps } from './steps.mjs';

/** Steps in two lanes that run side by side; a step waits for those it needs. */
function steps(device) {
  return [
    { name: 'npm packages', needs: [], ready: nodePackagesReady, make: installNodePackages },
    { name: 'egolab command', needs: ['npm packages'], ready: commandLinked, make: linkCommand },
    { name: 'Python environment', needs: [], ready: venvReady, make: makeVenv },
    {
      name: `libtensorflow (${device})`,
      needs: ['Python environment'],
      ready: () => libtensorflowReady(device),
      make: () => installLibtensorflow(device),
    },
    { name: 'Python packages', needs: ['Python environment'], ready: pythonPackagesReady, make: installPythonPackages },
    { name: 'models', needs: [`libtensorflow (${device})`], ready: modelsReady, make: installModels },
    {
      name: 'TensorFlow binding',
      needs: ['egolab command', `libtensorflow (${device})`],
      ready: () => bindingReady(device),
      make: () => buildBinding(device),
    },
  ];
}

try {
  checkNode();
  borrowFromMainTree();
  const all = steps(chosenDevice());
  if (!(await allReady(all))) await withLock(() => runSteps(all));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
