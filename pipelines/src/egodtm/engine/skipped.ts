import type { SkipReport } from '@egolab/ego-data';
import type { Progress } from '../../progress.ts';

/** One line a reason. */
export function noteSkipped(progress: Progress, name: string, { byReason }: Pick<SkipReport, 'byReason'>): void {
  for (const [reason, count] of Object.entries(byReason)) progress.note(`${name}: ${count} left out: ${reason}`);
}
