import { line, tableLines } from '../paper-tables/markdown.ts';
import { digits, durationText, isMeasured, legend } from '../paper-tables/text.ts';
import { ablationLines } from './ablations-markdown.ts';
import type { Learned } from './learned.ts';
import type { Report, StageReport, SystemReport } from './read.ts';
import { runSummary, tableSummary, tableSummaryText } from './summary.ts';

/** The report as GitHub-flavoured Markdown: the summary, every stage, and the tables that have a measured value. */
export function renderMarkdown(report: Report): string {
  const { ran, stages, wallTime, devices, revisions, seeds, data } = runSummary(report);
  return [
    `# ${report.title}`,
    '',
    report.data,
    '',
    `Preset ${report.preset}: ${ran} of ${stages} stages in ${durationText(wallTime)} on ${devices.join(', ') || 'nothing'}; seed ${seeds.join(', ')}, revision ${revisions.join(', ')}, data ${data.join(', ')}.`,
    '',
    '## What was learned',
    '',
    line(['', 'result', 'measured', '95 %', 'n', 'beside']),
    line(['---', '---', '---', '---', '---', '---']),
    ...report.systems.flatMap(({ title, learned }) => learned.map((each) => learnedLine(title, each))),
    '',
    ...report.systems.flatMap(systemLines),
    ...(report.shared.length > 0 ? ['## Data and shared stages', '', ...stageLines(report.shared)] : []),
    `${legend}`,
    '',
  ].join('\n');
}

function learnedLine(system: string, { title, unit, measured, beside, missing }: Learned): string {
  const name = `${title}${unit && ` (${unit})`}`;
  if (!measured) return line([system, name, missing!, '', '', '']);
  return line([
    system,
    name,
    `**${digits(measured.value, unit)}**`,
    measured.interval?.map((end) => digits(end, unit)).join(' – ') ?? 'no interval',
    String(measured.n ?? ''),
    beside.map(({ title: other, value, verdict }) => `${other} ${digits(value, unit)}: ${verdict}`).join('; '),
  ]);
}

function systemLines({ title, source, about, stages, tables, ablations }: SystemReport): string[] {
  const shown = tables.filter(isMeasured);
  const rest = tables.filter((each) => !isMeasured(each)).map(({ table }) => table.label);
  return [
    `## ${title}`,
    '',
    `${about} (${source})`,
    '',
    ...stageLines(stages),
    `${tableSummaryText(tableSummary(tables))}.${rest.length > 0 ? ` Without one: ${rest.join(', ')}; \`npx egolab tables\` prints them.` : ''}`,
    '',
    ...shown.flatMap((each) => tableLines(each, '###')),
    ...ablationLines(ablations),
  ];
}

function stageLines(stages: readonly StageReport[]): string[] {
  if (stages.length === 0) return [];
  const head = ['stage', 'described in', 'steps', 'loss', 'wall time', 'device', 'seed', 'revision', 'data', 'run'];
  return [line(head), line(head.map(() => '---')), ...stages.map(stageLine), ''];
}

function stageLine({ name, title, paper, run, missing, history }: StageReport): string {
  const first = [`${title} (\`${name}\`)`, paper ?? ''];
  if (!run) return line([...first, missing!, '', '', '', '', '', '', '']);
  const { wallTime, device, seed, revision, dirty, dataDigest, runId } = run.provenance;
  const loss = history.columns.get('loss')?.at(-1);
  return line([
    ...first,
    String(history.step.at(-1) ?? ''),
    loss === undefined ? '' : loss.toPrecision(4),
    durationText(wallTime),
    device,
    String(seed),
    `${revision.slice(0, 8)}${dirty ? '+changes' : ''}`,
    dataDigest.slice(0, 8),
    runId.slice(0, 8),
  ]);
}
