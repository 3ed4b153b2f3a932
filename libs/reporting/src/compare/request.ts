import type { AblationClaim, Measurement } from '@egolab/experiment';

/** A number by which variants are compared; without a direction, differences are shown and not judged. */
export interface Measure {
  id: string;
  title: string;
  unit: string;
  better?: 'higher' | 'lower';
}

/** One variant with one seed: where its results are, or would be. */
export interface RequestedRun {
  seed: number;
  /** `artifacts/<variant>/<stage>` of the stages that are measured, by stage */
  folders: Readonly<Record<string, string>>;
  /** where each measure is, in the order of `CompareRequest.measures` */
  measurements: readonly Omit<Measurement, 'better'>[];
  /** what makes it */
  command: string;
  /** the run that is wanted isn't there: why, and the configuration that it would have */
  missing?: { reason: string; parameters: Readonly<Record<string, unknown>> };
}

export interface RequestedVariant {
  id: string;
  title: string;
  runs: readonly RequestedRun[];
}

/** What is to be compared. */
export interface CompareRequest {
  /** what is compared, as the page is headed */
  title: string;
  /** where it comes from and what is done otherwise than there */
  notes: readonly string[];
  preset: string;
  measures: readonly Measure[];
  /** id of the variant with which the others are compared */
  baseline: string;
  variants: readonly RequestedVariant[];
  claims: readonly AblationClaim[];
  /** the page of an MLflow run, by the run id of run.json; undefined where it isn't known */
  mlflowPage?: (runId: string) => string | undefined;
}
