export { egoBenchConfigSchema, worldConfigSchema, type WorldConfig, type WorldConfigInput } from './config.ts';
export { generateWorld, readWorldManifest, type GenerateOptions, type WorldManifest } from './generate.ts';
export { sampleTexts, textCorpus, type TextSample } from './language/corpus.ts';
export { instructions, type EgoItTask } from './language/instructions.ts';
export { letters, listOptions } from './language/questions.ts';
export type { EgoItRecord } from './write/egoit.ts';
export { writePreview, type PreviewFiles } from './preview.ts';
