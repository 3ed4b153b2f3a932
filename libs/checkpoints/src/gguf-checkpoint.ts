import { UserError } from '@egolab/foundation';
import { named, type Checkpoint, type TensorInfo } from './checkpoint.ts';
import { GgufFile, type GgufValue } from './gguf.ts';

/**
 * A llama.cpp model file under the names and the row order of Hugging Face's Llama and Mistral checkpoints.
 *
 * llama.cpp's converter reorders the rows of the query and key weights for its interleaved rotary embedding
 * (`LlamaModel.permute` in convert_hf_to_gguf.py); reading puts them back for the half-split one.
 */
export class GgufCheckpoint implements Checkpoint {
  readonly source: string;
  private readonly file: GgufFile;
  /** Hugging Face's name -> llama.cpp's */
  private readonly originals: ReadonlyMap<string, string>;

  /** @throws UserError for a cut or damaged file and for architectures other than `llama` */
  constructor(path: string) {
    this.source = path;
    this.file = new GgufFile(path);
    const architecture = this.file.metadata.get('general.architecture');
    if (architecture !== 'llama') {
      this.file.close();
      throw new UserError({
        what: `expected a GGUF of the architecture "llama" (Llama, Mistral, SmolLM), got ${JSON.stringify(architecture) ?? 'none'}`,
        where: path,
        mend: 'take a model of the Llama family',
      });
    }
    this.originals = new Map([...this.file.tensors.keys()].map((name) => [huggingFaceName(name), name]));
  }

  /** The file's metadata with its own types. */
  get values(): ReadonlyMap<string, GgufValue> {
    return this.file.metadata;
  }

  get metadata(): Record<string, string> {
    const text = (value: GgufValue) =>
      typeof value === 'string' ? value : JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v));
    return Object.fromEntries([...this.file.metadata].map(([key, value]) => [key, text(value)]));
  }

  names(): string[] {
    return [...this.originals.keys()];
  }

  info(name: string): TensorInfo {
    const original = this.original(name);
    return { name, dtype: this.file.typeName(original), shape: this.file.tensors.get(original)!.shape };
  }

  read(name: string): Float32Array {
    const values = this.file.read(this.original(name));
    const projection = /\.self_attn\.([qk])_proj\.(weight|bias)$/.exec(name)?.[1];
    if (!projection) return values;
    return unpermuteRotaryRows(values, this.info(name).shape, this.headCount(projection === 'k'));
  }

  close(): void {
    this.file.close();
  }

  private original(name: string): string {
    return named(this.originals, name, this.source);
  }

  private headCount(keyValue: boolean): number {
    const heads = this.file.metadata.get('llama.attention.head_count');
    const count = keyValue ? (this.file.metadata.get('llama.attention.head_count_kv') ?? heads) : heads;
    if (typeof count !== 'number')
      throw new UserError({
        what: `expected llama.attention.head_count as a number, got ${String(count)}`,
        where: this.source,
      });
    return count;
  }
}

const MODULES: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/** `blk.3.attn_q.weight` -> `model.layers.3.self_attn.q_proj.weight`; names without a counterpart stay as they are. */
export function huggingFaceName(name: string): string {
  if (name === 'token_embd.weight') return 'model.embed_tokens.weight';
  if (name === 'output_norm.weight') return 'model.norm.weight';
  if (name === 'output.weight') return 'lm_head.weight';
  const [, layer, module, kind] = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(name) ?? [];
  return module in MODULES ? `model.layers.${layer}.${MODULES[module]}.${kind}` : name;
}

/** Interleaved rotary rows (pairs 2j, 2j+1 of a head) -> half-split ones (j, j + headDim/2). Shape [out, in] or [out]. */
export function unpermuteRotaryRows(values: Float32Array, shape: number[], heads: number): Float32Array {
  const rowLength = shape.length > 1 ? shape[1] : 1;
  const headDim = shape[0] / heads;
  const result = new Float32Array(values.length);
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < headDim; row++) {
      const from = (head * headDim + row) * rowLength;
      const to = head * headDim + (row >> 1) + (row & 1) * (headDim / 2);
      result.set(values.subarray(from, from + rowLength), to * rowLength);
    }
  }
  return result;
}
