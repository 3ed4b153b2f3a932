interface Entry {
  readonly cost: number;
  readonly pixel: number;
  readonly label: number;
}

/** Pixels by cost, cheapest first; equal costs in the order of their pixels, so that the result is always the same (binary heap). */
export class PixelQueue {
  private readonly entries: Entry[] = [];

  push(cost: number, pixel: number, label: number): void {
    const { entries } = this;
    let at = entries.push({ cost, pixel, label }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entries[at], entries[parent])) return;
      [entries[at], entries[parent]] = [entries[parent], entries[at]];
      at = parent;
    }
  }

  pop(): Entry | undefined {
    const { entries } = this;
    const [first] = entries;
    const last = entries.pop();
    if (entries.length === 0 || !last) return first;
    entries[0] = last;
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < entries.length && before(entries[left], entries[least])) least = left;
      if (right < entries.length && before(entries[right], entries[least])) least = right;
      if (least === at) return first;
      [entries[at], entries[least]] = [entries[least], entries[at]];
      at = least;
    }
  }
}

const before = (a: Entry, b: Entry): boolean => a.cost < b.cost || (a.cost === b.cost && a.pixel < b.pixel);
