import { escape } from '@egolab/pictures';
import { durationText, runText } from '../paper-tables/text.ts';
import type { Provenance, StageRun } from '../paper-tables/stage-run.ts';
import { facts } from './page.ts';

/** Where a page shows a stage's run. */
export const runAnchor = (stage: string): string => `run-${stage}`;

/** A measured number, which leads to its run. */
export const valueLink = (text: string, provenance: Provenance): string =>
  `<a class="value" href="#${runAnchor(provenance.stage)}" title="${escape(runText(provenance))}">${escape(text)}</a>`;

/**
 * A run, folded: its record, configuration, metrics and history.
 *
 * @param history history.csv as it is; empty when there is none
 */
export function runHtml({ provenance, record, metrics }: StageRun, history = ''): string {
  const { stage, runId, revision, dirty, dataDigest, device, seed, startTime, wallTime } = provenance;
  const code = (text: string) => `<code>${escape(text)}</code>`;
  return `<details class="run" id="${runAnchor(stage)}"><summary>Run <code>${escape(runId.slice(0, 8))}</code> of <code>${escape(stage)}</code>: record, configuration, metrics${history ? ', history' : ''}</summary>
${facts([
  ['run (MLflow)', code(runId)],
  ['revision', `${code(revision)}${dirty ? ' with changes' : ''}`],
  ['data digest', code(dataDigest)],
  ['device', escape(device)],
  ['seed', String(seed)],
  ['started', escape(startTime)],
  ['wall time', durationText(wallTime)],
])}
${json('Configuration and inputs: run.json', `run.json of ${stage}`, record)}
${json('All numbers: metrics.json', `metrics.json of ${stage}`, metrics)}
${history && `<p class="note"><a download="${escape(stage)}-history.csv" href="data:text/csv;base64,${Buffer.from(history).toString('base64')}">history.csv of ${escape(stage)}</a>, every logged step</p>`}
</details>`;
}

const json = (title: string, label: string, value: unknown): string =>
  `<details><summary>${escape(title)}</summary><pre tabindex="0" role="region" aria-label="${escape(label)}">${escape(JSON.stringify(value, null, 2))}</pre></details>`;
