import { Random } from '@egolab/foundation';
import {
  MaskedModel,
  maskedModelConfigSchema,
  maskedModelParameters,
  modalityLosses,
  modalityNames,
  numTokens,
  reduceLosses,
  type MaskedModelConfig,
  type PackedTokens,
} from '@egolab/masked-model';
import type { Workload } from './workloads.ts';

/** Inputs, and as many targets, of a clip. Half of a camera's and a gaze's tokens are inputs; the videos share what is left. */
const TOKENS = 2048;

/** 78 + 78 tokens, for a try. */
export const TINY_MASKED = {
  modalities: {
    tok_cam: { vocabularySize: 16, shape: [6] },
    tok_depth: { vocabularySize: 100, shape: [2, 6, 6] },
    tok_gaze: { vocabularySize: 16, shape: [6] },
    tok_rgb: { vocabularySize: 100, shape: [2, 6, 6] },
  },
  dim: 48,
  numHeads: 4,
  encoderDepth: 2,
  decoderDepth: 2,
};

/** A training step of EgoM2P's masked model: 2,048 input and 2,048 target tokens a clip, every slot filled, AdamW. */
export function maskedWorkload(settings: object): Workload {
  const config = maskedModelConfigSchema.parse(settings);
  let model: MaskedModel | undefined;
  return {
    specs: maskedModelParameters(config),
    updates: true,
    inputs(batch) {
      const random = new Random('bench').split('masked');
      const [inputs, targets] = drawTokens(config, batch, random);
      return { ...columns('inputs', inputs, batch), ...columns('targets', targets, batch) };
    },
    loss(p, values, batch, { attention }) {
      model ??= new MaskedModel(config, p);
      const [inputs, targets] = [packed('inputs', values, batch), packed('targets', values, batch)];
      const decoded = model.decode(model.encode(inputs, { attention }), targets, { attention });
      return reduceLosses(modalityLosses(model, decoded, targets), 'available', config.modalities);
    },
  };
}

type Rows = { modality: number; position: number; token: number }[][];

/** Disjoint inputs and targets of each clip. */
function drawTokens({ modalities }: MaskedModelConfig, batch: number, random: Random): [Rows, Rows] {
  const names = modalityNames(modalities);
  const total = names.reduce((sum, name) => sum + numTokens(modalities[name]), 0);
  const budget = Math.min(TOKENS, total / 2);
  const small = names.filter((name) => modalities[name].shape.length === 1);
  const rows: [Rows, Rows] = [[], []];
  for (let clip = 0; clip < batch; clip++) {
    const parts: [Rows[number], Rows[number]] = [[], []];
    names.forEach((name, modality) => {
      const { vocabularySize } = modalities[name];
      const order = random.shuffle([...Array(numTokens(modalities[name])).keys()]);
      const half = order.length / 2;
      const others = small.reduce((sum, each) => sum + numTokens(modalities[each]) / 2, 0);
      const count = small.includes(name) ? half : (budget - others) / (names.length - small.length);
      [order.slice(0, count), order.slice(count, 2 * count)].forEach((positions, part) =>
        positions
          .sort((a, b) => a - b)
          .forEach((position) =>
            parts[part].push({ modality, position, token: random.integer(0, vocabularySize - 1) }),
          ),
      );
    });
    parts.forEach((list, part) => rows[part].push(list));
  }
  return rows;
}

const KEYS = ['modality', 'position', 'token'] as const;

function columns(part: string, rows: Rows, batch: number) {
  const shape = [batch, rows[0].length];
  return Object.fromEntries(
    KEYS.map((key) => [`${part}.${key}`, { shape, data: Float32Array.from(rows.flat(), (row) => row[key]) }]),
  );
}

function packed(part: string, values: Record<string, Float32Array>, batch: number): PackedTokens {
  const [modality, position, token] = KEYS.map((key) => Int32Array.from(values[`${part}.${key}`]));
  return { batchSize: batch, length: token.length / batch, modality, position, token };
}
