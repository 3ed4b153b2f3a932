import { escape } from '@egolab/pictures';
import type { Comparison, ComparedVariant } from '../compare/comparison.ts';
import { valueText } from '../compare/configuration.ts';
import { cellText, deltaSide, deltaText, deltaTitle, measureHead, missingLines, seedsText } from '../compare/format.ts';
import { heading, list, table } from '../page/page.ts';
import { runText } from '../paper-tables/text.ts';

/** An ablation: its variants beside each other as far as they have run. */
export interface AblationReport {
  /** `exo2ego` */
  paper: string;
  /** `table-7` */
  id: string;
  title: string;
  /** undefined when nothing of it has run */
  comparison?: Comparison;
  /** what runs it */
  command: string;
}

/** Those with something to compare, that is with another variant than the baseline, and the others. */
export function partitioned(ablations: readonly AblationReport[]): {
  compared: (AblationReport & { comparison: Comparison })[];
  others: AblationReport[];
} {
  const isCompared = (each: AblationReport): each is AblationReport & { comparison: Comparison } =>
    each.comparison !== undefined && each.comparison.variants.slice(1).some(({ runs }) => runs.length > 0);
  return { compared: ablations.filter(isCompared), others: ablations.filter((each) => !isCompared(each)) };
}

/** Where a page shows an ablation. */
export const ablationAnchor = ({ paper, id }: Pick<AblationReport, 'paper' | 'id'>): string =>
  `${paper}-ablation-${id}`;

/** Ablations of one paper: those with something to compare, and what would run the others. */
export function ablationsHtml(ablations: readonly AblationReport[]): string {
  const { compared, others } = partitioned(ablations);
  return [
    ...compared.map(
      (each) => `<section id="${ablationAnchor(each)}" aria-labelledby="${ablationAnchor(each)}-title">
${heading(4, ablationAnchor(each), each.title)}
${content(each.comparison)}</section>`,
    ),
    list('Not run', others.map(({ title, command }) => `${escape(title)}: <code>${escape(command)}</code>`)), // prettier-ignore
  ].join('\n');
}

function content(comparison: Comparison): string {
  const { title, notes, variants, measures } = comparison;
  const heads = [{ text: 'variant', left: true }, { text: 'seeds' }, ...measures.map((measure) => ({ text: measureHead(measure) }))]; // prettier-ignore
  const rows = variants.map((_, i) => variantRow(comparison, i));
  return [
    notes.map((note) => `<p class="note">${escape(note)}</p>`).join(''),
    table(title, heads, rows),
    claimsHtml(comparison),
    '<div class="beneath">',
    list('Measured by', variants.flatMap(runLines)),
    list('Not run', missingLines(comparison).map(({ titles, reason, command }) => `${escape(titles)}: ${escape(reason)}; <code>${escape(command)}</code>`)), // prettier-ignore
    '</div>',
  ].join('\n');
}

function variantRow({ variants, measures, differences }: Comparison, index: number): string {
  const variant = variants[index];
  const settings = differences.map(({ key, values }) => `${escape(key)}: ${escape(valueText(values[index]))}`);
  const beneath = [...(index === 0 ? ['baseline'] : []), ...settings].map((text) => `<small>${text}</small>`).join('');
  const cells = measures.map((measure, j) => {
    const cell = variant.cells[j];
    const value = escape(cellText(cell, measure, variant));
    if (cell.mean === undefined) return `<td><span class="status">${value}</span></td>`;
    const delta = deltaText(cell, measure);
    const side = deltaSide(cell, measure);
    const small = delta && `<small class="${side ?? ''}" title="${escape(deltaTitle(cell, measure))}">${escape(delta)}${side ? ` ${side}` : ''}</small>`; // prettier-ignore
    return `<td data-value="${cell.mean}"><strong>${value}</strong>${small}</td>`;
  });
  return `<tr${index === 0 ? ' class="baseline"' : ''}><th scope="row">${escape(variant.title)}${beneath}</th><td>${seedsText(variant)}</td>${cells.join('')}</tr>`;
}

function claimsHtml({ claims }: Comparison): string {
  if (claims.length === 0) return '';
  const items = claims.map(
    ({ text, source, verdict, sentence }) =>
      `<li><b class="${verdict}">${verdict}</b>${escape(text)} <span class="soft">(${escape(source)})</span><small>${escape(sentence)}</small></li>`,
  );
  return `<p class="label">Claims</p><ul class="claims">${items.join('')}</ul>`;
}

const runLines = ({ title, runs }: ComparedVariant): string[] =>
  runs.flatMap(({ seed, stages }) =>
    stages.map(
      (stage) => `${escape(title)}, seed ${seed}, <code>${escape(stage.stage)}</code>: ${escape(runText(stage))}`,
    ),
  );
