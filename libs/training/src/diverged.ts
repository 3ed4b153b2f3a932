import { UserError } from '@egolab/foundation';

/** Training met a NaN or an infinity. The weights are still those before the step, and the last saved state is untouched. */
export class TrainingDiverged extends UserError {
  /**
   * @param step the optimiser step, counted from 1
   * @param tensor `loss`, or `gradient of <parameter>`
   * @param value of the loss, or the gradient's norm
   * @param examples indices of the step's examples on this worker
   */
  constructor(
    readonly step: number,
    readonly tensor: string,
    value: number,
    examples: readonly number[],
  ) {
    super({
      what: `training diverged at step ${step}: the ${tensor} is ${value} (examples ${listed(examples)})`,
      where: 'training',
      mend: 'look at these examples for bad values, or lower the learning rate or lengthen the warm-up; a restart goes on from the last saved state',
    });
  }
}

const listed = (examples: readonly number[]) => examples.slice(0, 8).join(', ') + (examples.length > 8 ? ', …' : '');
