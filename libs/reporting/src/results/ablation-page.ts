import type { ClaimJudgement } from '@egolab/experiment';
import type { Comparison } from '../compare/comparison.ts';
import { valueText } from '../compare/configuration.ts';
import { missingLines } from '../compare/format.ts';
import { remarks } from '../compare/text.ts';
import { line } from '../paper-tables/markdown.ts';
import type { Provenance } from '../paper-tables/stage-run.ts';
import type { AblationReport } from '../report/ablations-html.ts';
import { ablationTable } from '../report/ablations-markdown.ts';

/** An ablation of which something has run. */
export type ComparedAblation = AblationReport & { comparison: Comparison };

/** An ablation as Markdown: its table, its claims with every comparison, what the variants differ in, and the runs that measured it. */
export function ablationPage({ title, command, comparison }: ComparedAblation): string {
  const { notes, preset } = comparison;
  const sections = [
    [
      `# ${title}`,
      '',
      ...notes.flatMap((note) => [note, '']),
      `Preset ${preset}. Mean ± standard deviation over seeds; then the difference from the baseline with its 95 % interval, by paired bootstrap over questions and seeds where a stage writes per-question results, else by paired t over seeds.`,
      '',
      ...ablationTable(comparison),
    ],
    section('Claims', comparison.claims.flatMap(claimLines)),
    section('What differs', differenceLines(comparison)),
    section('Runs', runLines(comparison)),
    section('Not run', missingLines(comparison).map(({ titles, reason, command: own }) => `- ${titles}: ${reason}; \`${own}\``)), // prettier-ignore
    section(
      'Remarks',
      remarks(comparison).map((remark) => `- ${remark}`),
    ),
    ['', `\`${command}\` runs what is missing of it and shows it.`, ''],
  ];
  return sections.flat().join('\n');
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];

function claimLines({ verdict, text, source, sentence, comparisons }: ClaimJudgement): string[] {
  const each = comparisons.map((one) => `  - ${one.excepted ? 'left out' : one.verdict}: ${one.sentence}`);
  return [`- **${verdict}**: ${text} (${source}). ${sentence}`, ...(comparisons.length > 1 ? each : [])];
}

function differenceLines({ differences, variants }: Comparison): string[] {
  if (differences.length === 0) return [];
  return [
    line(['', ...variants.map(({ title }) => title)]),
    line(['---', ...variants.map(() => '---')]),
    ...differences.map(({ key, values }) => line([`\`${key}\``, ...values.map(valueText)])),
  ];
}

function runLines({ variants }: Comparison): string[] {
  const runs = variants.flatMap(({ title, runs: own }) =>
    own.flatMap(({ seed, stages }) => stages.map((stage) => [title, String(seed), ...stageCells(stage)])),
  );
  const head = ['variant', 'seed', 'stage', 'folder', 'run', 'revision', 'data', 'device'];
  return [line(head), line(head.map(() => '---')), ...runs.map(line)];
}

const stageCells = ({ stage, folder, runId, revision, dirty, dataDigest, device }: Provenance & { folder: string }) => [
  `\`${stage}\``,
  `\`${folder}\``,
  runId,
  revisionText({ revision, dirty }),
  dataDigest.slice(0, 12),
  device,
];

/** "2e52aca41b0c", "2e52aca41b0c with changes" */
export const revisionText = ({ revision, dirty }: Pick<Provenance, 'revision' | 'dirty'>): string =>
  `${revision.slice(0, 12)}${dirty ? ' with changes' : ''}`;
