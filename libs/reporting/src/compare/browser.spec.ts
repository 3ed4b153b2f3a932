import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareVariants } from './comparison.ts';
import { writeSampleAblation } from './fixtures/sample-runs.ts';
import { renderComparison } from './render.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']; // prettier-ignore
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string;
  nodes: string[];
}

describe.skipIf(!existsSync(CHROMIUM))(`the comparison's page in a browser (needs ${CHROMIUM})`, () => {
  let folder: string;
  let file: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'compare-page-'));
    file = join(folder, 'compare.html');
    const comparison = compareVariants(writeSampleAblation(join(folder, 'artifacts')));
    writeFileSync(file, renderComparison(comparison, 'html', { folderLink: (run) => `${pathToFileURL(run).href}/` }));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  async function open({
    width,
    dark,
  }: {
    width: number;
    dark: boolean;
  }): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: dark ? 'dark' : 'light',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href && !request.url().startsWith('data:'))
        complaints.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    return { page, complaints };
  }

  it.each([
    { width: 1440, dark: false },
    { width: 1440, dark: true },
    { width: 390, dark: false },
    { width: 390, dark: true },
  ])('is quiet, fits and is accessible at $width pixels, dark: $dark', async (view) => {
    const { page, complaints } = await open(view);
    for (const summary of await page.locator('summary').all()) await summary.click();
    const wider = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
    expect(wider).toBe(false);
    await page.evaluate(axe);
    const found = await page.evaluate<Violation[]>(
      'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html) })))',
    );
    expect(found.filter(({ impact }) => ['serious', 'critical'].includes(impact))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('gives the focus to every expander, opens them by key, reads curves by key and by pointer', async () => {
    const { page } = await open({ width: 1440, dark: false });
    const reached = new Set<string>();
    const stops = await page.locator('a, button, summary, [tabindex="0"]').count();
    for (let i = 0; i < stops; i++) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate<string>('document.activeElement.textContent'));
      if (await page.evaluate<boolean>(`document.activeElement.matches('tr:nth-child(4) details:not([open]) summary')`)) await page.keyboard.press('Enter'); // prettier-ignore
    }
    for (const summary of await page.locator('summary').allTextContents()) expect(reached).toContain(summary);
    expect(await page.locator('details[open] summary').allTextContents()).toEqual(['Seeds, settings and runs of without KL']); // prettier-ignore

    const plot = page.locator('.plot').first();
    await plot.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await plot.locator('.readout').textContent()).toMatch(/^step 4: All losses \d.*, without KL \d/);
    await plot.locator('svg').hover({ position: { x: 200, y: 60 } });
    expect(await plot.locator('.readout').textContent()).toMatch(/^step [3-9]\d: All losses/);
    await page.context().close();
  });

  it('brings out the lines of a variant in all charts, and takes them back', async () => {
    const { page } = await open({ width: 1440, dark: false });
    const button = page.getByRole('button', { name: 'without KL' }).first();
    await button.click();
    expect(await page.locator('.line:not(.dim)').evaluateAll((lines) => lines.map((line) => line.getAttribute('data-variant')))).toEqual(['1', '1', '1', '1']); // prettier-ignore
    await button.press('Enter');
    expect(await page.locator('.line.dim').count()).toBe(0);
    await page.context().close();
  });

  it('opens everything on paper', async () => {
    const { page } = await open({ width: 1440, dark: false });
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await page.locator('details:not([open])').count()).toBe(0);
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    expect(await page.locator('details[open]').count()).toBe(0);
    await page.context().close();
  });
});
