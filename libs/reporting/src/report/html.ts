import { escape } from '@egolab/pictures';
import { facts, heading, page, type Contents } from '../page/page.ts';
import { legendHtml, tableContents, tablesHtml } from '../paper-tables/html.ts';
import { durationText } from '../paper-tables/text.ts';
import { ablationAnchor, ablationsHtml, partitioned } from './ablations-html.ts';
import { learnedHtml, verdictLegend } from './learned-html.ts';
import type { Report, SystemReport } from './read.ts';
import { stageAnchor, stagesHtml } from './stages-html.ts';
import { runSummary, tableSummary, tableSummaryText } from './summary.ts';

/** The report as one HTML file without outside references. */
export function renderHtml(report: Report): string {
  const { title, shared, systems, preset } = report;
  const commandOf = (stage: string) => `npx nx run pipelines:${stage} --configuration=${preset}`;
  const main = [
    `<h1>${escape(title)}</h1>`,
    summaryHtml(report, commandOf),
    ...systems.map((system) => systemHtml(system, commandOf)),
    shared.length > 0
      ? section('shared', 'Data and shared stages', stagesHtml(shared, 'data and shared', commandOf))
      : '',
  ];
  return page(title, contentsOf(report), main.join('\n'));
}

function contentsOf({ systems, shared }: Report): Contents[] {
  return [
    { anchor: 'summary', title: 'Summary' },
    ...systems.map((system) => ({
      anchor: system.id,
      title: system.title,
      below: [
        ...system.stages.filter(({ run }) => run).map(({ name }) => ({ anchor: stageAnchor(name), title: name })),
        ...(tableContents(system.tables).below ?? []),
        ...partitioned(system.ablations).compared.map((each) => ({ anchor: ablationAnchor(each), title: each.title })),
      ],
      folded: tableContents(system.tables).folded,
    })),
    ...(shared.length > 0
      ? [{ anchor: 'shared', title: 'Data and shared stages', below: shared.filter(({ run }) => run).map(({ name }) => ({ anchor: stageAnchor(name), title: name })) }] // prettier-ignore
      : []),
  ];
}

const section = (anchor: string, title: string, content: string): string =>
  `<section id="${anchor}" aria-labelledby="${anchor}-title">${heading(2, anchor, title)}\n${content}</section>`;

function summaryHtml(report: Report, commandOf: (stage: string) => string): string {
  const { ran, stages, wallTime, devices, revisions, seeds, data, started } = runSummary(report);
  const code = (ids: readonly string[]) => ids.map((id) => `<code>${escape(id)}</code>`).join(' ') || 'none';
  const about = [
    ['preset', escape(report.preset)],
    ['stages run', `${ran} of ${stages}`],
    ['wall time, summed', durationText(wallTime)],
    ['device', escape(devices.join(', ') || 'none')],
    ['seed', seeds.join(', ') || 'none'],
    ['revision', code(revisions)],
    ['data digests', code(data)],
    ['ran', started ? escape(spanText(started)) : 'nothing'],
  ] as const;
  return section(
    'summary',
    'Summary',
    `<p class="lead">${escape(report.data)}</p>
${facts(about)}
<h3>What was learned</h3>
${learnedHtml(report.systems, commandOf)}
<p class="note">${escape(verdictLegend)}</p>
<h3>How to read the tables</h3>
<ul>${report.systems.map(({ id, title, tables }) => `<li><a href="#${id}-tables">${escape(title)}</a>: ${escape(tableSummaryText(tableSummary(tables)))}.</li>`).join('')}</ul>
${legendHtml()}
<p class="note">Every measured number leads to its run: revision, data, device, configuration and history.</p>`,
  );
}

const spanText = ([first, last]: [string, string]): string => {
  const [from, to] = [first.slice(0, 16).replace('T', ' '), last.slice(0, 16).replace('T', ' ')];
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} to ${to.slice(11)} UTC` : `${from} to ${to} UTC`;
};

function systemHtml(system: SystemReport, commandOf: (stage: string) => string): string {
  const { id, title, source, about, stages, tables, ablations } = system;
  return section(
    id,
    title,
    `<p class="lead">${escape(about)}</p>
<p class="note">${escape(source)}</p>
<section id="${id}-stages" aria-labelledby="${id}-stages-title">${heading(3, `${id}-stages`, 'Stages')}
${stages.length > 0 ? stagesHtml(stages, title, commandOf) : '<p class="soft">This report reads none of its stages.</p>'}</section>
<section id="${id}-tables" aria-labelledby="${id}-tables-title">${heading(3, `${id}-tables`, "The paper's tables")}
${tablesHtml(tables, 4)}</section>${
      ablations.length > 0
        ? `
<section id="${id}-ablations" aria-labelledby="${id}-ablations-title">${heading(3, `${id}-ablations`, 'Ablations')}
${ablationsHtml(ablations)}</section>`
        : ''
    }`,
  );
}
