/** Learning rate of a step, as a fraction of the peak. */
export type Schedule = (step: number) => number;

export type ScheduleKind = 'cosine' | 'constant';

/**
 * The learning-rate factor of each optimiser step, counted from 0, as transformers defines it
 * (`get_cosine_schedule_with_warmup`, `get_constant_schedule_with_warmup`): linear from 0 over the warm-up, whose length
 * is `ceil(warmupRatio * totalSteps)` (`TrainingArguments.get_warmup_steps`), then half a cosine down to 0, or 1.
 */
export function schedule(kind: ScheduleKind, totalSteps: number, warmupRatio: number): Schedule {
  const warmupSteps = Math.ceil(warmupRatio * totalSteps);
  const decay =
    kind === 'cosine' ? (progress: number) => Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress))) : () => 1;
  return (step) =>
    step < warmupSteps
      ? step / Math.max(1, warmupSteps)
      : decay((step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
}
