"""Fixture of `egolab embed`: a whole CLIP folder in Hugging Face format (random weights), inputs and their embeddings.

Writes libs/dual-encoder/src/fixtures/clip-folder/: config.json, model.safetensors, tokenizer files and
preprocessor_config.json as save_pretrained writes them, images.npy, texts.txt, image_embeds.npy and text_embeds.npy.
Images go through transformers' PIL image processor. Run from the repository root with torch, transformers, pillow and numpy.
"""

import json
import os
import sys
import tempfile

sys.modules["torchvision"] = None

import numpy
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer

OUT = "libs/dual-encoder/src/fixtures/clip-folder"
torch.manual_seed(20260302)

# byte-level vocabulary of CLIP: each byte, each byte at a word's end, merges, and the two special tokens
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
stand_ins = [chr(byte) if byte in printable else chr(256 + sum(b not in printable for b in range(byte))) for byte in range(256)]
merges = [("t", "h"), ("th", "e</w>"), ("c", "u"), ("p", "i"), ("cu", "p</w>"), ("k", "n"), ("kn", "i"), ("i", "n")]
tokens = [*stand_ins, *(f"{each}</w>" for each in stand_ins), *("".join(pair) for pair in merges), "<|startoftext|>", "<|endoftext|>"]
with tempfile.TemporaryDirectory() as folder:
    json.dump({token: i for i, token in enumerate(tokens)}, open(f"{folder}/vocab.json", "w"))
    open(f"{folder}/merges.txt", "w").write("#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in merges))
    tokenizer = CLIPTokenizer.from_pretrained(folder)

config = CLIPConfig(
    text_config=dict(
        vocab_size=len(tokens), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=12, eos_token_id=len(tokens) - 1, bos_token_id=len(tokens) - 2, pad_token_id=len(tokens) - 1,
    ),
    vision_config=dict(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8,
    ),
    projection_dim=10,
)  # fmt: skip
model = CLIPModel(config).eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if name != "logit_scale":
            base = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            spread = 0.2 if parameter.ndim < 2 else 1.5 * parameter[0].numel() ** -0.5
            parameter.copy_(base + spread * torch.randn_like(parameter))
processor = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})

# smooth and sharp content, so that the filter shows
images = torch.rand(3, 3, 10, 14)
images = torch.nn.functional.interpolate(images, (40, 56), mode="bilinear").permute(0, 2, 3, 1) * 255
images[:, ::7] = 255 - images[:, ::7]
images = images.round().to(torch.uint8).numpy()
texts = [
    "#C C picks the CUP from the table",
    "the knife",
    "C turns the tap on with the left hand, washes the knife and puts it in the drawer",
    "naïve café",
]
pixels = processor(images=[Image.fromarray(image) for image in images], return_tensors="pt")["pixel_values"]
ids = tokenizer(texts, truncation=True, max_length=12, padding=True, return_tensors="pt")["input_ids"]
assert (ids == len(tokens) - 1).any(1).all()
with torch.no_grad():
    both = model(input_ids=ids, pixel_values=pixels)

os.makedirs(OUT, exist_ok=True)
model.save_pretrained(OUT)
tokenizer.save_pretrained(OUT)
processor.save_pretrained(OUT)
numpy.save(f"{OUT}/images.npy", images)
numpy.save(f"{OUT}/image_embeds.npy", both.image_embeds.numpy())
numpy.save(f"{OUT}/text_embeds.npy", both.text_embeds.numpy())
open(f"{OUT}/texts.txt", "w").write("".join(f"{text}\n" for text in texts))
for name in os.listdir(OUT):
    os.chmod(f"{OUT}/{name}", 0o644)
print(os.listdir(OUT), pixels.shape, ids.tolist())
