import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rejection, tinyTraining, undisturbed, untimed } from './fixtures/tiny.ts';
import { train, type TrainingRecord } from './index.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'egolab-resume-'));
const TOTAL_STEPS = 12; // 4 epochs of 22 examples in batches of 8

/** Ask for a stop before `step` is done, so that it is the last one. */
function stopAt(step: number) {
  const controller = new AbortController();
  const abortIf = (done: number) => done === step - 1 && controller.abort();
  abortIf(0);
  return { signal: controller.signal, onRecord: (record: TrainingRecord) => abortIf(record.step) };
}

describe('resuming', () => {
  it('ends with the bits and the history of an undisturbed run, wherever it was stopped', async () => {
    const expected = await undisturbed();
    for (const stops of [[1], [3, 5], [2, 6, 8, 11], [12]]) {
      const stateFolder = folder();
      for (const step of stops) {
        const { steps, interrupted } = await train(tinyTraining(stateFolder, stopAt(step)));
        expect({ steps, interrupted }).toEqual({ steps: step, interrupted: true });
      }
      const last = tinyTraining(stateFolder);
      const { steps, interrupted, history } = await train(last);
      expect({ steps, interrupted }).toEqual({ steps: TOTAL_STEPS, interrupted: false });
      expect({ digest: last.parameters[0].digest(), history: untimed(history) }).toEqual(expected);
    }
  });

  it('goes on from the last save after a crash, and tells repeated steps from new ones', async () => {
    const expected = await undisturbed();
    const stateFolder = folder();
    const crashing = tinyTraining(stateFolder, {
      onRecord: ({ step }) => {
        if (step === 6) throw new Error('crash'); // steps 4 and 5 are in history.csv, the state is at 3
      },
    });
    await expect(train(crashing)).rejects.toThrow('crash');
    writeFileSync(join(stateFolder, 'history.csv'), '6,2,0.1', { flag: 'a' }); // cut in the middle of a row
    writeFileSync(join(stateFolder, '.train-state.safetensors.123.partial'), 'cut');
    const seen: [number, boolean][] = [];
    const options = tinyTraining(stateFolder, { onRecord: ({ step }, { repeated }) => seen.push([step, repeated]) });
    const { history } = await train(options);
    expect(seen.map(([step]) => step)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(seen.filter(([, repeated]) => repeated).map(([step]) => step)).toEqual([4, 5]);
    expect({ digest: options.parameters[0].digest(), history: untimed(history) }).toEqual(expected);
    expect(readdirSync(stateFolder).sort()).toEqual(['history.csv', 'train-state.safetensors']);
  });

  it('refuses a state of other settings and says which', async () => {
    const stateFolder = folder();
    const identity = { data: { digest: 'abc' } };
    await train(tinyTraining(stateFolder, { ...stopAt(2), identity }));
    const changed = tinyTraining(stateFolder, { seed: 6, schedule: 'constant', identity: { data: { digest: 'abd' } } });
    changed.optimizer.learningRate = 0.02;
    changed.parameters[0].assign('frozen.weight', new Float32Array(32 * 8));
    const { message, where } = await rejection(train(changed));
    expect(where).toBe(join(stateFolder, 'train-state.safetensors'));
    expect(message).toContain('seed: 5 there, 6 here');
    expect(message).toContain('optimizer.learningRate: 0.01 there, 0.02 here');
    expect(message).toContain('schedule: "cosine" there, "constant" here');
    expect(message).toContain('data.digest: "abc" there, "abd" here');
    expect(message).toContain('the frozen weights');
    const other = tinyTraining(stateFolder, { identity });
    const bias = other.parameters[0].get('hidden.bias');
    const fewer = train({ ...other, trainable: new Map([['hidden.bias', bias]]) });
    expect((await rejection(fewer)).message).toContain('the frozen weights');
  });

  it('refuses to go on without its history, and with a state that is cut', async () => {
    const stateFolder = folder();
    await train(tinyTraining(stateFolder, stopAt(4)));
    const history = readFileSync(join(stateFolder, 'history.csv'), 'utf8').split('\n');
    writeFileSync(join(stateFolder, 'history.csv'), `${history.slice(0, 3).join('\n')}\n`);
    expect((await rejection(train(tinyTraining(stateFolder)))).message).toMatch(/history\.csv: holds 2 of the 4 steps/);
    const state = join(stateFolder, 'train-state.safetensors');
    writeFileSync(state, readFileSync(state).subarray(0, -5));
    expect((await rejection(train(tinyTraining(stateFolder)))).message).toMatch(
      /train-state\.safetensors: .*the file is cut.*\n {2}remove .* to begin anew/,
    );
  });

  it('begins anew, with a new history, when the state was removed', async () => {
    const stateFolder = folder();
    await train(tinyTraining(stateFolder, stopAt(4)));
    rmSync(join(stateFolder, 'train-state.safetensors'));
    const { history } = await train(tinyTraining(stateFolder));
    expect(untimed(history)).toEqual((await undisturbed()).history);
    expect(existsSync(join(stateFolder, 'train-state.safetensors'))).toBe(true);
  });
});
