export { tokensPerView, visionSideSchema } from './config.ts';
export type { VideoLlmConfig } from './config.ts';
export {
  connectorConfigSchema,
  connectorParameters,
  mlpConnector,
  numVisualTokens,
  stcConnector,
  visualTokens,
} from './connector/index.ts';
export type { ConnectorConfig, ConnectorWidths, MlpConnectorConfig, StcConnectorConfig } from './connector/index.ts';
export {
  concatenate,
  connect,
  connectorPrefix,
  encodeVideo,
  mapFeatures,
  PREFIX,
  videoLlm,
  videoLlmParameters,
  visionSideParameters,
} from './model.ts';
export type { ForwardOptions, VideoLlm, View } from './model.ts';
export { initializeVisionSide } from './load.ts';
export type { VisionSideWeights } from './load.ts';
export { guidanceSchema, selfPracticeTokens, teacherStudentGuidance, viewVisualTokens } from './guidance.ts';
export type { Guidance, GuidanceOptions } from './guidance.ts';
export { chatFormats, type ChatFormat, withChatFormat } from './prompt/chat-templates.ts';
export {
  encodeWithPlaceholders,
  IGNORE_INDEX,
  instructionPrompt,
  PLACEHOLDERS,
  pretrainingPrompt,
  questionPrompt,
} from './prompt/prompt.ts';
export type { Placeholder, Prompt } from './prompt/prompt.ts';
export { spliceVisualTokens } from './prompt/splice.ts';
export type { SplicedBatch } from './prompt/splice.ts';
export { vtgLoss } from './vtg-loss.ts';
export type { VtgLoss } from './vtg-loss.ts';
export { answerLogLikelihoods, generateAnswer, promptLogLikelihoods, textGeneration } from './language.ts';
export type { AnswerLikelihood, LanguageOptions } from './language.ts';
