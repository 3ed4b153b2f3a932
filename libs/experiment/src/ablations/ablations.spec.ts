import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ablationNames, readAblation, readAblations } from './read.ts';
import { measuredValue, measurementsOf, overridesOf } from './schema.ts';

const experiments = fileURLToPath(new URL('../../../../experiments', import.meta.url));
const own = { ablations: join(experiments, 'ablations'), paperTables: join(experiments, 'paper-tables') };

const table = `paper: p
id: table-1
label: Table 1
title: t
section: '1'
better: higher
text: { file: p.txt, from: a, to: b }
columns: [{ id: a, title: A }, { id: b, title: B }]
rows:
  - { id: n1, title: X, ours: true, values: ['2', '2'] }
  - { id: n2, title: Y, ours: true, values: ['1', '3'] }
  - { id: n3, title: Z, ours: true, values: ['1', '1'] }
claims:
  - { text: X is better, source: '1', axis: rows, better: n1, than: [n2, n3], in: [a, b], exceptions: [{ than: n2, in: b }] }
  - { text: Z is worse, source: '1', axis: rows, better: n2, than: [n3], in: [a] }
  - { text: B is better, source: '1', axis: columns, better: b, than: [a], in: [n1] }
`;

const good = `paper: p
id: parts
title: Parts
source: section 1
table: table-1
evaluate:
  - { id: score, column: b, title: Score, stage: 'evaluate-{after}', path: '{kind}.accuracy', better: higher, unit: '%', scale: 100 }
  - { id: other, title: Other, stage: evaluate, path: [a.n, b.n], better: lower }
baseline: all
variants:
  - { id: all, row: n1, title: all, with: { after: stage1, kind: q } }
  - { id: less, row: n2, title: less, with: { after: stage1, kind: q }, set: ['a.b=1'], at: { micro: ['a.c=2'] } }
claims: [{ text: more, source: us, better: all, than: [less], in: [other] }]
`;

function write(text: string) {
  const root = mkdtempSync(join(tmpdir(), 'ablations-'));
  for (const folder of ['ablations/p', 'paper-tables/p']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'ablations/p/parts.yaml'), text);
  writeFileSync(join(root, 'paper-tables/p/table-1.yaml'), table);
  return { ablations: join(root, 'ablations'), paperTables: join(root, 'paper-tables') };
}

describe('an ablation', () => {
  const ablation = readAblation(write(good), 'p/parts');
  const [all, less] = ablation.variants;

  it("takes the claims of the paper's table that its lines have, before its own", () => {
    expect(ablation.claims).toEqual([
      {
        text: 'X is better',
        source: '1',
        better: 'all',
        than: ['less'],
        in: ['score'],
        exceptions: [{ than: 'less', in: 'score' }],
      },
      { text: 'more', source: 'us', better: 'all', than: ['less'], in: ['other'], exceptions: [] },
    ]);
  });

  it('says where each variant is measured', () => {
    expect(measurementsOf(ablation, all)).toEqual([
      {
        id: 'score',
        title: 'Score',
        stage: 'evaluate-stage1',
        paths: ['q.accuracy'],
        better: 'higher',
        unit: '%',
        scale: 100,
      },
      { id: 'other', title: 'Other', stage: 'evaluate', paths: ['a.n', 'b.n'], better: 'lower', unit: '', scale: 1 },
    ]);
  });

  it('has overrides for all presets and for one', () => {
    expect(overridesOf(ablation, less, 'micro')).toEqual(['a.b=1', 'a.c=2']);
    expect(overridesOf(ablation, less, 'paper', ['x=0'])).toEqual(['x=0', 'a.b=1']);
  });

  it('has a budget, the same for all variants, which they and the call may override', () => {
    const folders = write(good.replace('evaluate:', 'budget: short\nevaluate:'));
    writeFileSync(
      join(folders.ablations, 'budgets.yaml'),
      'short: { about: half of it, at: { micro: [x.epochs=1] } }\n',
    );
    const limited = readAblation(folders, 'p/parts');
    expect(limited.budget).toEqual({ about: 'half of it', at: { micro: ['x.epochs=1'] } });
    expect(limited.variants.map((each) => overridesOf(limited, each, 'micro', ['x=0']))).toEqual([
      ['x.epochs=1', 'x=0'],
      ['x.epochs=1', 'x=0', 'a.b=1', 'a.c=2'],
    ]);
    expect(overridesOf(limited, all, 'paper')).toEqual([]);
    writeFileSync(
      join(folders.ablations, 'budgets.yaml'),
      'shirt: { about: half of it, at: { micro: [x.epochs=1] } }\n',
    );
    expect(() => readAblation(folders, 'p/parts')).toThrow(
      /parts\.yaml.*\n?.*budget: there is no "short" .* did you mean "shirt"/s,
    );
    writeFileSync(join(folders.ablations, 'budgets.yaml'), 'short: { about: half of it, at: { micro: [] } }\n');
    expect(() => readAblation(folders, 'p/parts')).toThrow(/budgets\.yaml/);
  });

  it('reads its values: scaled, averaged, absent where a number is missing or not finite', () => {
    const [score, other] = measurementsOf(ablation, all);
    expect(measuredValue({ q: { accuracy: 0.5 } }, score)).toBe(50);
    expect(measuredValue({ a: { n: 1 }, b: { n: 2 } }, other)).toBe(1.5);
    expect(measuredValue({ a: { n: 1 }, b: { n: 'NaN' } }, other)).toBeUndefined();
    expect(measuredValue({ a: 3 }, other)).toBeUndefined();
    expect(measuredValue(null, score)).toBeUndefined();
  });

  it.each([
    ['an unknown key', `${good}clams: []\n`, /Unrecognized key: "clams"/],
    ['an unknown baseline', good.replace('baseline: all', 'baseline: al'), /baseline: there is no "al" in variants/],
    ['a doubled variant', good.replace('id: less', 'id: all'), /variants\.1\.id: "all" is there twice/],
    [
      'a placeholder that is not filled in',
      good.replace('after: stage1, kind: q }, set', 'kind: q }, set'),
      /variants\.1\.with: expected "after", which evaluate asks for/,
    ],
    [
      'a placeholder that nobody asks for',
      good.replace('kind: q } }', 'kind: q, size: x } }'),
      /variants\.0\.with\.size: evaluate has no such placeholder/,
    ],
    [
      'twins',
      good.replace(", set: ['a.b=1'], at: { micro: ['a.c=2'] }", ''),
      /variants\.1: is the same as variant "all"/,
    ],
    [
      'a claim about nothing',
      good.replace('in: [other]', 'in: [othr]'),
      /claims\.0\.in\.0: there is no "othr" in evaluate/,
    ],
    ['an unknown row', good.replace('row: n2', 'row: n9'), /variants\.1\.row: Table 1 has no row "n9"/],
    [
      'an unknown table',
      good.replace('table: table-1', 'table: table-9'),
      /table: there is no "table-9" in .*paper-tables\/p/,
    ],
    ['the wrong folder', good.replace('paper: p', 'paper: q'), /paper: expected "p", the folder; got "q"/],
    ['the wrong name', good.replace('id: parts', 'id: part'), /id: expected "parts", the file's name; got "part"/],
    ['broken YAML', `${good}rows: [`, /parts\.yaml/],
  ])('with %s is refused, with file and key', (_what, text, message) => {
    const folders = write(text);
    expect(() => readAblation(folders, 'p/parts')).toThrow(message);
    expect(() => readAblation(folders, 'p/parts')).toThrow(/ablations\/p\/parts\.yaml/);
  });

  it('that is mistyped gets the nearest one', () => {
    expect(() => readAblation(write(good), 'p/prats')).toThrow(
      /there is no ablation "p\/prats"\n {2}did you mean "p\/parts"\?/,
    );
  });
});

describe("the repository's ablations", () => {
  it('can be read, and are all there', () => {
    expect(readAblations(own).length).toBe(ablationNames(own).length);
    expect(ablationNames(own)).toEqual(
      expect.arrayContaining([
        ...['table-7', 'table-8', 'table-9', 'table-15'].map((name) => `exo2ego/${name}`),
        ...['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `egodtm/table-4${letter}`),
        ...['post-training', 'decoding-steps', 'guidance-weight', 'synthetic-source'].map((name) => `egom2p/${name}`),
      ]),
    );
  });

  it("of a paper's table have its claims", () => {
    for (const ablation of readAblations(own)) if (ablation.table) expect(ablation.claims, ablation.id).not.toEqual([]);
  });
});
