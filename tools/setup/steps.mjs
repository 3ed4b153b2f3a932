/**
 * @typedef {{ name: string, needs: string[], ready: () => boolean | Promise<boolean>, make: () => void | Promise<void> }} Step
 */

const interactive = process.stderr.isTTY === true;

/** Whether every step is done already. @param {Step[]} steps */
export async function allReady(steps) {
  for (const step of steps) if (!(await step.ready())) return false;
  return true;
}

/**
 * Make what isn't there, steps that don't wait for each other side by side; one line for each step that had work.
 * After a failure the steps that don't need the failed one still run, so that the next attempt has less to do. Throws the failure.
 * @param {Step[]} steps in an order in which each comes after those it needs
 */
export async function runSteps(steps) {
  const started = Date.now();
  const running = new Set();
  const show = () => {
    if (interactive && running.size > 0)
      process.stderr.write(`\r\x1b[K  … ${[...running].join(', ')} (${seconds(started)})`);
  };
  const say = (line) => process.stderr.write(`${interactive ? '\r\x1b[K' : ''}${line}\n`);
  const ticker = interactive ? setInterval(show, 500) : undefined;
  say('Setting this machine up (about two minutes and 2 GB the first time):');

  const runStep = async (step) => {
    if (await step.ready()) return;
    const began = Date.now();
    running.add(step.name);
    try {
      await step.make();
      say(`  ${step.name}: ${seconds(began)}`);
    } catch (error) {
      say(`  ${step.name}: failed after ${seconds(began)}`);
      throw error;
    } finally {
      running.delete(step.name);
    }
  };
  const results = new Map();
  for (const step of steps)
    results.set(
      step.name,
      Promise.all(step.needs.map((name) => results.get(name))).then(() => runStep(step)),
    );
  const failed = (await Promise.allSettled(results.values())).find(({ status }) => status === 'rejected');
  clearInterval(ticker);
  if (failed) throw failed.reason;
  say(`Ready after ${seconds(started)}.`);
}

/** @param {number} since milliseconds */
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
