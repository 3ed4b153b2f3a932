import { comparisonHtml, type CompareHtmlOptions } from './html.ts';
import type { Comparison } from './comparison.ts';
import { comparisonCsv, comparisonJson } from './records.ts';
import { comparisonText } from './text.ts';

export const compareFormats = ['text', 'html', 'json', 'csv'] as const;
export type CompareFormat = (typeof compareFormats)[number];

export interface CompareRenderOptions extends CompareHtmlOptions {
  /** a line for each seed in the text; the others have them always */
  seeds?: boolean;
}

/** A comparison in a format for a reader, a browser, a program or a spreadsheet. */
export function renderComparison(comparison: Comparison, format: CompareFormat, options: CompareRenderOptions): string {
  if (format === 'html') return comparisonHtml(comparison, options);
  if (format === 'json') return `${JSON.stringify(comparisonJson(comparison), null, 2)}\n`;
  if (format === 'csv') return comparisonCsv(comparison);
  return `${comparisonText(comparison, options)}\n`;
}
