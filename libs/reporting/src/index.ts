export {
  depthColour,
  filmStrip,
  gazeOnFrames,
  lineChart,
  trajectoryPicture,
  type DrawnGaze,
  type DrawnTrajectory,
  type Picture,
  type Series,
  type StripRow,
} from '@egolab/pictures';
export { renderHtml } from './html.ts';
export { renderMarkdown } from './markdown.ts';
export { paperTableSchema, fillTable, type PaperTable, type FilledTable, type FilledCell } from './paper-table.ts';
export { readReport, type Report, type StageResult } from './report.ts';
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
