"""Fixtures of libs/sentence-encoder from transformers' BertModel.

Writes libs/sentence-encoder/src/fixtures/: bert-tiny/ (config.json, model.safetensors, expected.safetensors of a random
model, with a padded row and gradients) and minilm.json + minilm.safetensors (50 sentences and their embeddings by
all-MiniLM-L6-v2: mean over tokens, unit length, at most 256 tokens, as sentence-transformers computes them).
Run from the repository root with torch, transformers and safetensors installed, and .egolab/models/all-MiniLM-L6-v2 there.
"""

import json
import os
import sys

sys.modules["torchvision"] = None

import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertConfig, BertModel

OUT = "libs/sentence-encoder/src/fixtures"
MODEL = ".egolab/models/all-MiniLM-L6-v2"
torch.manual_seed(20260102)


def pooled(hidden, mask):
    weights = mask.unsqueeze(-1).float()
    mean = (hidden * weights).sum(1) / weights.sum(1)
    return torch.nn.functional.normalize(mean, dim=-1)


def tiny():
    config = BertConfig(
        vocab_size=50, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
        max_position_embeddings=16, type_vocab_size=2,
    )
    config._attn_implementation = "eager"
    model = BertModel(config, add_pooling_layer=False).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # every parameter random, norms around one, so that a forgotten bias or scale shows
            base = 1.0 if name.endswith("LayerNorm.weight") else 0.0
            spread = 0.2 if parameter.ndim < 2 else 1.5 * parameter[0].numel() ** -0.5
            parameter.copy_(base + spread * torch.randn_like(parameter))
    ids = torch.tensor([[2, 7, 31, 44, 9, 3], [2, 18, 3, 0, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
    hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    embeddings = pooled(hidden, mask)
    expected = {
        "ids": ids.to(torch.int32),
        "mask": mask.to(torch.int32),
        "last_hidden_state.0": hidden[0],
        "last_hidden_state.1": hidden[1, :3],
        "embeddings": embeddings,
    }
    target = torch.randn_like(embeddings)
    expected["target"] = target
    (embeddings * target).sum().backward()
    for name in [
        "embeddings.word_embeddings.weight",
        "embeddings.position_embeddings.weight",
        "embeddings.LayerNorm.weight",
        "encoder.layer.0.attention.self.key.weight",
        "encoder.layer.0.attention.output.LayerNorm.bias",
        "encoder.layer.1.intermediate.dense.bias",
        "encoder.layer.1.output.dense.weight",
    ]:
        expected[f"grad.{name}"] = model.get_parameter(name).grad.clone()
    folder = f"{OUT}/bert-tiny"
    os.makedirs(folder, exist_ok=True)
    model.save_pretrained(folder)
    save_file({n: t.detach().contiguous() for n, t in expected.items()}, f"{folder}/expected.safetensors")


SENTENCES = [
    "C picks a bag of clothes from the floor", "#C C opens the drawer with her left hand",
    "in the drawer", "on the table", "On the table.", "right of the stove", "left of the sink",
    "seven", "7", "three oven trays", "gave it to Person B", "yes", "no",
    "What did I put in the trolley from the cupboard?", "Where did I put the chopsticks?",
    "put cereal box into cupboard", "take cereal bag", "put cereal bag into cereal box", "open cupboard",
    "turn left and move forward", "turn right and move forward", "move forward", "stop",
    "cut mozzarella into salad bowl", "cut mozzarella bag", "grab mozzarella", "take mozzarella", "put down mozzarella",
    "lying on the floor", "Sitting on a table", "lying on a sofa/couch", "Holding some clothes",
    "open microwave", "close microwave", "point to microwave", "pour from something into something",
    "sponges and sisal ropes both functioned as alternative communication tools for construction workers on site.",
    "C is cleaning the dishes, then she rinses every plate, dries it with a towel and puts it back on the shelf above the sink.",
    "The man X walks towards C", "C steps her left foot forward", "C starts playing the violin",
    "Putting something similar to other things that are already on the table", "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e",
    "\u5305\u4e01\u5207\u8089", "it's 12:30 \u2014 the pot's boiling!", "supercalifragilisticexpialidocious",
    "tongue and groove plier with orange handle", "a", "  two   spaces ", "bread " * 300,
]


def minilm():
    assert len(SENTENCES) == 50
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    model = BertModel.from_pretrained(MODEL, add_pooling_layer=False).eval()
    encoded = tokenizer(SENTENCES, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        embeddings = pooled(model(**encoded).last_hidden_state, encoded["attention_mask"])
    with open(f"{OUT}/minilm.json", "w") as file:
        json.dump(SENTENCES, file, indent=1)
        file.write("\n")
    save_file({"embeddings": embeddings.contiguous()}, f"{OUT}/minilm.safetensors")


tiny()
minilm()
for root, _, names in os.walk(OUT):
    for name in names:
        os.chmod(f"{root}/{name}", 0o644)
