"""Fixture of libs/dual-encoder: a tiny CLIPModel of transformers with random weights, its outputs and a few gradients.

Writes libs/dual-encoder/src/fixtures/clip-tiny/: config.json and model.safetensors as save_pretrained writes them, and
expected.safetensors. Run from the repository root with torch, transformers and safetensors installed.
"""

import os

import torch
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

OUT = "libs/dual-encoder/src/fixtures/clip-tiny"
torch.manual_seed(20260101)

config = CLIPConfig(
    text_config=dict(
        vocab_size=60, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=12, hidden_act="quick_gelu", eos_token_id=59, bos_token_id=58, pad_token_id=59,
    ),
    vision_config=dict(
        hidden_size=24, intermediate_size=48, num_hidden_layers=3, num_attention_heads=3, image_size=16, patch_size=4,
        hidden_act="quick_gelu",
    ),
    projection_dim=12,
)
config._attn_implementation = "eager"
model = CLIPModel(config).eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if name == "logit_scale":
            parameter.fill_(2.1)
            continue
        # every parameter random, norms around one, so that a forgotten bias or scale shows
        base = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        spread = 0.2 if parameter.ndim < 2 else 1.5 * parameter[0].numel() ** -0.5
        parameter.copy_(base + spread * torch.randn_like(parameter))

# uint8 frames, channels last as egolab keeps them
frames = torch.randint(0, 256, (2, 16, 16, 3), dtype=torch.uint8)
processor = CLIPImageProcessor(do_resize=False, do_center_crop=False)
pixels = processor(images=[frame.numpy() for frame in frames], return_tensors="pt", input_data_format="channels_last")["pixel_values"]
# two texts: full length, and one padded with the end-of-text token after its end (CLIP masks causally only)
input_ids = torch.tensor([[58, 3, 17, 40, 5, 59], [58, 22, 9, 59, 59, 59]])

vision = model.vision_model(pixels, output_hidden_states=True)
text = model.text_model(input_ids)
both = model(input_ids=input_ids, pixel_values=pixels)

expected = {
    "frames": frames.to(torch.int32),
    "pixels": pixels.permute(0, 2, 3, 1),
    "input_ids": input_ids.to(torch.int32),
    "vision.penultimate_patches": vision.hidden_states[-2][:, 1:],
    "vision.last_hidden_state": vision.last_hidden_state,
    "vision.pooled": vision.pooler_output,
    "text.last_hidden_state": text.last_hidden_state,
    "text.pooled": text.pooler_output,
    "image_embeds": both.image_embeds,
    "text_embeds": both.text_embeds,
    "logits_per_image": both.logits_per_image,
}

# gradients: of the mean squared penultimate patches, and of the symmetric contrastive loss
model.zero_grad()
vision.hidden_states[-2][:, 1:].square().mean().backward(retain_graph=True)
for name in [
    "vision_model.embeddings.class_embedding",
    "vision_model.embeddings.patch_embedding.weight",
    "vision_model.embeddings.position_embedding.weight",
    "vision_model.encoder.layers.0.self_attn.k_proj.weight",
    "vision_model.encoder.layers.1.mlp.fc1.bias",
    "vision_model.pre_layrnorm.weight",
]:
    expected[f"penultimate.grad.{name}"] = model.get_parameter(name).grad.clone()
assert model.get_parameter("vision_model.encoder.layers.2.mlp.fc1.bias").grad is None

model.zero_grad()
target = torch.arange(2)
loss = (torch.nn.functional.cross_entropy(both.logits_per_image, target) + torch.nn.functional.cross_entropy(both.logits_per_text, target)) / 2
loss.backward()
expected["contrastive"] = loss.reshape(1)
for name in [
    "logit_scale",
    "visual_projection.weight",
    "text_projection.weight",
    "text_model.embeddings.token_embedding.weight",
    "text_model.encoder.layers.0.self_attn.q_proj.weight",
    "text_model.final_layer_norm.bias",
    "vision_model.post_layernorm.weight",
    "vision_model.encoder.layers.2.mlp.fc2.weight",
]:
    expected[f"contrastive.grad.{name}"] = model.get_parameter(name).grad.clone()

os.makedirs(OUT, exist_ok=True)
model.save_pretrained(OUT)
save_file({name: tensor.detach().contiguous() for name, tensor in expected.items()}, f"{OUT}/expected.safetensors")
for name in os.listdir(OUT):
    os.chmod(f"{OUT}/{name}", 0o644)
print({name: tuple(tensor.shape) for name, tensor in expected.items()})
