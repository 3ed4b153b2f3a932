export { mappingConfigSchema } from './config.ts';
export type { FullyConnectedMappingConfig, MappingConfig, MappingOptions, ResnetMappingConfig } from './config.ts';
export { mapping, mappingParameters } from './mapping.ts';
export { resnetGenerator, resnetGeneratorParameters } from './resnet-generator.ts';
export { fullyConnectedMapping, fullyConnectedParameters } from './fully-connected.ts';
export { cycleConsistencyLoss, klLoss, klOptionsSchema } from './losses.ts';
export type { KlOptions } from './losses.ts';
