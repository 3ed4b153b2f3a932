import { evaluationStage } from '../exo2ego/evaluation.ts';

export const evaluateStage2 = evaluationStage('stage2', 'F(x) and x');
