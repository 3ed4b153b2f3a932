import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { egoBenchTasks } from '@egolab/benchmarks';
import { openCheckpoint } from '@egolab/checkpoints';
import { egoItSources } from '@egolab/ego-data';
import { sha256 } from '@egolab/foundation';
import { adapterFolder } from '../exo2ego/model.ts';
import { StageRuns } from '../fixtures/stage-runs.ts';
import { contentDigest } from '../run-folder.ts';
import { workspace as checkout } from '../workspace.ts';

const TRAINING_STAGES = ['text-model', 'initialize', 'stage1', 'stage2', 'stage3'];
const EGO = 'ego_tower';
const EXO = 'exo_tower';
const CONNECTOR = 'connector';
const F = 'mapping.F';
const G = 'mapping.G';

/** Preset `micro` made as small as its parts allow: a few examples, two or more steps a stage. */
function tinyPreset(): object {
  const preset = parse(readFileSync(join(checkout.presets, 'micro.yaml'), 'utf8'));
  preset.data.world = {
    seed: 0,
    size: 32,
    fps: 4,
    takeDuration: [10, 12],
    samples: 1,
    rooms: { train: 2, heldOut: 1 },
    egoExo4d: { trainTakes: 2, valTakes: 3, numExo: 1 },
    egoClip: { takes: 3, questions: 40 },
    egoSchema: { takes: 1 },
    egoIt: { recordsPerTake: 4 },
    web: { clips: 4, rooms: 1 },
    text: { samples: 20 },
    groundTruth: { takes: 0 },
  };
  // a thread takes longer to start than to render so little
  preset.datasets.workers = 1;
  preset['egobench-datasets'].workers = 1;
  preset['egobench-datasets'].world = {
    takes: { train: 1, test: 6 },
    long: { train: 1, test: 2, duration: [40, 44] },
    ek100: { testTakes: 1 },
    egtea: { takes: 2 },
  };
  Object.assign(preset.models.languageModel.config, {
    vocab_size: 320,
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 2,
  });
  Object.assign(preset.models.vision, {
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 3,
    image_size: 32,
    patch_size: 8,
  });
  Object.assign(preset.models.mapping, { ngf: 8, nBlocks: 1 });
  preset.models.video.numFrames = 2;
  Object.assign(preset['text-model'], { numTexts: 32, maxTokens: 400 });
  for (const stage of TRAINING_STAGES)
    Object.assign(preset[stage].training, { epochs: 1, globalBatchSize: 4, localBatchSize: 4 });
  for (const stage of ['initialize', 'stage1', 'stage2', 'stage3'])
    Object.assign(preset[`evaluate-${stage}`], { maxQuestions: 2, questionsOf: {}, maxNarrations: 2 });
  return preset;
}

let runs: StageRuns;
let languageModel: string;

const run = (stage: string, sets: readonly string[] = []) => runs.run(stage, sets);
const folder = (stage: string) => runs.folder(stage);

/** Prefixes below which some tensor differs in any bit. */
function moved(before: string, after: string): string[] {
  const [old, now] = [before, after].map((folder) => openCheckpoint(join(folder, 'model.safetensors')));
  const bits = (values: Float32Array) => sha256(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  expect(now.names()).toEqual(old.names());
  const changed = now.names().filter((name) => bits(now.read(name)) !== bits(old.read(name)));
  old.close();
  now.close();
  const prefixOf = (name: string) => [EGO, EXO, CONNECTOR, F, G].find((prefix) => name.includes(prefix)) ?? name;
  return [...new Set(changed.map(prefixOf))].sort();
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(folder(path), 'utf8'));

beforeAll(async () => {
  runs = new StageRuns(tinyPreset());
  await run('datasets');
  await run('egobench-datasets');
  await run('text-model');
  languageModel = await contentDigest(join(folder('text-model'), 'model'));
  for (const stage of ['initialize', 'stage1', 'stage2', 'stage3', 'evaluate-stage3']) await run(stage);
}, 300_000);

afterAll(() => runs.remove());

describe('the stages of Exo2Ego', () => {
  it('initialization moves both encoders and the connector', async () => {
    const untrained = await run('initialize', ['initialize.training.epochs=0']);
    expect(moved(untrained, folder('initialize'))).toEqual([CONNECTOR, EGO, EXO]);
  }, 180_000);

  it('stage 1 moves the exocentric encoder only', () => {
    expect(moved(folder('initialize'), folder('stage1'))).toEqual([EXO]);
  });

  it('stage 2 moves the egocentric encoder, F and G; the teacher is that of stage 1', () => {
    expect(moved(folder('stage1'), folder('stage2'))).toEqual([EGO, F, G]);
  });

  it('stage 3 moves the egocentric encoder and F, and leaves an adapter', () => {
    expect(moved(folder('stage2'), folder('stage3'))).toEqual([EGO, F]);
    const adapter = openCheckpoint(join(folder('stage3'), 'adapter/adapter_model.safetensors'));
    const ups = adapter.names().filter((name) => name.includes('lora_B'));
    expect(ups.length).toBeGreaterThan(0);
    for (const name of ups)
      expect(
        adapter.read(name).some((value) => value !== 0),
        name,
      ).toBe(true);
    adapter.close();
  });

  it('leaves the language model as it is', async () => {
    expect(await contentDigest(join(folder('text-model'), 'model'))).toBe(languageModel);
  });

  it('trains the teacher too (Table 8, row 2), and freezes the encoder in stage 3 (row 3)', async () => {
    expect(moved(folder('stage1'), await run('stage2', ['stage2.teacher=trained']))).toEqual([EGO, EXO, F, G]);
    expect(moved(folder('stage2'), await run('stage3', ['stage3.trainEgoEncoder=false']))).toEqual([F]);
  }, 180_000);

  it('without LoRA stage 3 trains what is left of it, and leaves no adapter (Table 7, row 2)', async () => {
    const without = await run('stage3', ['stage3.lora=null']);
    expect(moved(folder('stage2'), without)).toEqual([EGO, F]);
    expect(readdirSync(join(without, 'adapter'))).toEqual([]);
    expect(adapterFolder(without)).toBeUndefined();
  }, 180_000);

  it('without epochs a stage hands on what it starts from, and stage 3 may start from the exocentric encoder (Table 9)', async () => {
    const skipped = ['stage1.training.epochs=0', 'stage2.training.epochs=0'];
    const stage1 = await run('stage1', skipped);
    expect(moved(folder('initialize'), stage1)).toEqual([]);
    expect(readFileSync(join(stage1, 'history.csv'), 'utf8')).toBe('step,loss\n');
    expect(moved(folder('initialize'), await run('stage2', skipped))).toEqual([]);
    const own = await run('stage3', [...skipped, 'stage3.training.epochs=0', 'stage3.encoderFrom=exo']);
    expect(moved(folder('initialize'), own)).toEqual([EGO]);
    const [before, after] = [folder('initialize'), own].map((each) => openCheckpoint(join(each, 'model.safetensors')));
    for (const name of after.names().filter((each) => each.startsWith(`${EGO}.`)))
      expect(after.read(name), name).toEqual(before.read(name.replace(EGO, EXO)));
    before.close();
    after.close();
  }, 120_000);

  it('repeats itself bit for bit', async () => {
    const once = readFileSync(join(folder('stage1'), 'model.safetensors'));
    await run('stage1');
    expect(readFileSync(join(folder('stage1'), 'model.safetensors')).equals(once)).toBe(true);
  }, 180_000);

  it('tunes on every source of EgoIT', () => {
    const { records } = readJson('stage3/metrics.json') as { records: Record<string, number> };
    for (const source of ['egoit_train', ...egoItSources]) expect(records[source], source).toBeGreaterThan(0);
  });

  it('asks all tasks of EgoBench, and says of every question how it went', () => {
    const folder = 'evaluate-stage3';
    const metrics = readJson(`${folder}/metrics.json`) as Record<string, Record<string, number>>;
    for (const { name } of egoBenchTasks) expect(metrics[name], name).toBeDefined();
    expect(metrics['mean']).toMatchObject({ tasks: 8, n: expect.any(Number) });
    const outcomes = readJson(`${folder}/outcomes.json`) as Record<string, Record<string, number>>;
    for (const [path, questions] of Object.entries(outcomes)) {
      const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], metrics);
      const values = Object.values(questions);
      expect((100 * values.reduce((sum, each) => sum + each, 0)) / values.length, path).toBeCloseTo(value as number, 8);
    }
    const predictions = readJson(`${folder}/predictions.json`) as Record<string, Record<string, number[]>>;
    expect(Object.values(predictions['charades-ego'])[0]).toHaveLength(157);
    const tasks = readJson(`${folder}/egobench/tasks.json`) as { name: string; asked: number; data: string }[];
    for (const { name, asked, data } of tasks) {
      expect(asked, name).toBeLessThanOrEqual(2);
      expect(data).toContain('world');
      expect(readFileSync(join(runs.folder(folder), `egobench/${name}.jsonl`), 'utf8')).toMatch(/\n.*\n/);
    }
  });

  it('leaves no tensors behind', () => {
    expect([...runs.leaked]).toEqual([]);
  });
});
