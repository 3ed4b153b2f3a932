export { readEgoIt, type EgoItOptions, type InstructionRecord } from './ego-it.ts';
export {
  buildEgoIt,
  mixtureOf,
  writeEgoIt,
  type EgoItBuild,
  type EgoItFiles,
  type EgoItRecord,
} from './build-ego-it.ts';
export {
  egoItSources,
  instructionPrompt,
  readInstructionTexts,
  taskDescriptions,
  type EgoItSource,
  type EgoItTask,
  type SourceInstructions,
} from './instructions.ts';
