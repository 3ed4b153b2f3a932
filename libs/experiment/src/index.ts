export { digest } from './digest.ts';
export { loadConfig, type LoadOptions } from './load-config.ts';
export { applyOverrides, parseOverride, type Override } from './overrides.ts';
export { assertPreset, presetNames } from './preset.ts';
export {
  cellFacets,
  claimComparisons,
  printedDecimals,
  printedNumber,
  type CellFacets,
  type ClaimComparison,
} from './paper-tables/cells.ts';
export { paperNames, readPaperTable, readPaperTables } from './paper-tables/read.ts';
export {
  paperTableSchema,
  type PaperTable,
  type PaperTableClaim,
  type PaperTableColumn,
  type PaperTableMeasurement,
  type PaperTableRow,
} from './paper-tables/schema.ts';
export { ablationName, ablationNames, readAblation, readAblations, type AblationFolders } from './ablations/read.ts';
export {
  ablationSchema,
  budgetSets,
  measuredValue,
  measurementsOf,
  overridesOf,
  type Ablation,
  type AblationBudget,
  type AblationClaim,
  type AblationVariant,
  type Measurement,
} from './ablations/schema.ts';
export { pairedEffect, type Effect, type SeedResult } from './claims/effect.ts';
export {
  judgeClaim,
  judgeOrdering,
  type ClaimEvidence,
  type ClaimJudgement,
  type ComparisonJudgement,
  type Verdict,
} from './claims/judge.ts';
export { questionOutcomes, type Outcomes } from './claims/outcomes.ts';
export { differenceText, effectDigits } from './claims/sentence.ts';
