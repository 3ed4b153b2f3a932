import type { Tensor } from '@tensorflow/tfjs-node-gpu';
import { checkpointed, embedding, linear, type Scope } from '@egolab/nn';
import { tf } from '@egolab/runtime';
import type { MaskedModelConfig } from './config.ts';
import { placeEmbeddings, positionTable, tokenEmbeddings } from './embeddings.ts';
import { modalityNames } from './modalities.ts';
import { PADDING, type PackedTokens, rowsOf } from './packing.ts';
import { type BlockOptions, decoderBlock, encoderBlock, norm } from './transformer.ts';

export interface MaskedModelOptions {
  /** Recompute each block in the backward pass instead of keeping its activations. */
  gradientCheckpointing?: boolean;
  /** 'chunked' keeps no attention probabilities; default 'full' */
  attention?: 'full' | 'chunked';
}

/** What the decoder looks at. */
export interface Context {
  /** `[batch, token, dim]` */
  hidden: Tensor;
  /** bool `[batch, token]` */
  visible: Tensor;
}

/**
 * EgoM2P's encoder-decoder (section 3.3): the encoder sees the visible tokens of all modalities; the decoder asks for target tokens by
 * their place and modality alone.
 */
export class MaskedModel {
  /** modalities, in the order of their numbers in {@link PackedTokens} */
  readonly names: readonly string[];
  private readonly positions: Tensor;

  /** @param parameters as `maskedModelParameters` lists them; they stay the caller's */
  constructor(
    readonly config: MaskedModelConfig,
    private readonly parameters: Scope,
  ) {
    this.names = modalityNames(config.modalities);
    this.positions = tf.keep(positionTable(config));
  }

  dispose(): void {
    this.positions.dispose();
  }

  /** Encode visible tokens, and project them to what the decoder looks at. A clip without any gives a context that says nothing. */
  encode(inputs: PackedTokens, options: MaskedModelOptions = {}): Context {
    const { config, parameters: p } = this;
    const visible = tf.tensor(inputs.modality, [inputs.batchSize, inputs.length], 'int32').greater(PADDING);
    const place = placeEmbeddings(p, config, this.positions, inputs);
    let x: Tensor = tf.add(tokenEmbeddings(p, config, inputs), place);
    const block = this.blockOptions(options);
    for (let i = 0; i < config.encoderDepth; i++) {
      const scope = p.scope(`encoder.${i}`);
      x = this.run((y, mask) => encoderBlock(scope, y, mask, block), [x, visible], options);
    }
    const encoded = norm(p.scope('encoder_norm'), x);
    return { hidden: tf.add(linear(p.scope('decoder_proj_context'), encoded), place), visible };
  }

  /**
   * What the model believes of target tokens, before the output layers.
   *
   * @param targets their places and modalities; the tokens aren't read
   * @returns `[batch, target, dim]`
   */
  decode({ hidden, visible }: Context, targets: PackedTokens, options: MaskedModelOptions = {}): Tensor {
    const { config, parameters: p } = this;
    const shape = [targets.batchSize, targets.length];
    const modality = tf.tensor(targets.modality, shape, 'int32');
    const self = tf.expandDims(tf.equal(tf.expandDims(modality, 2), tf.expandDims(modality, 1)), 1);
    let x: Tensor = tf.add(p.get('mask_token'), placeEmbeddings(p, config, this.positions, targets));
    const block = this.blockOptions(options);
    for (let i = 0; i < config.decoderDepth; i++) {
      const scope = p.scope(`decoder.${i}`);
      x = this.run(
        (y, context, self, cross) => decoderBlock(scope, y, context, { self, cross }, block),
        [x, hidden, self, visible],
        options,
      );
    }
    return norm(p.scope('decoder_norm'), x);
  }

  /** The tied output layer of a modality, `[vocabulary, dim]`. */
  outputWeight(name: string): Tensor {
    return this.parameters.get(`decoder_embeddings.${name}.token_emb.weight`);
  }

  /**
   * Logits of the targets of one modality.
   *
   * @param decoded of {@link decode}
   * @returns `[token, vocabulary]`, in the order of `rowsOf(targets, number of the modality)`
   */
  logits(decoded: Tensor, targets: PackedTokens, name: string): Tensor {
    const weight = this.outputWeight(name);
    return tf.tidy(() => {
      const hidden = rowsAt(decoded, rowsOf(targets, this.names.indexOf(name)));
      return linear({ get: () => weight, has: (each) => each === 'weight', scope: () => this.parameters }, hidden);
    });
  }

  private blockOptions({ attention = 'full' }: MaskedModelOptions): BlockOptions {
    return { numHeads: this.config.numHeads, attention };
  }

  private run(
    block: (...inputs: Tensor[]) => Tensor,
    inputs: Tensor[],
    { gradientCheckpointing = false }: MaskedModelOptions,
  ): Tensor {
    return gradientCheckpointing ? checkpointed(block, inputs) : tf.tidy(() => block(...inputs));
  }
}

/** Rows of `[batch, token, dim]` by their flat index: `[row, dim]`. */
export function rowsAt(x: Tensor, rows: Int32Array): Tensor {
  const dim = x.shape.at(-1)!;
  return embedding(tf.reshape(x, [x.size / dim, dim]), tf.tensor1d(rows, 'int32'));
}
