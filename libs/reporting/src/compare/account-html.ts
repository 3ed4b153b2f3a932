import { escape } from '@egolab/pictures';
import { nestedDiff, valueText, type DiffNode } from './configuration.ts';
import type { Comparison } from './comparison.ts';
import { deltaTitle, measureHead, measureText } from './format.ts';
import type { CompareHtmlOptions } from './html.ts';
import type { ComparedRun, ComparedStage } from './read-run.ts';

/** What a variant's row unfolds: its seeds one by one, its settings against the baseline's, its runs. */
export function variantAccount(comparison: Comparison, index: number, options: CompareHtmlOptions): string {
  const { variants, measures, differences } = comparison;
  const { runs, missing, cells } = variants[index];
  const diff = index === 0 ? [] : nestedDiff(differences, index, 0);
  const differing = cells.flatMap((cell, i) => {
    const text = deltaTitle(cell, measures[i]);
    return text === '' ? [] : [`${escape(measures[i].title)}: ${escape(text)}`];
  });
  return [
    part('Seed by seed', runs.length === 0 ? '' : seedTable(comparison, index)),
    part('Difference from the baseline', list(differing)),
    part(
      'Settings against the baseline',
      diff.length === 0 ? '' : `<ul class="diff">${diff.map(diffHtml).join('')}</ul>`,
    ),
    part('Runs', list(runs.flatMap((run) => run.stages.map((stage) => runHtml(run, stage, options))))),
    part('Not run', list(missing.map(({ seed, reason, command }) => `seed ${seed}: ${escape(reason)}; <code>${escape(command)}</code>`))), // prettier-ignore
  ].join('');
}

const part = (title: string, body: string) => (body === '' ? '' : `<h4>${title}</h4>${body}`);

const list = (items: readonly string[]) =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;

function seedTable({ variants, measures }: Comparison, index: number): string {
  const { runs } = variants[index];
  const head = runs.map(({ seed }) => `<th scope="col">seed ${seed}</th>`);
  const rows = measures.map((measure) => {
    const cells = runs.map(({ results }) => {
      const result = results.get(measure.id);
      return `<td>${result ? escape(measureText(result.value, measure)) : '–'}</td>`;
    });
    return `<tr><th scope="row">${escape(measureHead(measure))}</th>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr><td></td>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function diffHtml({ name, before, after, children }: DiffNode): string {
  if (children.length > 0) return `<li>${escape(name)}<ul>${children.map(diffHtml).join('')}</ul></li>`;
  return `<li>${escape(name)}: <del>${escape(valueText(before))}</del> → <ins>${escape(valueText(after))}</ins></li>`;
}

/** Where a number comes from, each identity in full. */
function runHtml({ seed }: ComparedRun, stage: ComparedStage, { folderLink }: CompareHtmlOptions): string {
  const { runId, revision, dirty, dataDigest, device, folder, mlflowPage } = stage;
  const run = mlflowPage ? `<a href="${escape(mlflowPage)}">${escape(runId)}</a>` : `<code>${escape(runId)}</code>`;
  return `seed ${seed}, <a href="${escape(folderLink(folder))}">${escape(stage.stage)}</a>: MLflow run ${run}, revision <code>${escape(revision)}</code>${dirty ? ' with changes' : ''}, data <code>${escape(dataDigest)}</code>, ${escape(device)}`;
}
