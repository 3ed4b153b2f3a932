export { digest } from './digest.ts';
export { loadConfig, type LoadOptions } from './load-config.ts';
export { applyOverrides, parseOverride, type Override } from './overrides.ts';
export { assertPreset, presetNames } from './preset.ts';
