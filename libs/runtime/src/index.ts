export * from './binding.ts';
export * from './native-op.ts';
