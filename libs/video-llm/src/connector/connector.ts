import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import type { ParameterSpecs, Scope } from '@egolab/nn';
import type { ConnectorConfig, ConnectorOptions, ConnectorWidths } from './config.ts';
import { mlpConnector, mlpConnectorParameters } from './mlp.ts';
import { stcConnector, stcConnectorParameters, stcGrid } from './stc.ts';

/** Parameters of the configured connector, names relative to it. */
export function connectorParameters(config: ConnectorConfig, widths: ConnectorWidths): ParameterSpecs {
  return config.kind === 'stc_connector' ? stcConnectorParameters(config, widths) : mlpConnectorParameters(widths);
}

/**
 * Visual tokens of the configured connector.
 *
 * @param p scope of the connector
 * @param features `[batch, time, gridH, gridW, channel]`
 * @returns `[batch, tokens, hiddenLLM]`
 */
export function visualTokens(
  p: Scope,
  config: ConnectorConfig,
  features: Tensor,
  options: ConnectorOptions = {},
): Tensor {
  if (features.rank !== 5)
    throw new Error(`visualTokens: expected features [batch, time, gridH, gridW, channel], got [${features.shape}]`);
  return config.kind === 'stc_connector'
    ? stcConnector(p, config, features, options)
    : mlpConnector(p, config, features);
}

/** How many tokens one clip becomes. */
export function numVisualTokens(config: ConnectorConfig, time: number, gridH: number, gridW: number): number {
  if (config.kind === 'mlp2x_gelu') return (config.temporal === 'keep' ? time : 1) * gridH * gridW;
  return [time, gridH, gridW].map((side) => stcGrid(side, config.padding)).reduce((a, b) => a * b, 1);
}
