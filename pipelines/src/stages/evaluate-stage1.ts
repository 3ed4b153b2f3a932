import { evaluationStage } from '../exo2ego/evaluation.ts';

export const evaluateStage1 = evaluationStage('stage1', 'exo encoder');
