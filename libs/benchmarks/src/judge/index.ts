export { endpointJudge, type EndpointOptions } from './endpoint-judge.ts';
export {
  judgeAnswers,
  judgePrompt,
  openScores,
  parseMark,
  type Judge,
  type JudgedAnswer,
  type Mark,
  type OpenScores,
} from './judge.ts';
export { languageModelJudge } from './language-model-judge.ts';
