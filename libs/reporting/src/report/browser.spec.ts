import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleReport } from '../fixtures/example-report.ts';
import { renderHtml } from './html.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const quiet = ['gpu', 'background-networking', 'component-update', 'sync'].map((feature) => `--disable-${feature}`);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is used of the browser's types, which the tests don't have. */
interface TableRow {
  cells: { dataset: Record<string, string>; textContent: string | null }[];
}

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
}

describe.skipIf(!executablePath)('the report in a browser (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const requests: string[] = [];
  const address = pathToFileURL(join(mkdtempSync(join(tmpdir(), 'report-')), 'report.html')).href;

  const open = async (colorScheme: 'light' | 'dark', width: number, anchor = '') => {
    await page?.close();
    // axe is injected, which the page's own policy would forbid
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) requests.push(request.url());
    });
    await page.goto(address + anchor);
  };
  const cells = (table: string, column: number) =>
    page.locator(`#${table} tbody tr`).evaluateAll((rows: TableRow[], i) => rows.map((row) => {
      const cell = row.cells[i];
      return cell.dataset['value'] ?? cell.textContent?.trim() ?? '';
    }), column); // prettier-ignore

  beforeAll(async () => {
    writeFileSync(new URL(address), renderHtml(exampleReport()));
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run', ...quiet] });
  });
  afterAll(() => browser?.close());

  it.each([
    ['light', 1440],
    ['dark', 1440],
    ['light', 390],
    ['dark', 390],
  ] as const)('%s at %i pixels: fits, and axe finds nothing serious', { timeout: 30_000 }, async (scheme, width) => {
    await open(scheme, width);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      const run = (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe;
      return (await run.run()).violations;
    });
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => [id, nodes[0].target, nodes[0].failureSummary])).toEqual([]);
  });

  it('a head of a column sorts up, down, and back, by mouse and by keyboard', async () => {
    await open('light', 1440);
    const table = 'first-table-1';
    const before = await cells(table, 3);
    const button = page.locator(`#${table} thead th`).nth(3).getByRole('button');
    const numbers = (texts: string[]) =>
      texts.map((text) => parseFloat(text.replaceAll(',', ''))).filter((number) => !Number.isNaN(number));
    await button.click();
    const up = numbers(await cells(table, 3));
    expect(up).toEqual([...up].sort((a, b) => a - b));
    expect(await page.locator(`#${table} th[aria-sort=ascending]`).count()).toBe(1);
    await button.focus();
    await page.keyboard.press('Enter');
    expect(numbers(await cells(table, 3))).toEqual([...up].reverse());
    await page.keyboard.press('Space');
    expect(await cells(table, 3)).toEqual(before);
  });

  it('links lead to folded tables and runs, and unfold them', async () => {
    await open('light', 1440, '#second-table-2');
    expect(await page.locator('#second-table-2').getAttribute('open')).not.toBeNull();
    await page.locator('#first-table-1 a.value').first().click();
    expect(new URL(page.url()).hash).toBe('#run-evaluate-before');
    const run = page.locator('#run-evaluate-before');
    expect(await run.getAttribute('open')).not.toBeNull();
    await expect.poll(() => run.evaluate((element) => element.getBoundingClientRect().top)).toBeLessThan(900);
  });

  it('draws its pictures, says nothing on the console and asks nothing of the network', async () => {
    await open('light', 1440);
    const widths = await page.locator('figure img').evaluateAll((images: { naturalWidth: number }[]) => images.map((image) => image.naturalWidth)); // prettier-ignore
    expect(widths).toEqual([90]);
    expect(problems).toEqual([]);
    expect(requests).toEqual([]);
  });
});
