/** Run one op and print what TensorFlow is and runs on, as JSON. */
import { backend, device, tf } from '@egolab/runtime';

const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5], [6]])); // prettier-ignore
const found = [...(await product.data())];
if (found.join() !== '17,39') throw new Error(`matMul: expected 17,39, got ${found.join()}`);
process.stdout.write(JSON.stringify({ version: backend.binding.TF_Version, device }));
