import { describe, expect, it } from 'vitest';
import { saysStopped } from './dvc-output.ts';
import { LiveOverview, overviewLines } from './overview-view.ts';
import { Overview, shareOf, type OverviewStage } from './overview.ts';

const stage = (name: string, expected?: number): OverviewStage => ({ name, expected, state: { kind: 'waiting' } });

function run(stages = [stage('datasets', 60), stage('text-model', 30), stage('stage1', 120), stage('report')]) {
  let now = 0;
  const overview = new Overview(stages, () => now);
  return { overview, lane: overview.lane(), pass: (seconds: number) => (now += 1000 * seconds) };
}

describe('Overview', () => {
  it('follows what dvc repro writes', () => {
    const { overview, lane, pass } = run();
    lane.readDvc("Stage 'datasets@micro' didn't change, skipping");
    lane.readDvc("Stage 'text-model@micro' is cached - skipping run, checking out outputs");
    lane.readDvc("Running stage 'stage1@micro':");
    pass(90);
    expect(lane.readStage('stage 1: 40 % 48/120, loss 1.2, 1 min 0 s left')).toBe(true);
    expect(lane.readStage('left out take7: no video')).toBe(false);
    lane.readDvc("Running stage 'report@micro':");
    lane.end(0);
    expect(overview.stages.map(({ state }) => state)).toEqual([
      { kind: 'reused' },
      { kind: 'reused' },
      { kind: 'done', seconds: 90 },
      { kind: 'done', seconds: 0 },
    ]);
  });

  it("a stage that was stopped hasn't failed", () => {
    const { overview, lane } = run();
    lane.readDvc("Running stage 'stage1@micro':");
    const message = "ERROR: failed to reproduce 'stage1@micro': failed to run: node, exited with 130";
    expect([lane.readDvc(message), saysStopped(message)]).toEqual([false, true]);
    lane.end(130);
    expect(overview.stage('stage1')!.state).toEqual({ kind: 'stopped' });
  });

  it('knows which stage failed', () => {
    const { overview, lane } = run();
    lane.readDvc("Running stage 'stage1@micro':");
    const message = "ERROR: failed to reproduce 'stage1@micro': failed to run: node";
    expect(lane.readDvc(message)).toBe(false);
    lane.end(255);
    expect(overview.stages[2].state).toEqual({ kind: 'failed' });
    lane.end(130);
    expect(overview.stages[2].state).toEqual({ kind: 'stopped' });
  });

  it('follows several at a time, each by its own lines', () => {
    const { overview, lane, pass } = run();
    const other = overview.lane();
    lane.readDvc("Running stage 'datasets@micro':");
    other.readDvc("Running stage 'stage1@micro':");
    pass(5);
    lane.readDvc("Running stage 'text-model@micro':");
    expect(other.readStage('stage 1: 40 % 48/120')).toBe(true);
    other.end(130);
    expect(overview.stages.map(({ state }) => state.kind)).toEqual(['done', 'running', 'stopped', 'waiting']);
    expect(overview.stages[1].state).toMatchObject({ line: '' });
  });

  it('knows the stages of variants', () => {
    const { overview, lane } = run();
    lane.readDvc("Stage 'experiments/variants/dvc.yaml:stage1_micro_1a2b3c4d' didn't change, skipping");
    expect(overview.stages[2].state).toEqual({ kind: 'reused' });
  });

  it('estimates what is left from the last run, and nothing where a stage never ran', () => {
    const known = [stage('datasets', 60), stage('stage1', 120)];
    const { overview, lane, pass } = run(known);
    expect(overview.secondsLeft).toBe(180);
    lane.readDvc("Running stage 'datasets@micro':");
    pass(45);
    expect(overview.secondsLeft).toBe(135);
    pass(100);
    expect(overview.secondsLeft).toBe(120);
    expect(run().overview.secondsLeft).toBeUndefined();
  });

  it('reads how far a stage is', () => {
    expect(shareOf('decoding clips: 30/120, 4.2/s, 21 s left')).toEqual([30, 120]);
    expect(shareOf('wrote artifacts/micro/stage1')).toBeUndefined();
    expect(shareOf('5/0')).toBeUndefined();
  });
});

describe('the view', () => {
  it('has a line for each stage', () => {
    const { overview, lane, pass } = run();
    lane.readDvc("Stage 'datasets@micro' didn't change, skipping");
    lane.readDvc("Running stage 'text-model@micro':");
    pass(12);
    lane.readStage('text model: 50 % 125/250, 12 s left');
    expect(overviewLines('egolab micro', overview, 40, 120)).toEqual([
      'egolab micro: 1 of 4 stages, 12 s',
      '= datasets    reused',
      '▶ text-model  ██████████░░░░░░░░░░ 12 s, about 18 s left, text model: 50 % 125/250, 12 s left',
      '  stage1      about 2 min',
      '  report',
    ]);
  });

  it('fits the terminal', () => {
    const many = Array.from({ length: 30 }, (_, i) => stage(`stage-${i}`, 60));
    const { overview, lane } = run(many);
    lane.readDvc("Stage 'stage-0@micro' didn't change, skipping");
    lane.readDvc("Running stage 'stage-1@micro':");
    const lines = overviewLines('egolab micro', overview, 10, 30);
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('  … and 22 more wait');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(30);
  });

  it('draws over itself and keeps other lines above', () => {
    let screen = '';
    const write = (text: string) => ((screen += text), true);
    const live = new LiveOverview('egolab micro', run([stage('datasets')]).overview, { write, rows: 24, columns: 80 });
    live.say('left out take7: no video');
    live.stop();
    expect(screen.split('left out take7')[0]).toMatch(/\x1b\[2A\r\x1b\[0J$/);
    expect(screen.match(/egolab micro: 0 of 1 stages/g)).toHaveLength(3);
  });
});
