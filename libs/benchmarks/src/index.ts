export { scoreCharadesEgo } from './charades-ego.ts';
export { scoreEgoNlq, type NlqScores } from './ego-nlq.ts';
export { scoreEgtea, type EgteaScores } from './egtea.ts';
export { ek100Relevancy, scoreEk100Retrieval, type Ek100Scores } from './ek100-mir.ts';
export { scoreHoiMasks, type HoiMaskScores } from './hoi-masks.ts';
export {
  scoreChoices,
  readChoicePredictions,
  type ChoiceItem,
  type ChoicePredictions,
  type ChoiceScore,
} from './multiple-choice.ts';
export * from './candidates/index.ts';
export * from './dataset-tables/index.ts';
export * from './ego-bench/index.ts';
export * from './judge/index.ts';
