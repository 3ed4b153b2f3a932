export * from './binding.ts';
export * from './native-op.ts';
export * from './values.ts';
