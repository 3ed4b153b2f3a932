import { expect, it } from 'vitest';
import { attribute, backend, nativeOp, tf, valuesOf } from './index.ts';

it('runs an op on the native backend', () => {
  expect(Array.from(tf.matMul([[1, 2]], [[3], [4]]).dataSync())).toEqual([11]);
});

it('reaches an op that tfjs has no function for', () => {
  const y = nativeOp('Rsqrt', [attribute.type('T', 'float32')], [tf.tensor1d([4, 16])]);
  expect(Array.from(y.dataSync())).toEqual([0.5, 0.25]);
});

it('has bfloat16 in the native library', () => {
  const { binding } = backend;
  const x = binding.createTensor([2], binding.TF_FLOAT, new Float32Array([1.00390625, 3]));
  const [half] = binding.executeOp(
    'Cast',
    [attribute.type('SrcT', 'float32'), attribute.type('DstT', 'bfloat16'), attribute.bool('Truncate', false)],
    [x],
    1,
  );
  const [back] = binding.executeOp(
    'Cast',
    [attribute.type('SrcT', 'bfloat16'), attribute.type('DstT', 'float32'), attribute.bool('Truncate', false)],
    [half.id],
    1,
  );
  expect(Array.from(binding.tensorDataSync(back.id) as Float32Array)).toEqual([1, 3]); // 8 bits of mantissa
  for (const id of [x, half.id, back.id]) binding.deleteTensor(id);
});

it('reads what a computation returns and frees what it made', () => {
  const before = tf.memory().numTensors;
  expect(valuesOf(() => tf.mul(tf.tensor1d([1, 2, 3]), 2))).toEqual(Float32Array.of(2, 4, 6));
  expect(tf.memory().numTensors).toBe(before);
});
