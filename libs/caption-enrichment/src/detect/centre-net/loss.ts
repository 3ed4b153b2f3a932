import type { Scalar, Tensor } from '@tensorflow/tfjs-node-gpu';
import { tf } from '@egolab/runtime';
import { output } from './model.ts';

/** Weights of the box sizes and the other terms, as in Zhou et al. 2019, equation 4. */
const SIZE_WEIGHT = 0.1;

/**
 * Pixelwise focal loss of centre heat maps (Zhou et al. 2019, equation 1; alpha = 2, beta = 4), divided by the number of centres.
 *
 * @param logits `[image, row, column, class]`
 * @param heat targets in [0, 1], 1 at centres, same shape
 */
export function focalLoss(logits: Tensor, heat: Tensor): Scalar {
  return tf.tidy(() => {
    const probability = tf.sigmoid(logits);
    // log sigmoid(x) and log(1 - sigmoid(x)) without overflow
    const logYes = tf.neg(tf.softplus(tf.neg(logits)));
    const logNo = tf.neg(tf.softplus(logits));
    const centres = tf.cast(tf.greaterEqual(heat, 1), 'float32');
    const yes = tf.mul(tf.mul(centres, tf.square(tf.sub(1, probability))), logYes);
    const away = tf.mul(tf.sub(1, centres), tf.square(tf.square(tf.sub(1, heat))));
    const no = tf.mul(tf.mul(away, tf.square(probability)), logNo);
    return tf.div(tf.neg(tf.sum(tf.add(yes, no))), tf.maximum(tf.sum(centres), 1)) as Scalar;
  });
}

/** Mean absolute difference where `weight`, of the same shape, is 1. */
function l1At(prediction: Tensor, target: Tensor, weight: Tensor): Scalar {
  const total = tf.sum(tf.mul(tf.abs(tf.sub(prediction, target)), weight));
  return tf.div(total, tf.maximum(tf.sum(weight), 1)) as Scalar;
}

/**
 * The detector's loss: centres, sizes (0.1), fractions, contact states, sides and offset vectors, each a mean over where it holds.
 *
 * @param map the network's output `[image, cells, cells, 18]`
 * @param targets of the same shape, see `frameTargets`
 * @param weights `[image, cells, cells, 3]`
 */
export function centreNetLoss(
  map: Tensor,
  targets: Tensor,
  weights: Tensor,
): { loss: Scalar; metrics: Record<string, Scalar> } {
  const of = (name: Parameters<typeof output>[1]) => [output(map, name), output(targets, name)] as const;
  const [images, rows, columns] = map.shape;
  const at = (kind: number) => tf.slice(weights, [0, 0, 0, kind], [images, rows, columns, 1]);
  const perClass = tf.concat([at(0), at(0), at(1), at(1)], 3);
  const hands = tf.maximum(tf.sum(at(0)), 1);
  const meanAtHands = (values: Tensor) => tf.div(tf.sum(tf.mul(values, at(0))), hands) as Scalar;
  const [contactLogits, contact] = of('contact');
  const [sideLogits, side] = of('side');
  const heat = focalLoss(...of('heat'));
  const size = l1At(...of('size'), perClass);
  const fraction = l1At(...of('fraction'), perClass);
  const contactLoss = meanAtHands(tf.neg(tf.sum(tf.mul(contact, tf.logSoftmax(contactLogits)), 3, true)));
  const sideLoss = meanAtHands(tf.sub(tf.softplus(sideLogits), tf.mul(sideLogits, side)));
  const link = l1At(...of('link'), tf.concat([at(2), at(2)], 3));
  const terms = [heat, tf.mul(size, SIZE_WEIGHT), fraction, contactLoss, sideLoss, link];
  const loss = terms.reduce((sum, term) => tf.add(sum, term)) as Scalar;
  return { loss, metrics: { heat, size, contact: contactLoss, side: sideLoss, link } };
}
