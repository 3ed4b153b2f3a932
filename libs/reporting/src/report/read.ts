import { readPictures, type ReadPicture } from '@egolab/pictures';
import { readPaperTables } from '@egolab/experiment';
import { measureTable, type MeasuredTable } from '../paper-tables/measure.ts';
import { readStageRun, type StageOutcome, type StageRun } from '../paper-tables/stage-run.ts';
import type { AblationReport } from './ablations-html.ts';
import { readHistory, type History } from './history.ts';
import { learnedOf, type Learned } from './learned.ts';
import { readReportPlan, type SystemPlan } from './plan.ts';

/** A stage that the report reads. */
export interface StageEntry {
  name: string;
  title: string;
  /** where the paper describes it: `Exo2Ego section 4.3`; null where no paper does */
  paper: string | null;
  /** `artifacts/<preset>/<stage>` */
  folder: string;
}

/** What a stage left behind. */
export interface StageReport extends Omit<StageEntry, 'folder'> {
  /** undefined when there is no run, or one whose record lacks what makes its numbers citable */
  run?: StageRun;
  missing?: string;
  history: History;
  pictures: ReadPicture[];
}

export interface SystemReport extends Omit<SystemPlan, 'learned'> {
  stages: StageReport[];
  tables: MeasuredTable[];
  learned: Learned[];
  ablations: AblationReport[];
}

export interface Report {
  title: string;
  preset: string;
  /** which data every number comes from */
  data: string;
  /** stages of no paper's own */
  shared: StageReport[];
  systems: SystemReport[];
}

export interface ReportOptions {
  title: string;
  data: string;
  preset: string;
  /** in the order in which they run */
  stages: readonly StageEntry[];
  /** `experiments/report.yaml` */
  plan: string;
  /** `experiments/paper-tables` */
  paperTables: string;
  /** variants beside each other, of any of the papers (default: none) */
  ablations?: readonly AblationReport[];
}

/**
 * Collect what the stages left and put it beside the papers' tables.
 *
 * @throws UserError for a plan, a table, or a file of a stage that breaks its schema
 */
export function readReport({ title, data, preset, stages, plan, paperTables, ablations = [] }: ReportOptions): Report {
  const outcomes = new Map(stages.map(({ name, folder }) => [name, readStageRun(folder, name)]));
  const outcomeOf = (stage: string): StageOutcome => outcomes.get(stage) ?? { missing: 'not run' };
  const reports = stages.map((stage) => stageReport(stage, outcomeOf(stage.name)));
  const { systems } = readReportPlan(plan);
  const ofSystem = (paper: string | null) => systems.find((system) => paper?.startsWith(`${system.title} `))?.id;
  return {
    title,
    preset,
    data,
    shared: reports.filter(({ paper }) => ofSystem(paper) === undefined),
    systems: systems.map(({ learned, ...system }) => ({
      ...system,
      stages: reports.filter(({ paper }) => ofSystem(paper) === system.id),
      tables: readPaperTables(paperTables, system.id).map((table) => measureTable(table, { preset, outcomeOf })),
      learned: learned.map((each) => learnedOf(each, outcomeOf)),
      ablations: ablations.filter(({ paper }) => paper === system.id),
    })),
  };
}

function stageReport({ folder, ...stage }: StageEntry, outcome: StageOutcome): StageReport {
  if ('missing' in outcome)
    return { ...stage, missing: outcome.missing, history: { step: [], columns: new Map(), csv: '' }, pictures: [] };
  return { ...stage, run: outcome, history: readHistory(folder), pictures: readPictures(folder) };
}

/** All stages of a report, in the order of its sections. */
export const stagesOf = ({ shared, systems }: Report): StageReport[] => [
  ...shared,
  ...systems.flatMap(({ stages }) => stages),
];
