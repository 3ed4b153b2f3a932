"""A small GGUF file that holds every supported quantisation beside the values that gguf-py reads from it.

    python tools/parity/gguf_checkpoint.py        (PyPI: gguf, numpy)

Writes libs/checkpoints/src/fixtures/quantizations.gguf.
"""

from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

OUT = Path(__file__).parents[2] / "libs/checkpoints/src/fixtures/quantizations.gguf"
SHAPE = (2, 256)
HEADS, KEY_VALUE_HEADS, HEAD_DIM, HIDDEN = 4, 2, 8, 16
rng = np.random.default_rng(0)


def random_blocks(kind: Type) -> np.ndarray:
    """Random bits as block bytes, the half-precision scales kept finite."""
    block_size, block_bytes = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (SHAPE[0] * SHAPE[1] // block_size, block_bytes), dtype=np.uint8)
    halves = {Type.F16: [0], Type.Q6_K: [208], Type.Q4_0: [0], Type.Q5_0: [0], Type.Q8_0: [0]}.get(kind, [0, 2])
    if kind != Type.BF16:
        for at in halves:
            scales = rng.normal(0, 0.1, len(blocks)).astype(np.float16)
            scales[0] = np.float16(3e-7)  # a subnormal
            blocks[:, at : at + 2] = scales.view(np.uint8).reshape(-1, 2)
    else:
        blocks = (rng.normal(0, 1, len(blocks)).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8).reshape(-1, 2)
    return blocks.reshape(SHAPE[0], -1)


def permute(weight: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's order of query and key rows (LlamaModel.permute of convert_hf_to_gguf.py)."""
    return weight.reshape(heads, 2, -1, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


writer = gguf.GGUFWriter(OUT, "llama")
writer.add_head_count(HEADS)
writer.add_head_count_kv(KEY_VALUE_HEADS)
writer.add_float32("test.float", 0.5)
writer.add_int64("test.negative", -3)
writer.add_array("test.texts", ["a", "ß", ""])
writer.add_bool("test.flag", True)
for kind in (Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0, Type.Q4_K, Type.Q5_K, Type.Q6_K):
    blocks = random_blocks(kind)
    writer.add_tensor(kind.name, blocks, raw_dtype=kind)
    writer.add_tensor(f"{kind.name}.expected", gguf.dequantize(blocks, kind).reshape(SHAPE).astype(np.float32))
for name, heads in (("q", HEADS), ("k", KEY_VALUE_HEADS)):
    weight = rng.normal(0, 1, (heads * HEAD_DIM, HIDDEN)).astype(np.float32)
    writer.add_tensor(f"blk.0.attn_{name}.weight", permute(weight, heads))
    writer.add_tensor(f"{name}.expected", weight)
writer.add_tensor("unreadable", rng.integers(0, 256, (2, 18), dtype=np.uint8), raw_dtype=Type.IQ4_NL)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
