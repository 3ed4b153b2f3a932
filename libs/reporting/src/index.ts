export { renderHtml } from './html.ts';
export { renderMarkdown } from './markdown.ts';
export { lineChart, type Series } from './line-chart.ts';
export { paperTableSchema, fillTable, type PaperTable, type FilledTable, type FilledCell } from './paper-table.ts';
export { readReport, type Report, type StageResult } from './report.ts';
export { depthColour, filmStrip, gazeOnFrames, type DrawnGaze, type Picture, type StripRow } from './film-strip.ts';
export { trajectoryPicture, type DrawnTrajectory } from './trajectory-picture.ts';
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
