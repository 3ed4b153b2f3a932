"""A small Mistral with random weights, its LoRA adapter, and SmolLM2's greedy continuations, for libs/language-model.

    python tools/parity/language_model.py        (PyPI: torch, transformers, peft, gguf, safetensors)

Needs the SmolLM2 file that setup puts below .egolab/models. Writes libs/language-model/src/fixtures/.
"""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, MistralConfig, MistralForCausalLM

ROOT = Path(__file__).parents[2]
OUT = ROOT / "libs/language-model/src/fixtures"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
WINDOW = 5
PROMPTS = [
    {"prompt": "The capital of France is", "chat": False},
    {"prompt": "def fibonacci(n):\n", "chat": False},
    {"prompt": "1, 2, 3, 4,", "chat": False},
    {"prompt": "What is a mug?", "chat": True},
    {"prompt": "Name three colours.", "chat": True},
]
NEW_TOKENS = 10


def tiny_mistral() -> MistralForCausalLM:
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=8, sliding_window=None, rope_theta=1e4, rms_norm_eps=1e-5, max_position_embeddings=64, initializer_range=0.2,
        attn_implementation="eager",
    )  # fmt: skip
    model = MistralForCausalLM(config).eval()
    for name, parameter in model.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(parameter, 1, 0.1)
    return model


def logits_with(model, ids: torch.Tensor, window: int | None = None, mask: torch.Tensor | None = None) -> torch.Tensor:
    model.config.sliding_window = window
    with torch.no_grad():
        logits = model(ids, attention_mask=mask).logits
    model.config.sliding_window = None
    return logits


def gradients(model, ids: torch.Tensor) -> dict[str, torch.Tensor]:
    """Of the mean cross-entropy of every next token."""
    model.zero_grad()
    model(ids, labels=ids).loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.requires_grad}


def mistral(model) -> torch.Tensor:
    ids = torch.randint(0, 64, (2, 12))
    right = torch.tensor([[1] * 12, [1] * 7 + [0] * 5])
    left = right.flip(1)
    folder = OUT / "mistral"
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file(
        {
            "ids": ids.int(),
            "full": logits_with(model, ids),
            "window": logits_with(model, ids, WINDOW),
            "right": logits_with(model, ids, mask=right),
            "left": logits_with(model, ids, mask=left),
            "right_window": logits_with(model, ids, WINDOW, right),
            **{f"grad.{name}": value for name, value in gradients(model, ids).items()},
        },
        OUT / "mistral-expected.safetensors",
    )
    return ids


def lora(model, ids: torch.Tensor) -> None:
    targets = r"model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj"
    adapted = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=targets, task_type="CAUSAL_LM"))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, 0, 0.1)
    adapted.save_pretrained(OUT / "lora")
    (OUT / "lora/README.md").unlink(missing_ok=True)
    strip = lambda name: name.removeprefix("base_model.model.").replace(".default", "")  # noqa: E731
    expected = {"logits": logits_with(adapted, ids), **{f"grad.{strip(name)}": value for name, value in gradients(adapted, ids).items()}}
    merged = adapted.merge_and_unload()
    expected |= {f"merged.{name}": value.detach() for name, value in merged.named_parameters() if name.startswith("model.layers.1.") and "proj" in name}
    save_file(expected, OUT / "lora-expected.safetensors")


def smollm2() -> None:
    folder = ROOT / ".egolab/models"
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=GGUF)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=GGUF, dtype=torch.float32).eval()
    records = []
    for prompt in PROMPTS:
        text = prompt["prompt"]
        if prompt["chat"]:
            text = tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True)
        ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        with torch.no_grad():
            scores = model(ids).logits[0, -1]
            output = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=NEW_TOKENS, pad_token_id=2)
        new = output[0, ids.shape[1] :].tolist()
        records.append({**prompt, "promptTokens": ids.shape[1], "tokens": new, "continuation": tokenizer.decode(new), "firstScores": [round(x, 5) for x in scores[:8].tolist()]})
    (OUT / "smollm2.json").write_text("[\n" + ",\n".join(json.dumps(record, ensure_ascii=False) for record in records) + "\n]\n")


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    smollm2()
    model = tiny_mistral()
    lora(model, mistral(model))
