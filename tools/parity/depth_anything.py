"""Fixture of libs/depth-anything: a tiny DepthAnythingForDepthEstimation of transformers with random weights, its inputs and depth.

Writes libs/depth-anything/src/fixtures/tiny/: config.json, model.safetensors and preprocessor_config.json, and
expected.safetensors. Run from the repository root with torch, transformers and safetensors installed.
"""

import json
import os
import sys

sys.modules["torchvision"] = None  # the depth model needs none

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

OUT = "libs/depth-anything/src/fixtures/tiny"
torch.manual_seed(20260102)

config = DepthAnythingConfig(
    backbone_config=Dinov2Config(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=3, mlp_ratio=2, image_size=56, patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"], reshape_hidden_states=False, apply_layernorm=True,
    ),
    reassemble_hidden_size=24, patch_size=14, neck_hidden_sizes=[6, 8, 12, 16], fusion_hidden_size=10, head_hidden_size=6,
)
model = DepthAnythingForDepthEstimation(config).eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        # every parameter random, norms and layer scales around one, so that a forgotten one shows
        base = 1.0 if name.endswith("lambda1") or ("norm" in name and name.endswith("weight")) else 0.0
        spread = 0.2 if parameter.ndim < 2 else 1.2 * parameter[0].numel() ** -0.5
        parameter.copy_(base + spread * torch.randn_like(parameter))
    model.head.conv3.bias.fill_(1.0)  # above the ReLU for most pixels

expected = {}
mean, std = numpy.array([0.485, 0.456, 0.406]), numpy.array([0.229, 0.224, 0.225])
frames = torch.randint(0, 256, (2, 42, 60, 3), dtype=torch.uint8)
smooth = torch.nn.functional.avg_pool2d(frames.permute(0, 3, 1, 2).float(), 5, 1, 2).to(torch.uint8).permute(0, 2, 3, 1)
# the grid that the table was learned on, and one of another shape
for name, size in {"square": (56, 56), "wide": (42, 70)}.items():
    resized = numpy.stack([numpy.asarray(Image.fromarray(frame.numpy()).resize(size[::-1], Image.BICUBIC)) for frame in smooth])
    pixels = torch.tensor((resized / 255 - mean) / std, dtype=torch.float32).permute(0, 3, 1, 2)
    with torch.no_grad():
        depth = model(pixels).predicted_depth
        features = model.backbone(pixels).feature_maps
    expected[f"{name}.pixels"] = pixels.permute(0, 2, 3, 1)
    expected[f"{name}.depth"] = depth
    expected[f"{name}.features.0"] = features[0]
    expected[f"{name}.features.3"] = features[3]
    print(name, "depth", float(depth.min()), float(depth.max()), "zeros", float((depth == 0).float().mean()))
expected["frames"] = smooth.to(torch.int32)

os.makedirs(OUT, exist_ok=True)
model.save_pretrained(OUT)
processor = dict(
    image_processor_type="DPTImageProcessor", do_resize=True, size=dict(height=56, width=56), keep_aspect_ratio=True,
    ensure_multiple_of=14, resample=3, do_rescale=True, rescale_factor=1 / 255, do_normalize=True,
    image_mean=mean.tolist(), image_std=std.tolist(),
)
with open(f"{OUT}/preprocessor_config.json", "w") as file:
    json.dump(processor, file, indent=1)
save_file({name: tensor.detach().contiguous() for name, tensor in expected.items()}, f"{OUT}/expected.safetensors")
for name in os.listdir(OUT):
    os.chmod(f"{OUT}/{name}", 0o644)
from safetensors import safe_open
with safe_open(f"{OUT}/model.safetensors", "pt") as file:
    print("\n".join(key for key in file.keys() if "layer.0" in key or "layers.0" in key or "layer." not in key))
