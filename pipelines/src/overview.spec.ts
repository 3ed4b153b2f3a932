import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stagesBehind } from './dvc-graph.ts';
import { LiveOverview, overviewLines } from './overview-view.ts';
import { Overview, shareOf, type OverviewStage } from './overview.ts';

const stage = (name: string, expected?: number): OverviewStage => ({ name, expected, state: { kind: 'waiting' } });

function run(stages = [stage('datasets', 60), stage('text-model', 30), stage('stage1', 120), stage('report')]) {
  let now = 0;
  const overview = new Overview(stages, () => now);
  return { overview, pass: (seconds: number) => (now += 1000 * seconds) };
}

describe('Overview', () => {
  it('follows what dvc repro writes', () => {
    const { overview, pass } = run();
    overview.readDvc("Stage 'datasets@micro' didn't change, skipping");
    overview.readDvc("Stage 'text-model@micro' is cached - skipping run, checking out outputs");
    overview.readDvc("Running stage 'stage1@micro':");
    pass(90);
    expect(overview.readStage('stage 1: 40 % 48/120, loss 1.2, 1 min 0 s left')).toBe(true);
    expect(overview.readStage('left out take7: no video')).toBe(false);
    overview.readDvc("Running stage 'report@micro':");
    overview.end(0);
    expect(overview.stages.map(({ state }) => state)).toEqual([
      { kind: 'reused' },
      { kind: 'reused' },
      { kind: 'done', seconds: 90 },
      { kind: 'done', seconds: 0 },
    ]);
  });

  it('knows which stage failed', () => {
    const { overview } = run();
    overview.readDvc("Running stage 'stage1@micro':");
    const message = "ERROR: failed to reproduce 'stage1@micro': failed to run: node";
    expect(overview.readDvc(message)).toBe(false);
    overview.end(1);
    expect(overview.stages[2].state).toEqual({ kind: 'failed' });
    overview.end(130);
    expect(overview.stages[2].state).toEqual({ kind: 'stopped' });
  });

  it('knows the stages of variants', () => {
    const { overview } = run();
    overview.readDvc("Stage 'experiments/variants/dvc.yaml:stage1_micro_1a2b3c4d' didn't change, skipping");
    expect(overview.stages[2].state).toEqual({ kind: 'reused' });
  });

  it('estimates what is left from the last run, and nothing where a stage never ran', () => {
    const known = [stage('datasets', 60), stage('stage1', 120)];
    const { overview, pass } = run(known);
    expect(overview.secondsLeft).toBe(180);
    overview.readDvc("Running stage 'datasets@micro':");
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
    const { overview, pass } = run();
    overview.readDvc("Stage 'datasets@micro' didn't change, skipping");
    overview.readDvc("Running stage 'text-model@micro':");
    pass(12);
    overview.readStage('text model: 50 % 125/250, 12 s left');
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
    const { overview } = run(many);
    overview.readDvc("Stage 'stage-0@micro' didn't change, skipping");
    overview.readDvc("Running stage 'stage-1@micro':");
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
    expect(screen.split('left out take7')[0]).toMatch(/\x1b\[2A\r\x1b\[0J$/); // eslint-disable-line no-control-regex
    expect(screen.match(/egolab micro: 0 of 1 stages/g)).toHaveLength(3);
  });
});

it('finds in dvc.yaml what stands behind a stage', () => {
  const root = mkdtempSync(join(tmpdir(), 'egolab-dvc-graph-'));
  const dep = (stage: string) => ['libs/nn', `artifacts/\${item.preset}/${stage}/model.safetensors`];
  const stages = {
    last: { deps: dep('middle') },
    other: {},
    middle: { deps: dep('first') },
    first: { deps: ['libs/nn'] },
  };
  writeFileSync(join(root, 'dvc.yaml'), JSON.stringify({ stages }));
  expect(stagesBehind(root, ['last'])).toEqual(['first', 'middle', 'last']);
  expect(stagesBehind(root, ['middle', 'other'])).toEqual(['first', 'middle', 'other']);
});
