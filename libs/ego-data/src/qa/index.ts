export { readCharadesClasses } from './charades-classes.ts';
export { readEgoExoLearn, type EgoExoLearnClip } from './ego-exo-learn.ts';
export { readEgoPlan, readEgoPlanIt, type EgoPlanQuestion } from './ego-plan.ts';
export { readEgoTaskQa, type EgoTaskQuestion } from './ego-task-qa.ts';
export { readOpenEqa, type OpenEqaQuestion } from './open-eqa.ts';
export {
  EGO4D_FPS,
  readEgoTimeQa,
  readQaEgo4dClosed,
  readQaEgo4dOpen,
  type QaEgo4dClosedQuestion,
  type QaEgo4dQuestion,
} from './qa-ego4d.ts';
export { readSomethingSomething, type SomethingClip } from './something-something.ts';
export { readVlnQa, type VlnQuestion } from './vln-qa.ts';
