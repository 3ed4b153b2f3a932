export {
  measureTable,
  statuses,
  type Measured,
  type MeasuredCell,
  type MeasuredRow,
  type MeasuredTable,
  type MeasureOptions,
  type Status,
} from './paper-tables/measure.ts';
export {
  measuredTablesJson,
  readMeasuredTables,
  renderMeasuredTables,
  tableFormats,
  type MeasuredTables,
  type TableFormat,
} from './paper-tables/render.ts';
export { readStageRun, type Provenance, type StageOutcome, type StageRun } from './paper-tables/stage-run.ts';
export type { AblationReport } from './report/ablations-html.ts';
export { readHistory, type History } from './report/history.ts';
export { renderHtml } from './report/html.ts';
export { type Learned, type Reference, type Verdict } from './report/learned.ts';
export { renderMarkdown } from './report/markdown.ts';
export { readReportPlan, reportPlanSchema, type LearnedPlan, type ReportPlan, type SystemPlan } from './report/plan.ts';
export { readReport, type Report, type ReportOptions, type StageEntry, type StageReport, type SystemReport } from './report/read.ts'; // prettier-ignore
export { renderSummary } from './report/terminal.ts';
export { compareVariants, type ComparedVariant, type Comparison } from './compare/comparison.ts';
export { compareFoldersRequest } from './compare/folders.ts';
export { comparisonJson } from './compare/records.ts';
export { compareFormats, renderComparison, type CompareFormat, type CompareRenderOptions } from './compare/render.ts';
export type { CompareRequest, Measure, RequestedRun, RequestedVariant } from './compare/request.ts';
export { resultFiles, type ResultsSources } from './results/results.ts';
