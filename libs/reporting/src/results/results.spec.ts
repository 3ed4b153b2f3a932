import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { afterAll, expect, it } from 'vitest';
import { compareVariants } from '../compare/comparison.ts';
import { writeSampleAblation } from '../compare/fixtures/sample-runs.ts';
import { resultFiles } from './results.ts';

const root = mkdtempSync(join(tmpdir(), 'results-'));
afterAll(() => rmSync(root, { recursive: true }));

function files(checkout: string): ReadonlyMap<string, string> {
  const comparison = compareVariants(writeSampleAblation(join(checkout, 'artifacts')));
  const own = { paper: 'exo2ego', id: 'table-7', title: 'Losses', command: 'ablate table-7', comparison };
  const other = { paper: 'exo2ego', id: 'table-8', title: 'Freezing', command: 'ablate table-8' };
  const tables = { preset: 'micro', tables: [], runs: [] };
  return resultFiles({ ablations: [own, other], tables, root: checkout, command: 'write' });
}

const found = files(join(root, 'one'));

it('has a page, a CSV and a JSON of each ablation that ran, and says what would run the others', () => {
  expect([...found.keys()]).toEqual([
    'README.md',
    'tables.md',
    'tables.csv',
    'exo2ego/table-7.md',
    'exo2ego/table-7.csv',
    'exo2ego/table-7.json',
  ]);
  const index = found.get('README.md')!;
  expect(index).toContain('| [exo2ego/table-7](exo2ego/table-7.md) | Losses | 3 | 0, 1, 2 | 1 held, 1 reversed, 1 undecided | abcdef012345 | cpu |'); // prettier-ignore
  expect(index).toContain('- exo2ego/table-8, Freezing: `ablate table-8`');
});

it('shows every number with its interval, run, revision, data and device, and no number of what did not run', () => {
  const page = found.get('exo2ego/table-7.md')!;
  expect(page).toMatch(/\| without KL \| 0, 1, 2 \| [\d.]+ ± [\d.]+; -[\d.]+ \[-[\d.]+, -[\d.]+\] \|/);
  expect(page).toContain('| no guidance at all | none | not run | not run |');
  expect(page).toMatch(
    /- \*\*held\*\*: removing KL lowers the accuracy \(5\.3\)\. Held\. .* 80 questions, 3 seeds\)\./,
  );
  expect(page).toMatch(/- \*\*undecided\*\*: convolutions .*\n {2}- .*\n {2}- undecided: .* has not run/);
  expect(page).toMatch(/\| All losses \| 0 \| `evaluate-stage2` \| `artifacts\/micro\/evaluate-stage2` \| [0-9a-f]{32} \| abcdef012345 \| [0-9a-f]{12} \| cpu \|/); // prettier-ignore
  expect(page).toContain('| `stage2.weights.kl` | 1 | 0 | 1 | 0 |');
  const records = parseCsv(found.get('exo2ego/table-7.csv')!, { columns: true }) as Record<string, string>[];
  const measured = records.filter(({ value }) => value !== '');
  expect(measured.length).toBe(16);
  for (const record of measured)
    for (const key of ['run_id', 'revision', 'data_digest', 'device', 'folder']) expect(record[key]).not.toBe('');
});

it('is the same of the same runs, wherever the checkout lies', () => {
  const moved = join(root, 'moved');
  cpSync(join(root, 'one'), moved, { recursive: true });
  expect(files(moved)).toEqual(found);
  for (const content of found.values()) expect(content).not.toContain(root);
});
