export * from './errors.ts';
export * from './files.ts';
export * from './random.ts';
export * from './workers.ts';
