"""Fixtures of libs/dual-encoder (video tower, text tower, InfoNCE, layouts) and libs/depth-decoder.

The towers' blocks are transformers' CLIP; what EgoDTM adds (cubes, temporal table, joint attention, the mask lifted, the
decoder) is stated anew in PyTorch from the paper's section 3 and the published facts. Writes

    libs/dual-encoder/src/fixtures/egodtm-tiny/{weights,openai,avion,expected}.safetensors
    libs/depth-decoder/src/fixtures/{paper,released}.safetensors

Run from the repository root with torch, transformers and safetensors installed.
"""

import os
import sys

sys.modules["torchvision"] = None

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from transformers import CLIPConfig, CLIPModel

torch.manual_seed(20260301)
TOWERS = "libs/dual-encoder/src/fixtures/egodtm-tiny"
DECODER = "libs/depth-decoder/src/fixtures"
FRAMES, SIDE, PATCH, WIDTH, CONTEXT = 4, 12, 4, 16, 10
GRID = SIDE // PATCH


def randomize(module):
    """Every parameter random, norms around one, so that a forgotten bias or scale shows."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            base = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            spread = 0.2 if parameter.ndim < 2 else 1.5 * parameter[0].numel() ** -0.5
            parameter.copy_(base + spread * torch.randn_like(parameter))


def save(path, tensors):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    save_file({name: tensor.detach().float().contiguous().clone() for name, tensor in tensors.items()}, path)
    os.chmod(path, 0o644)


# ---- towers ----


def clip(act, eps):
    config = CLIPConfig(
        text_config=dict(
            vocab_size=30, hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=CONTEXT, hidden_act=act, eos_token_id=29, bos_token_id=28, pad_token_id=0,
        ),
        vision_config=dict(
            hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=SIDE,
            patch_size=PATCH, hidden_act=act, layer_norm_eps=eps,
        ),
        projection_dim=8,
    )
    config._attn_implementation = "eager"
    return CLIPModel(config).eval()


def layers(encoder, x, mask=None):
    for layer in encoder.layers:
        x = layer(x, attention_mask=mask)
        x = x[0] if isinstance(x, tuple) else x
    return x


def video_tower(model, patch, temporal, depth, pixels):
    """pixels [batch, time, 3, height, width] -> class embedding and cubes, both after post_layernorm."""
    tower = model.vision_model
    batch = pixels.shape[0]
    cubes = F.conv3d(pixels.transpose(1, 2), patch, stride=(depth, PATCH, PATCH))  # [batch, width, time, grid, grid]
    cubes = cubes.permute(0, 2, 3, 4, 1).reshape(batch, -1, WIDTH)
    table = tower.embeddings.position_embedding.weight
    time = FRAMES // depth
    position = table[1:].repeat(time, 1) + temporal.repeat_interleave(GRID * GRID, 0)
    position = torch.cat([table[:1], position])
    tokens = torch.cat([tower.embeddings.class_embedding.expand(batch, 1, -1), cubes], 1) + position
    tokens = tower.post_layernorm(layers(tower.encoder, tower.pre_layrnorm(tokens)))
    return tokens[:, 0], tokens[:, 1:].reshape(batch, time, GRID, GRID, WIDTH)


def text_tower(model, ids, causal):
    tower = model.text_model
    x = tower.embeddings.token_embedding(ids) + tower.embeddings.position_embedding.weight[: ids.shape[1]]
    mask = torch.full((ids.shape[1],) * 2, float("-inf")).triu(1)[None, None] if causal else None
    x = tower.final_layer_norm(layers(tower.encoder, x, mask))
    return x[torch.arange(len(ids)), ids.argmax(1)]


base = clip("gelu", 1e-6)
randomize(base)
base.logit_scale.data.fill_(2.1)
temporal = nn.Parameter(0.3 * torch.randn(FRAMES, WIDTH))
cube_patch = nn.Parameter(0.3 * torch.randn(WIDTH, 3, 2, PATCH, PATCH))
state = {name: tensor for name, tensor in base.state_dict().items() if not name.endswith("position_ids")}
save(f"{TOWERS}/weights.safetensors", {**state, "vision_model.embeddings.temporal_embedding": temporal})

pixels = torch.randn(3, FRAMES, 3, SIDE, SIDE)
ids = torch.tensor([[28, 3, 17, 4, 29, 0, 0], [28, 22, 9, 29, 0, 0, 0], [28, 5, 6, 7, 8, 11, 29]])
ids = F.pad(ids, (0, CONTEXT - ids.shape[1]))
expected = {"pixels": pixels.permute(0, 1, 3, 4, 2), "input_ids": ids.int(), "cube_patch": cube_patch}
GRADIENTS = [
    "logit_scale",
    "visual_projection.weight",
    "text_projection.weight",
    "vision_model.embeddings.class_embedding",
    "vision_model.embeddings.patch_embedding.weight",
    "vision_model.embeddings.position_embedding.weight",
    "vision_model.encoder.layers.0.self_attn.k_proj.weight",
    "vision_model.post_layernorm.bias",
    "text_model.embeddings.token_embedding.weight",
    "text_model.encoder.layers.1.mlp.fc1.weight",
]
for variant, act, eps, causal in [("paper", "quick_gelu", 1e-5, True), ("released", "gelu", 1e-6, False)]:
    model = clip(act, eps)
    model.load_state_dict(base.state_dict())
    temporal.grad = None
    patch = model.vision_model.embeddings.patch_embedding.weight
    cls, patches = video_tower(model, patch[:, :, None], temporal, 1, pixels)
    videos = F.normalize(model.visual_projection(cls), dim=-1)
    texts = F.normalize(model.text_projection(text_tower(model, ids, causal)), dim=-1)
    logits = model.logit_scale.exp() * videos @ texts.T
    target = torch.arange(3)
    nce = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    (nce + patches.square().mean()).backward()
    expected |= {f"{variant}.class": cls, f"{variant}.patches": patches, f"{variant}.videos": videos, f"{variant}.texts": texts}
    expected[f"{variant}.nce"] = nce.reshape(1)
    for name in GRADIENTS:
        expected[f"{variant}.grad.{name}"] = model.get_parameter(name).grad
    expected[f"{variant}.grad.vision_model.embeddings.temporal_embedding"] = temporal.grad.clone()
    if variant == "paper":
        cls, patches = video_tower(model, cube_patch, temporal[:2], 2, pixels)
        expected |= {"cubes.class": cls, "cubes.patches": patches}

table = torch.randn(1, 5, 7, 7)
expected["grid.from"] = table[0].permute(1, 2, 0)
for side in (4, 11):
    to = F.interpolate(table, (side, side), mode="bicubic", align_corners=False)
    expected[f"grid.{side}"] = to[0].permute(1, 2, 0)
rows = torch.randn(1, 5, 4)
expected["rows.from"] = rows[0].T
expected["rows.7"] = F.interpolate(rows, 7, mode="linear", align_corners=False)[0].T
save(f"{TOWERS}/expected.safetensors", expected)


def tower_names(prefix, stored, join, first, second):
    """Blocks of one tower in OpenAI's names."""
    out = {}
    for layer in range(2):
        here, there = f"{prefix}.encoder.layers.{layer}", f"{stored}transformer.resblocks.{layer}"
        for kind in ("weight", "bias"):
            out[f"{there}.attn.{join}{kind}"] = torch.cat([state[f"{here}.self_attn.{each}_proj.{kind}"] for each in "qkv"])
            out[f"{there}.attn.out_proj.{kind}"] = state[f"{here}.self_attn.out_proj.{kind}"]
            out[f"{there}.ln_1.{kind}"] = state[f"{here}.layer_norm1.{kind}"]
            out[f"{there}.ln_2.{kind}"] = state[f"{here}.layer_norm2.{kind}"]
            out[f"{there}.mlp.{first}.{kind}"] = state[f"{here}.mlp.fc1.{kind}"]
            out[f"{there}.mlp.{second}.{kind}"] = state[f"{here}.mlp.fc2.{kind}"]
    return out


def visual(conv1, projection):
    vision = "vision_model."
    return {
        "visual.class_embedding": state[f"{vision}embeddings.class_embedding"],
        "visual.conv1.weight": conv1,
        "visual.positional_embedding": state[f"{vision}embeddings.position_embedding.weight"],
        projection: state["visual_projection.weight"].T,
        **{f"visual.ln_pre.{kind}": state[f"{vision}pre_layrnorm.{kind}"] for kind in ("weight", "bias")},
        **{f"visual.ln_post.{kind}": state[f"{vision}post_layernorm.{kind}"] for kind in ("weight", "bias")},
    }


def textual(prefix):
    text = "text_model."
    return {
        f"{prefix}token_embedding.weight": state[f"{text}embeddings.token_embedding.weight"],
        f"{prefix}positional_embedding": state[f"{text}embeddings.position_embedding.weight"],
        f"{prefix}text_projection": state["text_projection.weight"].T,
        **{f"{prefix}ln_final.{kind}": state[f"{text}final_layer_norm.{kind}"] for kind in ("weight", "bias")},
    }


conv1 = state["vision_model.embeddings.patch_embedding.weight"]
save(f"{TOWERS}/openai.safetensors", {
    **visual(conv1, "visual.proj"), **textual(""), "logit_scale": state["logit_scale"],
    **tower_names("vision_model", "visual.", "in_proj_", "c_fc", "c_proj"),
    **tower_names("text_model", "", "in_proj_", "c_fc", "c_proj"),
})  # fmt: skip
save(f"{TOWERS}/avion.safetensors", {f"module.{name}": tensor for name, tensor in {
    **visual(conv1.flatten(1), "visual.image_projection"), **textual("textual."), "logit_scale": state["logit_scale"],
    "visual.temporal_embedding": temporal,
    **tower_names("vision_model", "visual.", "Wqkv.", "fc1", "fc2"),
    **tower_names("text_model", "textual.", "in_proj_", "c_fc", "c_proj"),
}.items()})  # fmt: skip


# ---- 3D-aware decoder ----

HIDDEN, HEADS, INNER, LAYERS, QUERIES, INPUT = 16, 2, 24, 2, 4, 12


class ChannelNorm(nn.LayerNorm):
    """Over the channels of [image, channel, height, width]."""

    def __init__(self, channels):
        super().__init__(channels, eps=1e-6)

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class NormedConv(nn.Conv2d):
    def __init__(self, inputs, outputs, kernel):
        super().__init__(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.norm = ChannelNorm(outputs)

    def forward(self, x):
        return self.norm(super().forward(x))


def level(scale):
    modules, channels = [], HIDDEN
    while scale > 1:
        if modules:
            modules += [ChannelNorm(channels), nn.GELU()]
        modules.append(nn.ConvTranspose2d(channels, channels // 2, 2, stride=2))
        channels, scale = channels // 2, scale // 2
    return nn.Sequential(*modules, NormedConv(channels, HIDDEN, 1), NormedConv(HIDDEN, HIDDEN, 3))


class Attended(nn.Module):
    def __init__(self, name):
        super().__init__()
        setattr(self, name, nn.MultiheadAttention(HIDDEN, HEADS, batch_first=True))
        self.norm = nn.LayerNorm(HIDDEN)
        self.attention = name

    def forward(self, z, query, key, value):
        return self.norm(z + getattr(self, self.attention)(query, key, value)[0])


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1, self.linear2, self.norm = nn.Linear(HIDDEN, INNER), nn.Linear(INNER, HIDDEN), nn.LayerNorm(HIDDEN)

    def forward(self, z):
        return self.norm(z + self.linear2(F.relu(self.linear1(z))))


class MaskEmbed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(HIDDEN, HIDDEN) for _ in range(3))

    def forward(self, z):
        return self.layers[2](F.relu(self.layers[1](F.relu(self.layers[0](z)))))


class Queries(nn.Module):
    def __init__(self):
        super().__init__()
        self.query_feat, self.query_embed = nn.Embedding(QUERIES, HIDDEN), nn.Embedding(QUERIES, HIDDEN)
        self.transformer_cross_attention_layers = nn.ModuleList(Attended("multihead_attn") for _ in range(LAYERS))
        self.transformer_self_attention_layers = nn.ModuleList(Attended("self_attn") for _ in range(LAYERS))
        self.transformer_ffn_layers = nn.ModuleList(FeedForward() for _ in range(LAYERS))
        self.decoder_norm, self.class_embed, self.mask_embed = nn.LayerNorm(HIDDEN), nn.Linear(HIDDEN, 1), MaskEmbed()


class DepthDecoder(nn.Module):
    def __init__(self, scales, key_scales, position_in_values):
        super().__init__()
        self.scales, self.key_scales, self.position_in_values = scales, key_scales, position_in_values
        self.input_proj = nn.Linear(INPUT, HIDDEN)
        self.fpn = nn.ModuleDict({f"simfp_{4 - scale.bit_length() + 1}": level(scale) for scale in scales})
        self.mask_features = nn.Conv2d(HIDDEN, HIDDEN, 1)
        self.decoder = Queries()

    def forward(self, patches):
        batch, time = patches.shape[:2]
        x = self.input_proj(patches).flatten(0, 1).permute(0, 3, 1, 2)
        maps = {scale: self.fpn[f"simfp_{4 - scale.bit_length() + 1}"](x) for scale in self.scales}

        def per_clip(each):  # [batch * time, channel, height, width] -> [batch, time, pixel, channel]
            return each.flatten(2).transpose(1, 2).reshape(batch, time, -1, HIDDEN)

        memory = torch.cat([per_clip(maps[scale]).flatten(1, 2) for scale in self.key_scales], 1)
        d = self.decoder
        position = d.query_embed.weight.expand(batch, -1, -1)
        z = d.query_feat.weight.expand(batch, -1, -1)
        for i in range(LAYERS):
            z = d.transformer_cross_attention_layers[i](z, z + position, memory, memory)
            value = z + position if self.position_in_values else z
            z = d.transformer_self_attention_layers[i](z, z + position, z + position, value)
            z = d.transformer_ffn_layers[i](z)
        z = d.decoder_norm(z)
        widths = F.relu(d.class_embed(z).squeeze(2)) + 0.1
        widths = widths / widths.sum(1, keepdim=True)
        edges = torch.cat([torch.zeros(batch, 1), widths.cumsum(1)], 1)
        centres = (edges[:, 1:] + edges[:, :-1]) / 2
        largest = self.mask_features(maps[max(self.scales)])
        side = largest.shape[-1]
        logits = torch.einsum("bqc,btpc->bqtp", d.mask_embed(z), per_clip(largest))
        depth = (logits.softmax(1) * centres[:, :, None, None]).sum(1)
        return depth.reshape(batch, time, side, side), centres


for name, arguments in {
    "paper": ((1, 2, 4), (1, 2), False),
    "released": ((1, 4), (1,), True),
}.items():
    model = DepthDecoder(*arguments)
    randomize(model)
    patches = torch.randn(2, 3, 2, 2, INPUT, requires_grad=True)
    target = torch.rand(2, 3, 8, 8)
    depth, centres = model(patches)
    loss = (depth - target).square().mean((1, 2, 3)).sqrt().mean()
    loss.backward()
    save(f"{DECODER}/{name}.safetensors", {
        **{f"weights.{key}": tensor for key, tensor in model.state_dict().items()},
        **{f"grad.{key}": parameter.grad for key, parameter in model.named_parameters()},
        "patches": patches, "patches_grad": patches.grad, "target": target, "depth": depth, "centres": centres,
        "loss": loss.reshape(1),
    })  # fmt: skip
print("done")
