export { connectorConfigSchema } from './config.ts';
export type {
  ConnectorConfig,
  ConnectorOptions,
  ConnectorWidths,
  MlpConnectorConfig,
  StcConnectorConfig,
} from './config.ts';
export { connectorParameters, numVisualTokens, visualTokens } from './connector.ts';
export { mlpConnector, mlpConnectorParameters } from './mlp.ts';
export { stcConnector, stcConnectorParameters } from './stc.ts';
