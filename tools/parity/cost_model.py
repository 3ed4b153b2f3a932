"""Parameters and FLOPs of known models, counted by PyTorch, for pipelines/src/cost/known-models.spec.ts.

FLOPs: torch.utils.flop_counter.FlopCounterMode (matrix products and convolutions, 2 a multiply-add) over the models of transformers, on the
meta device, so that none of them needs memory. Forward and backward: of the sum of the outputs, for every parameter.

    python tools/parity/cost_model.py

Versions: torch 2.13.0, transformers 5.x.
"""

import json
import sys
from pathlib import Path

sys.modules["torchvision"] = None

import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPVisionConfig, CLIPVisionModel, MistralConfig, MistralForCausalLM

FIXTURE = Path(__file__).parents[2] / "pipelines/src/cost/fixtures/known-models.json"


def flops(run):
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def vit_b16():
    batch = 2
    with torch.device("meta"):
        model = CLIPVisionModel(
            CLIPVisionConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, image_size=224,
                             patch_size=16, attn_implementation="eager")
        )
        pixels = torch.empty(batch, 3, 224, 224)
    return {
        "batch": batch,
        "parameters": count(model),
        "forward": flops(lambda: model(pixels)),
        "forwardBackward": flops(lambda: model(pixels).last_hidden_state.sum().backward()),
    }


def mistral_7b():
    length = 64
    with torch.device("meta"):
        model = MistralForCausalLM(
            MistralConfig(vocab_size=32000, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32,
                          num_key_value_heads=8, sliding_window=None, attn_implementation="eager")
        )
        ids = torch.zeros(1, length, dtype=torch.long)
    return {"length": length, "parameters": count(model), "forward": flops(lambda: model(ids))}


def main():
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    FIXTURE.write_text(json.dumps({"vitB16": vit_b16(), "mistral7b": mistral_7b()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
