import { evaluationStage } from '../exo2ego/evaluation.ts';

export const evaluateInitialize = evaluationStage('initialize', 'ego encoder');
