export {
  scoreChoices,
  readChoicePredictions,
  type ChoiceItem,
  type ChoicePredictions,
  type ChoiceScore,
} from './multiple-choice.ts';
