import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flatten, nestedDiff, varyingKeys } from './configuration.ts';
import { compareVariants, type Comparison } from './comparison.ts';
import { writeSampleAblation, writeSampleRun } from './fixtures/sample-runs.ts';
import { compareFoldersRequest } from './folders.ts';
import { comparisonJson } from './records.ts';
import { renderComparison } from './render.ts';
import type { CompareRequest } from './request.ts';

let artifacts: string;
let request: CompareRequest;
let comparison: Comparison;

beforeAll(() => {
  artifacts = mkdtempSync(join(tmpdir(), 'compare-'));
  request = { ...writeSampleAblation(artifacts), mlflowPage: (id) => (id.startsWith('0') ? undefined : `http://127.0.0.1:5000/#/experiments/1/runs/${id}`) }; // prettier-ignore
  comparison = compareVariants(request);
});
afterAll(() => rmSync(artifacts, { recursive: true }));

const options = { folderLink: (folder: string) => `${folder}/` };

describe('compareVariants', () => {
  it('pins the baseline and shows only what varies', () => {
    expect(comparison.variants.map(({ id }) => id)).toEqual(['full', 'no-kl', 'dense', 'none']);
    expect(comparison.differences).toEqual([
      { key: 'stage2.weights.kl', values: [1, 0, 1, 0] },
      { key: 'models.mapping.kind', values: ['resnet', 'resnet', 'fully-connected', 'none'] },
      { key: 'models.mapping.blocks', values: [9, 9, 9, undefined] },
    ]);
  });

  it('measures differences over common seeds, by questions where there are any, else by seeds', () => {
    const [full, noKl, dense, none] = comparison.variants;
    expect(full.cells[0]).toMatchObject({ values: [{ seed: 0 }, { seed: 1 }, { seed: 2 }] });
    expect(full.cells[0].difference).toBeUndefined();
    expect(noKl.cells[0].effect).toMatchObject({ questions: 80, seeds: 3, method: 'paired-bootstrap' });
    expect(noKl.cells[0].effect!.interval[1]).toBeLessThan(0);
    expect(noKl.cells[1].effect).toMatchObject({ questions: 0, seeds: 3, method: 'paired-t' });
    expect(dense.cells[0].effect).toMatchObject({ seeds: 2 });
    expect(dense.missing).toEqual([expect.objectContaining({ seed: 2, reason: 'not run' })]);
    expect(none.cells).toEqual([{ values: [] }, { values: [] }]);
  });

  it('judges the claims', () => {
    expect(comparison.claims.map(({ verdict }) => verdict)).toEqual(['held', 'undecided', 'reversed']);
    expect(comparison.claims[1].comparisons[1].reason).toBe('“no guidance at all” has not run');
  });

  it('draws curves of stages that the variants ran each for itself', () => {
    expect(comparison.shared).toEqual(['stage1']);
    expect(comparison.curves.map(({ stage, column }) => `${stage} ${column}`)).toEqual(['stage2 loss', 'stage2 vtg', 'stage2 kl']); // prettier-ignore
    const [{ lines }] = comparison.curves;
    expect(lines.map(({ variant, seeds }) => [variant, seeds.length])).toEqual([[0, 3], [1, 3], [2, 2]]); // prettier-ignore
    const [{ mean, seeds }] = lines;
    expect(mean.y[0]).toBeCloseTo(seeds.reduce((sum, { y }) => sum + y[0], 0) / 3, 12);
  });

  it('says what a stage that has run again since leaves unknown', () => {
    const folder = mkdtempSync(join(tmpdir(), 'again-'));
    const sample = { variant: 'micro', seed: 0, skill: 0.5, settings: { kl: 1, mapping: 'resnet' } };
    const evaluation = writeSampleRun(folder, sample);
    const file = join(folder, 'micro/stage2/run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"key":"\w+"/, '"key":"another"'));
    const again = compareVariants(compareFoldersRequest([evaluation, evaluation], { root: folder }));
    expect(again.variants[0].runs[0].remarks).toContain('stage2 has run again since, or is gone: what this run was made from is known no more'); // prettier-ignore
    rmSync(folder, { recursive: true });
  });
});

describe('formats', () => {
  it('text: deltas, claims, what has not run', () => {
    const text = renderComparison(comparison, 'text', options);
    expect(text).toMatch(/^ +\* All losses +without KL +fully-connected F, G <mapping> +no guidance at all$/m);
    expect(text).toMatch(
      /^EgoMCQ \(%, higher is better\) +\d\d\.\d ± \d\S+ +\d\d\.\d ± \d\S+ +\d\d\.\d ± \d\S+ +not run$/m,
    );
    expect(text).toMatch(/^ +-\d+\.\d\d \[-\d+\.\d\d, -\d+\.\d\d\] +[+-]\d/m);
    expect(text).toMatch(/^models\.mapping\.kind +resnet +resnet +fully-connected +none$/m);
    expect(text).toContain('removing KL lowers the accuracy (5.3)\n    Held. “All losses” beats');
    expect(text).toContain('    npx egolab ablate exo2ego/table-7 --preset micro --seeds 3');
    expect(text).not.toMatch(/^ {4}seed 1/m);
  });

  it('text: a line for each seed', () => {
    expect(renderComparison(comparison, 'text', { ...options, seeds: true })).toMatch(
      /^ {4}seed 2 +\d\d\.\d +\d\d\.\d +– +–$/m,
    );
  });

  it('text: variants as lines where that is narrow enough', () => {
    const first = <Value>(values: readonly Value[]) => values.slice(0, 1);
    const variants = request.variants.map((variant) => ({ ...variant, runs: variant.runs.map((run) => ({ ...run, measurements: first(run.measurements) })) })); // prettier-ignore
    const narrow = { ...request, measures: first(request.measures), variants, claims: [] };
    const text = renderComparison(compareVariants(narrow), 'text', { ...options, seeds: true });
    expect(text).toMatch(/^\* All losses +\d\d\.\d ± \d\S+ +3 +1 +resnet +9$/m);
    expect(text).toMatch(/^ {2}without KL .* 3 +0 +resnet +9\n +-\d+\.\d\d \[.*\]\n {4}seed 0 +\d/m);
    expect(text).toMatch(/^ {2}no guidance at all +not run +0 +0 +none +–$/m);
  });

  it('JSON: everything but the points of the curves', () => {
    const json = JSON.parse(renderComparison(comparison, 'json', options)) as object;
    expect(json).toEqual(JSON.parse(JSON.stringify(comparisonJson(comparison))));
    expect(json).toMatchObject({
      baseline: 'full',
      variants: [
        { status: 'run', runs: [{ seed: 0, stages: [{ stage: 'evaluate-stage2', revision: 'abcdef0123456789', device: 'cpu' }], values: [{ measure: 'mcq', questions: 80 }, { questions: 0 }] }, {}, {}] }, // prettier-ignore
        { configuration: { 'stage2.weights.kl': 0 } },
        {},
        {
          status: 'not run',
          configuration: { 'models.mapping.blocks': null },
          cells: [{ values: [] }, { values: [] }],
        },
      ],
    });
  });

  it('CSV: a line a variant, seed and measure, never a number for what has not run', () => {
    const records = parseCsv(renderComparison(comparison, 'csv', options), { columns: true }) as Record<
      string,
      string
    >[];
    expect(records).toHaveLength(4 * 3 * 2);
    expect(records[0]).toMatchObject({ variant: 'full', baseline: 'true', seed: '0', measure: 'mcq', difference: '', run_id: expect.stringMatching(/^\w{32}$/) as string, 'stage2.weights.kl': '1' }); // prettier-ignore
    const missing = records.filter(({ variant }) => variant === 'none');
    for (const each of missing) expect(each).toMatchObject({ status: 'not run', value: '', mean: '', run_id: '' });
  });

  it('HTML: self-contained and escaped', () => {
    const html = renderComparison(comparison, 'html', options);
    expect(html).not.toMatch(/\bsrc=|url\(|@import|<link(?! rel="icon" href="data:,")/);
    expect(html).toContain('fully-connected F, G &lt;mapping&gt;');
    expect(html).not.toContain('<mapping>');
    expect(html).toContain('<del>1</del> → <ins>0</ins>');
    expect(html).toContain('href="http://127.0.0.1:5000/#/experiments/1/runs/');
    expect(html.length).toBeLessThan(200_000);
  });
});

describe('run folders', () => {
  const stage2 = (variant: string) => join(artifacts, variant, 'stage2');

  it('groups seeds of one configuration; the first folder is the baseline', () => {
    const folders = request.variants.flatMap(({ runs }) => runs.filter(({ missing }) => !missing).map((run) => run.folders['evaluate-stage2'])); // prettier-ignore
    const found = compareVariants(compareFoldersRequest(folders, { root: artifacts }));
    expect(found.variants.map(({ runs }) => runs.length)).toEqual([3, 2, 3]);
    expect(found.measures.map(({ id }) => id)).toEqual(['egomcq.accuracy', 'narration.perplexity']);
    expect(found.variants[2].cells[0].effect).toMatchObject({ questions: 80, seeds: 3 });
    expect(found.claims).toEqual([]);
  });

  it('compares training stages, where one seed has a difference and no interval', () => {
    const [other] = request.variants.flatMap(({ runs }) => runs.map((run) => join(run.folders['evaluate-stage2'], '../stage2'))); // prettier-ignore
    const found = compareVariants(compareFoldersRequest([stage2('micro'), other], { root: artifacts }));
    expect(found.variants[1].title).toMatch(/^micro\+\w{8}\/stage2$/);
    expect(found.measures.map(({ id }) => id)).toEqual(['train.loss.first', 'train.loss.last']);
    expect(found.variants[1].cells[1]).toMatchObject({
      difference: expect.any(Number) as number,
      reason: 'one seed and no per-question results: nothing tells chance from effect',
    });
  });

  it.each([
    ['micro/stag2', /micro\/stag2: there is no finished run.*\n {2}did you mean ".*micro\/stage2"\? `npx nx run pipelines:stag2 --configuration=micro` makes it$/], // prettier-ignore
    ['paper/evaluate', /`npx nx run pipelines:evaluate --configuration=paper` makes it$/],
    ['small+1a2b3c4d/stage9', /--configuration=small` makes it with the overrides of that variant$/],
  ])('refuses a folder without a run: %s', (folder, message) => {
    expect(() => compareFoldersRequest([stage2('micro'), join(artifacts, folder)], { root: artifacts })).toThrow(
      message,
    );
  });

  it('shows no number of a run without a revision', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dirty-'));
    const evaluation = writeSampleRun(folder, { variant: 'micro', seed: 0, skill: 0.5, settings: { kl: 1, mapping: 'x' } }); // prettier-ignore
    const file = join(evaluation, 'run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"abcdef0123456789"', 'null'));
    const found = compareVariants(compareFoldersRequest([evaluation, evaluation], { root: folder }));
    expect(found.variants[0]).toMatchObject({ runs: [], cells: [{ values: [] }, { values: [] }], missing: [{ reason: 'evaluate-stage2: its run has no revision', command: 'npx nx run pipelines:evaluate-stage2 --configuration=micro' }] }); // prettier-ignore
    rmSync(folder, { recursive: true });
  });

  it('names a question that outcomes.json has twice', () => {
    const folder = mkdtempSync(join(tmpdir(), 'twice-'));
    const evaluation = writeSampleRun(folder, { variant: 'micro', seed: 0, skill: 0.5, settings: { kl: 1, mapping: 'x' } }); // prettier-ignore
    const file = join(evaluation, 'outcomes.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"q1":', '"q0":'));
    expect(() => compareVariants(compareFoldersRequest([evaluation, evaluation], { root: folder }))).toThrow(/outcomes\.json: .*q0/); // prettier-ignore
    rmSync(folder, { recursive: true });
  });

  it('names file and field of a broken record', () => {
    const folder = mkdtempSync(join(tmpdir(), 'broken-'));
    const evaluation = writeSampleRun(folder, { variant: 'micro', seed: 0, skill: 0.5, settings: { kl: 1, mapping: 'x' } }); // prettier-ignore
    const file = join(evaluation, 'run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"variant":"micro"', '"variant":"../micro"'));
    expect(() => compareFoldersRequest([evaluation], { root: folder })).toThrow(/run\.json: .*\n {2}variant: letters/);
    rmSync(folder, { recursive: true });
  });
});

describe('configurations', () => {
  it('differ by keys, lists as one value; the seed is no difference', () => {
    const [a, b] = [
      { seed: 0, x: { y: [1, 2], z: 1 } },
      { seed: 1, x: { y: [1, 3], z: 1 } },
    ].map((each) => flatten(each));
    expect(varyingKeys([a, b])).toEqual([{ key: 'x.y', values: [[1, 2], [1, 3]] }]); // prettier-ignore
  });

  it('differ by a section that some skip, and by its keys among those that have it', () => {
    const [a, b, c] = [{ x: 1 }, { x: 1, stage: { epochs: 1, rate: 2 } }, { x: 1, stage: { epochs: 1, rate: 3 } }].map((each) => flatten(each)); // prettier-ignore
    expect(varyingKeys([a, b])).toEqual([{ key: 'stage', values: [undefined, 'used'] }]);
    expect(varyingKeys([a, b, c])).toEqual([
      { key: 'stage', values: [undefined, 'used', 'used'] },
      { key: 'stage.rate', values: [undefined, 2, 3] },
    ]);
  });

  it('differ as an outline, sections of one key on a line', () => {
    const keys = [
      { key: 'a.b.c', values: [1, 2] },
      { key: 'a.b.d', values: [1, 2] },
      { key: 'e.f', values: ['x', 'x'] },
    ];
    expect(nestedDiff(keys, 1, 0)).toEqual([
      {
        name: 'a.b',
        children: [
          { name: 'c', before: 1, after: 2, children: [] },
          { name: 'd', before: 1, after: 2, children: [] },
        ],
      },
    ]);
  });
});
