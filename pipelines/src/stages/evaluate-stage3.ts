import { evaluationStage } from '../exo2ego/evaluation.ts';

export const evaluateStage3 = evaluationStage('stage3', 'F(x) and x');
