import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ablationName, overridesOf, readAblations, type Ablation } from '@egolab/experiment';
import { writeFileAtomic } from '@egolab/foundation';
import {
  compareVariants,
  readReport,
  renderHtml,
  renderMarkdown,
  renderSummary,
  type AblationReport,
  type Report,
} from '@egolab/reporting';
import { ablateCommand, ablationRequestIfRun } from './ablations/compare-request.ts';
import { ablationFolders } from './ablations/runs.ts';
import { planFor } from './plan.ts';
import type { Stage } from './stage.ts';
import { workspace as ownWorkspace, type Workspace } from './workspace.ts';

/** What a report is of. */
export interface ReportSources {
  title: string;
  preset: string;
  /** where the data come from: folders of the user's, null for the synthetic world */
  roots: readonly (string | null)[];
  /** in running order */
  stages: readonly Stage[];
  folderOf(stage: string): string;
  ablations?: readonly AblationReport[];
}

/** Read what the stages left. */
export function assembleReport(
  { roots, stages, folderOf, ...rest }: ReportSources,
  { root }: Workspace = ownWorkspace,
): Report {
  return readReport({
    ...rest,
    data: sourceText(roots),
    stages: stages.map(({ name, title, paper }) => ({ name, title, paper, folder: folderOf(name) })),
    plan: join(root, 'experiments/report.yaml'),
    paperTables: join(root, 'experiments/paper-tables'),
  });
}

/** For a browser, for a repository, for a terminal. */
export const reportFiles = (report: Report): Readonly<Record<'report.html' | 'report.md' | 'summary.txt', string>> => ({
  'report.html': renderHtml(report),
  'report.md': renderMarkdown(report),
  'summary.txt': renderSummary(report),
});

/**
 * Write `reports/<preset>/`: the report as its stage makes it, and the ablations beside it, whose runs aren't inputs of the stage.
 *
 * @returns the page's place, and the summary
 */
export async function publishReport(
  preset: string,
  workspace: Workspace = ownWorkspace,
): Promise<{ page: string; summary: string }> {
  const plan = await planFor(workspace, { preset, sets: [] });
  const { inputs, sections } = plan.stages.get('report')!;
  const config = plan.config as Record<string, { root?: string | null; title?: string } | undefined>;
  const report = assembleReport(
    {
      title: config['report']!.title!,
      preset,
      roots: Object.keys(sections).map((section) => config[section]?.root ?? null),
      stages: [...plan.stages.values()].filter(({ name }) => name in inputs),
      folderOf: plan.folderOf,
      ablations: await ablationReports(preset, workspace),
    },
    workspace,
  );
  const folder = join(workspace.root, 'reports', preset);
  const files = reportFiles(report);
  for (const [name, content] of Object.entries(files)) writeFileAtomic(join(folder, name), content);
  return { page: join(folder, 'report.html'), summary: files['summary.txt'] };
}

/** Every ablation as far as it has run at a preset. */
export async function ablationReports(preset: string, workspace: Workspace): Promise<AblationReport[]> {
  const choice = { preset, sets: [] };
  const reports: AblationReport[] = [];
  for (const ablation of readAblations(ablationFolders(workspace))) {
    const request = mayHaveRun(ablation, choice, workspace)
      ? await ablationRequestIfRun(ablation, choice, workspace)
      : undefined;
    const seeds = request?.variants[0].runs.length;
    reports.push({
      paper: ablation.paper,
      id: ablation.id,
      title: `${ablation.title} (${ablation.source})`,
      ...(request && { comparison: compareVariants(request) }),
      command: ablateCommand(ablationName(ablation), { ...choice, seeds }),
    });
  }
  return reports;
}

/** Whether another variant than the baseline can have results; resolving all their configurations to see takes seconds. */
function mayHaveRun(ablation: Ablation, { preset }: { preset: string }, { artifacts }: Workspace): boolean {
  const others = ablation.variants.filter(({ id }) => id !== ablation.baseline);
  if (others.some((variant) => overridesOf(ablation, variant, preset).length === 0)) return true;
  return existsSync(artifacts) && readdirSync(artifacts).some((name) => name.startsWith(`${preset}+`));
}

/** Which data the numbers come from. */
function sourceText(roots: readonly (string | null)[]): string {
  const named = [...new Set(roots.filter((root) => root !== null))];
  const world =
    'the synthetic world that the repository generates, not the licensed datasets; evaluation is on rooms that training never saw';
  if (named.length === 0) return `All numbers come from ${world}.`;
  if (!roots.includes(null)) return `All numbers come from ${named.join(', ')}.`;
  return `The numbers come from ${named.join(', ')} and, where no folder is named, from ${world}.`;
}
