import { z } from 'zod';
import type { Cost } from './costs.ts';
import { Dtype } from './tensor-type.ts';

const positive = z.number().positive();

/** A kind of device, as its vendor describes it or as it was measured. */
export const deviceSchema = z.strictObject({
  title: z.string().min(1),
  /** where the numbers come from */
  source: z.string().min(1),
  /** bytes */
  memory: positive,
  /** FLOP/s of dense matrix products, by the dtype of their operands */
  peak: z.strictObject({ float32: positive, bfloat16: positive }),
  /** bytes/s between memory and processor */
  bandwidth: positive,
  /** seconds that an op takes however small it is; 0 where nobody has measured it */
  overhead: z.number().min(0).default(0),
});
export type Device = z.infer<typeof deviceSchema>;

/** By the name that `--device` takes. */
export const devicesSchema = z.record(z.string(), deviceSchema);

/**
 * The time that a device needs: each op runs at the peak of its dtype or at that of the memory, whichever is slower (the roofline
 * model of Williams et al. 2009), after its overhead. Without overhead this is the least time; loading and communication take none.
 */
export function rooflineSeconds({ ops }: Cost, { peak, bandwidth, overhead }: Device): number {
  return ops.reduce((sum, { dtype, flops, bytes, runs }) => {
    const rate = dtype === Dtype.bfloat16 ? peak.bfloat16 : peak.float32;
    return sum + runs * (overhead + Math.max(flops / rate, bytes / bandwidth));
  }, 0);
}

/** The time that the products alone need at the device's peak: what utilisation (MFU) is measured against. */
export function productSeconds({ ops }: Cost, { peak }: Device): number {
  return ops.reduce((sum, { dtype, flops, runs }) => {
    return sum + (runs * flops) / (dtype === Dtype.bfloat16 ? peak.bfloat16 : peak.float32);
  }, 0);
}
