/** Something in a data set that is not used, and why: nothing is left out silently. */
export interface Skipped {
  /** which take, row or clip */
  readonly item: string;
  readonly reason: string;
}

/** A count of everything skipped, and the first items by name. */
export interface SkipReport {
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  readonly first: readonly Skipped[];
}

/** Items listed by name in a report of a web-scale source. */
const maxListed = 1000;

/** Collects what is skipped; the list is bounded, the counts are complete. */
export class SkipLog {
  private readonly byReason: Record<string, number> = {};
  private readonly first: Skipped[] = [];
  private total = 0;

  add(item: string, reason: string): void {
    this.total++;
    this.byReason[reason] = (this.byReason[reason] ?? 0) + 1;
    if (this.first.length < maxListed) this.first.push({ item, reason });
  }

  /** What another log has. */
  addAll({ total, byReason, first }: SkipReport): void {
    this.total += total;
    for (const [reason, count] of Object.entries(byReason))
      this.byReason[reason] = (this.byReason[reason] ?? 0) + count;
    this.first.push(...first.slice(0, maxListed - this.first.length));
  }

  report(): SkipReport {
    return { total: this.total, byReason: { ...this.byReason }, first: [...this.first] };
  }
}
