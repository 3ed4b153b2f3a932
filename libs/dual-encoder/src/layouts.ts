import { UserError } from '@egolab/foundation';
import type { Checkpoint } from '@egolab/checkpoints';

/** Where a parameter stands in a checkpoint. */
export interface Place {
  readonly name: string;
  /** one of the three parts of a joined query, key and value projection, along the first axis */
  readonly part?: 0 | 1 | 2;
  /** stored as `[in, out]` */
  readonly transposed?: boolean;
}

/** How a checkpoint names CLIP's parameters: our name, which is transformers', -> possible places, the first that is there counts. */
export type Layout = (name: string) => Place[];

const PREFIX = '(?:module\\.)?';

/**
 * The layout of a checkpoint of CLIP's towers, by the names in it:
 * - transformers' `CLIPModel`, and our own checkpoints;
 * - OpenAI's `clip` and OpenCLIP: `visual.…`, `transformer.resblocks.…`;
 * - AVION: `visual.…`, `textual.…`, with or without its fused attention (`attn.Wqkv`, `mlp.fc1`) and its linear `conv1`.
 * LaViLa's text tower has OpenAI's names; its video tower, a TimeSformer, is another network.
 *
 * @throws UserError for other layouts
 */
export function layoutOf(checkpoint: Checkpoint): Layout {
  const names = checkpoint.names();
  const has = (pattern: string) => names.some((name) => new RegExp(`^${PREFIX}${pattern}$`).test(name));
  if (has('vision_model\\.embeddings\\.class_embedding')) return withModule(names, (name) => [{ name }]);
  if (has('visual\\.blocks\\.\\d+\\.timeattn\\..*'))
    throw new UserError({
      what: 'a TimeSformer with divided space-time attention (LaViLa, EgoVLP), where a joint space-time transformer is needed',
      where: checkpoint.source,
      mend: 'take weights in the layout of CLIP, OpenCLIP or AVION',
    });
  if (has('visual\\.class_embedding') && has('textual\\.token_embedding\\.weight'))
    return withModule(names, (name) => openAi(name, 'textual.'));
  if (has('visual\\.class_embedding') && has('token_embedding\\.weight'))
    return withModule(names, (name) => openAi(name, ''));
  throw new UserError({
    what: `no CLIP towers: found ${names.slice(0, 3).join(', ')}, …`,
    where: checkpoint.source,
    mend: 'expected the names of transformers (vision_model.…), OpenAI (visual.…, transformer.…) or AVION (visual.…, textual.…); a .pt file is saved as .safetensors with safetensors.torch.save_file',
  });
}

/** Weights that were saved from a data-parallel wrapper carry `module.` before their names. */
function withModule(names: readonly string[], layout: Layout): Layout {
  const prefix = names.every((name) => name.startsWith('module.')) ? 'module.' : '';
  return (name) => layout(name).map((place) => ({ ...place, name: `${prefix}${place.name}` }));
}

const EMBEDDINGS: Record<string, string> = {
  class_embedding: 'class_embedding',
  'patch_embedding.weight': 'conv1.weight',
  'position_embedding.weight': 'positional_embedding',
  temporal_embedding: 'temporal_embedding',
};

const LAYERS: Record<string, string[]> = {
  layer_norm1: ['ln_1'],
  layer_norm2: ['ln_2'],
  'self_attn.out_proj': ['attn.out_proj'],
  'mlp.fc1': ['mlp.c_fc', 'mlp.fc1'],
  'mlp.fc2': ['mlp.c_proj', 'mlp.fc2'],
};

function openAi(name: string, text: '' | 'textual.'): Place[] {
  if (name === 'logit_scale') return [{ name }];
  if (name === 'visual_projection.weight')
    return ['visual.proj', 'visual.image_projection', 'image_projection'].map((stored) => ({
      name: stored,
      transposed: true,
    }));
  if (name === 'text_projection.weight')
    return [`${text}text_projection`, 'text_projection'].map((stored) => ({ name: stored, transposed: true }));
  const vision = /^vision_model\.(.*)$/.exec(name)?.[1];
  if (vision !== undefined) {
    const embedding = /^embeddings\.(.*)$/.exec(vision)?.[1];
    if (embedding !== undefined) return [{ name: `visual.${EMBEDDINGS[embedding]}` }];
    if (vision.startsWith('pre_layrnorm.')) return [{ name: `visual.${vision.replace('pre_layrnorm', 'ln_pre')}` }];
    if (vision.startsWith('post_layernorm.'))
      return [{ name: `visual.${vision.replace('post_layernorm', 'ln_post')}` }];
    return layer(vision, 'visual.');
  }
  const inText = name.replace(/^text_model\./, '');
  if (inText === 'embeddings.token_embedding.weight') return [{ name: `${text}token_embedding.weight` }];
  if (inText === 'embeddings.position_embedding.weight') return [{ name: `${text}positional_embedding` }];
  if (inText.startsWith('final_layer_norm.'))
    return [{ name: `${text}${inText.replace('final_layer_norm', 'ln_final')}` }];
  return layer(inText, text);
}

const PARTS: Partial<Record<string, Place['part']>> = {
  'self_attn.q_proj': 0,
  'self_attn.k_proj': 1,
  'self_attn.v_proj': 2,
};

/** A parameter of `encoder.layers.N`. */
function layer(name: string, prefix: string): Place[] {
  const [, index, module, kind] = /^encoder\.layers\.(\d+)\.(.*)\.(weight|bias)$/.exec(name)!;
  const block = `${prefix}transformer.resblocks.${index}`;
  const part = PARTS[module];
  if (part === undefined) return LAYERS[module].map((stored) => ({ name: `${block}.${stored}.${kind}` }));
  return [`attn.in_proj_${kind}`, `attn.Wqkv.${kind}`].map((stored) => ({ name: `${block}.${stored}`, part }));
}
