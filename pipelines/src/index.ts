export { configSchema, loadConfig, partOf, type Config } from './configuration.ts';
export { Interrupted } from './interruption.ts';
export { embeddedServer } from './mlflow-tracker.ts';
export { assertStage, loadStages, stageNames, upTo } from './pipeline.ts';
export { planFor, type Choice, type Plan } from './plan.ts';
export { consoleProgress, silentProgress, type Phase, type Progress } from './progress.ts';
export { readRun, type RunRecord } from './run-folder.ts';
export { runStage, type RunOptions } from './run-stage.ts';
export {
  defineStage,
  type Metrics,
  type OutputFolder,
  type Stage,
  type StageContext,
  type StageResult,
} from './stage.ts';
export {
  openNullTracker,
  type DatasetInput,
  type OpenTracker,
  type RunStart,
  type TrackedRun,
  type Tracker,
} from './tracker.ts';
export { assertOwnLibraries, workspace, workspaceAt, type Workspace } from './workspace.ts';
export { ablate, prepareAblations, type AblateOptions, type AblateResult } from './ablations/ablate.ts';
export { ablationRequest } from './ablations/compare-request.ts';
export { describeWork, type WorkPlan } from './ablations/describe.ts';
export {
  ablationFolders,
  ablationRuns,
  variantOf,
  type AblationChoice,
  type AblationRun,
  type AblationRuns,
} from './ablations/runs.ts';
export { renderTable, tableOf, type AblationCell, type AblationTable } from './ablations/table.ts';
