/** Ops of one kind and size. */
export interface OpCost {
  readonly op: string;
  /** of its first operand, TensorFlow's number */
  readonly dtype: number;
  /** of one run */
  readonly flops: number;
  /** read and written by one run */
  readonly bytes: number;
}

/** What some computation takes. */
export interface Cost {
  /** every kind and size of op with how often it runs */
  ops: readonly (OpCost & { runs: number })[];
  /** multiplications and additions of all products */
  flops: number;
  /** largest number of bytes that lived at a time, what lived before included */
  peakBytes: number;
}

/** Counts ops and live memory as they come. */
export class Costs {
  private ops = new Map<string, OpCost & { runs: number }>();
  private peak = 0;
  /** bytes of all tensors that live now */
  liveBytes = 0;

  count(cost: OpCost): void {
    const key = `${cost.op}/${cost.dtype}/${cost.flops}/${cost.bytes}`;
    const known = this.ops.get(key);
    if (known) known.runs++;
    else this.ops.set(key, { ...cost, runs: 1 });
  }

  allocate(bytes: number): void {
    this.liveBytes += bytes;
    this.peak = Math.max(this.peak, this.liveBytes);
  }

  free(bytes: number): void {
    this.liveBytes -= bytes;
  }

  /** What happens from here on. */
  begin(): void {
    this.ops = new Map();
    this.peak = this.liveBytes;
  }

  /** What has happened since `begin`. */
  end(): Cost {
    const ops = [...this.ops.values()];
    return { ops, flops: ops.reduce((sum, { flops, runs }) => sum + flops * runs, 0), peakBytes: this.peak };
  }
}
