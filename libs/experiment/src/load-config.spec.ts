import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import { digest, loadConfig } from './index.ts';

const schema = z.strictObject({
  seed: z.number().int(),
  data: z.strictObject({ root: z.string().nullable(), views: z.array(z.strictObject({ id: z.string() })) }),
  mapping: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('resnet'), blocks: z.number().int().positive() }),
    z.strictObject({ kind: z.literal('fully-connected'), hidden: z.number() }),
  ]),
  stage2: z.strictObject({
    optimizer: z.strictObject({ learningRate: z.number().positive(), warmupRatio: z.number().min(0).max(1) }),
    exoViews: z.enum(['best', 'random']),
    milestones: z.array(z.number()).nullable(),
  }),
});

const good = `seed: 7
data: { root: null, views: [{ id: a }] }
mapping: { kind: resnet, blocks: 9 }
stage2:
  optimizer:
    learningRate: 2e-4
    warmupRatio: 0.03
  exoViews: best
  milestones: null
`;

function load(yaml: string, sets: string[] = [], preset = 'micro') {
  const folder = mkdtempSync(join(tmpdir(), 'egolab-config-'));
  writeFileSync(join(folder, 'micro.yaml'), yaml);
  return loadConfig({ schema, folder, preset, sets });
}

function mistake(yaml: string, sets: string[] = [], preset = 'micro'): string {
  try {
    load(yaml, sets, preset);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error('expected a UserError');
}

describe('loadConfig', () => {
  it('reads a preset', () => {
    expect(load(good).stage2).toEqual({
      optimizer: { learningRate: 2e-4, warmupRatio: 0.03 },
      exoViews: 'best',
      milestones: null,
    });
  });

  it('applies overrides with YAML types: numbers, lists, objects, null, text', () => {
    const config = load(good, [
      'stage2.optimizer.learningRate=1e-5',
      'stage2.milestones=[1, 2.5]',
      'mapping={kind: fully-connected, hidden: 64}',
      'data.root=/data/ego=exo',
      'data.views.0.id=b',
      'seed=1',
      'seed=2',
    ]);
    expect(config).toMatchObject({
      seed: 2,
      data: { root: '/data/ego=exo', views: [{ id: 'b' }] },
      mapping: { kind: 'fully-connected', hidden: 64 },
    });
    expect(config.stage2).toMatchObject({ optimizer: { learningRate: 1e-5, warmupRatio: 0.03 }, milestones: [1, 2.5] });
  });

  it('knows YAML anchors and merge keys', () => {
    const merged =
      good.replace('learningRate: 2e-4', 'learningRate: 1').replace('optimizer:', 'optimizer: &adam') +
      'other: { <<: *adam, warmupRatio: 0.5 }\n';
    expect(mistake(merged)).toMatch(/micro\.yaml:\d+: other is not a known key/);
    expect(
      load(
        good.replace(/optimizer:[^]*0.03/, 'optimizer: { <<: { learningRate: 1, warmupRatio: 0 }, warmupRatio: 0.5 }'),
      ).stage2.optimizer,
    ).toEqual({ learningRate: 1, warmupRatio: 0.5 });
  });

  it('names every mistake of the file at once, each with its line', () => {
    const message = mistake(
      good
        .replace('learningRate', 'learningRat')
        .replace('0.03', 'much')
        .replace('best', 'bst')
        .replace('seed: 7', 'sed: 7'),
    );
    expect(message).toContain('the configuration has 4 mistakes');
    expect(message).toMatch(
      /micro\.yaml:6: stage2\.optimizer\.learningRat is not a known key; did you mean "learningRate"\?/,
    );
    expect(message).toMatch(/micro\.yaml:7: stage2\.optimizer\.warmupRatio is "much"; expected a number/);
    expect(message).toMatch(/micro\.yaml:8: stage2\.exoViews is "bst"; expected one of "best", "random"/);
    expect(message).toMatch(/micro\.yaml:1: sed is not a known key; did you mean "seed"\?/);
  });

  it('blames the override that holds the mistake', () => {
    expect(mistake(good, ['stage2.optimizer.learningRat=1'])).toContain(
      '--set stage2.optimizer.learningRat=1: stage2.optimizer.learningRat is not a known key; did you mean "learningRate"?',
    );
    expect(mistake(good, ['stage2.optimizer.learningRate=fast'])).toContain(
      'stage2.optimizer.learningRate is "fast"; expected a number',
    );
    expect(mistake(good, ['stage2.optimizer.warmupRatio=3'])).toContain(
      'stage2.optimizer.warmupRatio is 3; expected at most 1',
    );
    expect(mistake(good, ['seed=1.5'])).toContain('seed is 1.5; expected a whole number');
    expect(mistake(good, ['stag2.exoViews=best'])).toContain('stag2 is not a known key; did you mean "stage2"?');
  });

  it('offers the keys of the chosen variant', () => {
    expect(mistake(good, ['mapping.hiden=3'])).toContain('known: kind, blocks');
    expect(mistake(good, ['mapping={kind: fully-connected, hiden: 3}'])).toContain('did you mean "hidden"?');
    expect(mistake(good, ['mapping.kind=resnt'])).toMatch(/mapping.kind is "resnt"; expected/);
    expect(mistake(good, ['data.views.0.ix=b'])).toContain('data.views.0.ix is not a known key');
  });

  it('says what is missing', () => {
    expect(mistake(good.replace(/ {2}exoViews: best\n/, ''))).toMatch(
      /micro\.yaml:4: stage2\.exoViews is missing; expected one of "best", "random"/,
    );
    expect(mistake('')).toContain('stage2 is missing; expected an object');
  });

  it('names broken YAML, a doubled key, a broken override and an unknown preset', () => {
    expect(mistake('seed: [1')).toMatch(/micro\.yaml:1:\d+: /);
    expect(mistake('seed: 1\nseed: 2\n')).toMatch(/micro\.yaml:2:1: Map keys must be unique/);
    expect(mistake(good, ['seed'])).toContain('--set seed: expected key=value');
    expect(mistake(good, ['data.views.first=b'])).toContain('expected a place in a list, 0 to 1, got "first"');
    expect(mistake(good, ['data.views.-1.id=b'])).toContain('--set data.views.-1.id=b: expected a place');
    expect(mistake(good, ['seed=[1'])).toContain('--set seed=[1: the value is not YAML');
    expect(mistake(good, [], 'micr')).toContain('there is no preset "micr"\n  did you mean "micro"?');
  });
});

it('digests values regardless of the order of keys', () => {
  expect(digest({ a: 1, b: { c: [1, 2], d: null } })).toBe(digest({ b: { d: null, c: [1, 2] }, a: 1 }));
  expect(digest({ a: [1, 2] })).not.toBe(digest({ a: [2, 1] }));
});
