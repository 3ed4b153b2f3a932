import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { UserError } from '@egolab/foundation';
import { encodeMessage, MessageReader, type MessageArray } from './message.ts';
import { PythonProcess } from './python-process.ts';

const arrays: MessageArray[] = [
  { name: 'bytes', dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 255) },
  { name: 'empty', dtype: 'float32', shape: [0, 9], data: new Float32Array(0) },
  { name: 'numbers', dtype: 'float64', shape: [2, 1], data: Float64Array.of(Math.PI, -0) },
];

describe('messages', () => {
  it('are read from a stream however it is cut', () => {
    const sent = [
      { header: { a: 'ä' }, arrays },
      { header: {}, arrays: [] },
      { header: { b: 1 }, arrays: [arrays[2]] },
    ];
    const stream = Buffer.concat(sent.map(encodeMessage));
    for (const size of [1, 2, 7, 50, stream.length]) {
      const reader = new MessageReader();
      const read = [];
      for (let at = 0; at < stream.length; at += size) read.push(...reader.push(stream.subarray(at, at + size)));
      expect(read).toEqual(sent);
    }
  });

  it('are told from other output', () => {
    expect(() => new MessageReader().push(Buffer.from('Traceback (most recent call last)'))).toThrow(/got a header of/);
    expect(() => new MessageReader().push(Buffer.from([3, 0, 0, 0, ...Buffer.from('{a}')]))).toThrow(/JSON header/);
    const huge = { arrays: [{ name: 'x', dtype: 'float64', shape: [1e6, 1e6] }] };
    const json = Buffer.from(JSON.stringify(huge));
    expect(() => new MessageReader().push(Buffer.concat([Buffer.from([json.length, 0, 0, 0]), json]))).toThrow(/bytes/);
  });
});

const python = fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
const script = fileURLToPath(new URL('fixtures/fake_kitchen.py', import.meta.url));
let running: PythonProcess[] = [];
const started = (overrides: Partial<ConstructorParameters<typeof PythonProcess>[0]> = {}) => {
  const process = new PythonProcess({ python, script, timeoutSeconds: 20, install: 'install it', ...overrides });
  running.push(process);
  return process;
};

afterEach(async () => {
  for (const each of running) await each.close();
  running = [];
});

describe.skipIf(!existsSync(python))(`a Python process (skipped without ${python})`, () => {
  it('answers in order, whatever its libraries print', async () => {
    const process = started();
    expect((await process.ask('echo', { n: 1 }, arrays)).arrays).toEqual(arrays);
    await process.ask('print');
    expect((await process.ask('echo', { n: 2 })).header).toMatchObject({ n: 2 });
  });

  it('tells mistakes from failures and goes on after both', async () => {
    const process = started();
    const mistake = await process.ask('mistake').catch((error: unknown) => error);
    expect(mistake).toBeInstanceOf(UserError);
    expect(mistake).toMatchObject({ what: 'expected bread, got a stone', where: 'the basket', mend: 'look again' });
    await expect(process.ask('failure')).rejects.toThrow(/RuntimeError: the oven burns/);
    await expect(process.ask('nothing')).rejects.toThrow(/unknown op 'nothing', known: collect,/);
    expect((await process.ask('echo', { n: 3 })).header).toMatchObject({ n: 3 });
  });

  it('says when it ends, and answers nothing afterwards', async () => {
    const process = started();
    await expect(process.ask('die')).rejects.toThrow(/fake_kitchen.py ended with exit code 3/);
    await expect(process.ask('echo')).rejects.toThrow(/ended with exit code 3/);
  });

  it('is ended when it does not answer in time, or not as agreed', async () => {
    await expect(started({ timeoutSeconds: 0.2 }).ask('hang')).rejects.toMatchObject({
      name: 'UserError',
      what: "no answer to 'hang' within 0.2 s",
    });
    await expect(started().ask('damaged')).rejects.toThrow(/JSON header/);
    await expect(started({ script: '/nowhere/bridge.py' }).ask('echo')).rejects.toThrow(/ended with exit code 2/);
  });

  it('takes one question at a time', async () => {
    const process = started();
    const first = process.ask('echo', { n: 1 });
    await expect(process.ask('echo', { n: 2 })).rejects.toThrow(/no answer yet/);
    expect((await first).header).toMatchObject({ n: 1 });
  });
});

it('a missing interpreter is a mistake that can be mended', async () => {
  await expect(started({ python: '/nowhere/python' }).ask('echo')).rejects.toMatchObject({
    name: 'UserError',
    where: '/nowhere/python',
    mend: 'install it',
  });
});
