import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress, duration } from './progress.ts';

/** A stream that keeps what is written, and a clock that is set by hand. */
function setting(isTTY: boolean) {
  let text = '';
  let time = 0;
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 200,
    write: (chunk: string) => ((text += chunk), true),
  });
  const progress = createProgress({
    title: 'stage1',
    stream: stream as unknown as NodeJS.WriteStream,
    now: () => time,
  });
  return { progress, text: () => text, at: (milliseconds: number) => (time = milliseconds) };
}

describe('without a terminal', () => {
  it('writes a line at each tenth and when much time has passed, with loss, rate and time left', () => {
    const { progress, text, at } = setting(false);
    progress.start(100);
    for (let step = 1; step <= 11; step++) {
      at(step * 1000);
      progress.update(step, { loss: 0.123456, lr: 0.0002, 'samples/s': 12345.6 });
    }
    at(30_000);
    progress.update(12, { loss: 1 });
    progress.note('saved');
    progress.stop();
    expect(text()).toBe(
      [
        'stage1: 0 of 100',
        'stage1: 10 % 10/100, loss 0.1235 lr 0.0002 samples/s 12346, 1 min 30 s left',
        'stage1: 12 % 12/100, loss 1, 3 min 40 s left',
        'stage1: saved',
        'stage1: took 30 s',
        '',
      ].join('\n'),
    );
  });

  it('counts the time left from where an earlier run stood', () => {
    const { progress, text, at } = setting(false);
    progress.start(100, 49);
    at(2000);
    progress.update(50);
    expect(text()).toBe('stage1: going on at 49 of 100\nstage1: 50 % 50/100, 1 min 40 s left\n');
  });
});

it('draws a bar on a terminal', () => {
  const { progress, text, at } = setting(true);
  progress.start(10);
  at(5000);
  progress.update(5, { loss: 0.5 });
  progress.note('saved');
  progress.stop();
  expect(text()).toContain('stage1 ████████████░░░░░░░░░░░░ 50% 5/10 loss 0.5 5 s left');
  expect(text()).toContain('stage1: saved\n');
});

it('says durations as people do', () => {
  expect([42_400, 200_000, 18_180_000].map(duration)).toEqual(['42 s', '3 min 20 s', '5 h 3 min']);
});
