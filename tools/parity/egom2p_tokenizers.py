"""Fixtures of libs/sequence-tokenizer and libs/video-tokenizer: EgoM2P's tokenizers stated in PyTorch, with tiny random weights.

Sequences: a Transformer VQ-VAE with a cosine codebook (EgoM2P section 3.2), its losses, its gradients, and three steps of the
codebook's moving averages with the random choice of replacements given.
Video: the Cosmos DV 4x8x8 tokenizer (3D Haar wavelets, causal factorised convolutions, FSQ), forward and gradients; the parameter
names of the released model for its published configuration, without weights.

    python tools/parity/egom2p_tokenizers.py        (from the repository root; torch 2.13, safetensors)

Writes libs/sequence-tokenizer/src/fixtures/{camera,gaze,codebook}.safetensors and
libs/video-tokenizer/src/fixtures/{tokenizer.safetensors,parameters.json}.
"""

import json
import math
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(20261121)


def save(path, tensors):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}, path)
    os.chmod(path, 0o644)


def scalar(value):
    return torch.as_tensor(value, dtype=torch.float32).reshape(1)


def spread(model):
    """Random weights of about unit gain, so that no path of the model is idle."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim >= 2:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
            elif "norm" in name and name.endswith("weight"):
                parameter.normal_(1, 0.2)
            else:
                parameter.normal_(0, 0.2)


# --- sequences --------------------------------------------------------------------------------------------------------------


def positions(tokens, dim):
    angles = torch.arange(tokens)[:, None] / 10000.0 ** (torch.arange(dim // 2) / (dim // 2))
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Mlp(nn.Module):
    def __init__(self, dim, activation):
        super().__init__()
        self.fc1, self.fc2, self.activation = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim), activation

    def forward(self, x):
        return self.fc2(self.activation(self.fc1(x)))


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.qkv, self.proj, self.heads = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim), heads

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.attn, self.mlp = Attention(dim, heads), Mlp(dim, F.gelu)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, dim, depth, heads):
        super().__init__()
        self.blocks = nn.Sequential(*(Block(dim, heads) for _ in range(depth)))
        self.norm_mlp, self.post_mlp = nn.LayerNorm(dim, eps=1e-6), Mlp(dim, torch.tanh)

    def run(self, x):
        x = self.blocks(x + positions(x.shape[1], x.shape[2]))
        return x + self.post_mlp(self.norm_mlp(x))


class SequenceTokenizer(nn.Module):
    def __init__(self, channels, dim, depth, heads, codes, width):
        super().__init__()
        self.encoder = Transformer(dim, depth, heads)
        self.encoder.conv = nn.Conv1d(channels, dim, 2, stride=2)
        self.quant_proj = nn.Conv1d(dim, width, 1)
        self.post_quant_proj = nn.Conv1d(width, dim, 1)
        self.decoder = Transformer(dim, depth, heads)
        self.decoder.out_proj = nn.Linear(dim, 2 * channels)
        self.codebook = F.normalize(torch.randn(codes, width), dim=-1) * (0.8 + 0.4 * torch.rand(codes, 1))

    def encode(self, x):
        return self.quant_proj(self.encoder.run(self.encoder.conv(x.mT).mT).mT).mT

    def decode(self, q):
        patches = self.decoder.out_proj(self.decoder.run(self.post_quant_proj(q.mT).mT))
        return patches.unflatten(-1, (-1, 2)).permute(0, 1, 3, 2).flatten(1, 2)

    def nearest(self, z):
        return (F.normalize(z, dim=-1) @ F.normalize(self.codebook, dim=-1).T).argmax(-1)


def sequence_fixture(modality, channels):
    model = SequenceTokenizer(channels, dim=16, depth=2, heads=2, codes=12, width=4)
    spread(model)
    x = torch.randn(3, 12, channels)
    tensors = {f"parameters.{name}": parameter for name, parameter in model.named_parameters()}
    tensors |= {"parameters.quantize._codebook.embed": model.codebook, "parameters.quantize._codebook.cluster_size": torch.zeros(12)}
    mask = torch.ones(3, 12, 1)
    if modality == "gaze":
        mask[0, 3:6] = 0
        mask[1, 11] = 0
    z = model.encode(x * mask)
    tokens = model.nearest(z)
    codes = model.codebook[tokens]
    reconstruction = model.decode(z + (codes - z).detach())
    if modality == "gaze":
        error = ((reconstruction - x) ** 2 * mask).sum() / mask.sum()
        tensors["error.per-coordinate"] = scalar(error / 2)
    else:
        error = F.mse_loss(reconstruction, x)
    commitment = F.mse_loss(codes, z)
    (error + 0.7 * commitment).backward()
    tensors |= {"x": torch.cat([x, mask], -1) if modality == "gaze" else x, "z": z, "tokens": tokens.int(), "reconstruction": reconstruction}
    tensors |= {"error": scalar(error.item()), "commitment": scalar(commitment.item())}
    tensors |= {f"grad.{name}": parameter.grad for name, parameter in model.named_parameters()}
    save(f"libs/sequence-tokenizer/src/fixtures/{modality}.safetensors", tensors)


def codebook_fixture(codes=8, width=4, clips=5, tokens=6, decay=0.99, steps=3):
    """The codebook's update, every random choice (which token replaces which code) given."""
    embed = F.normalize(torch.randn(codes, width), dim=-1)
    size = torch.tensor([0.0, 0.05, 0.115, 0.13, 0.3, 0.4, 3, 6])  # some above the threshold, 0.117
    tensors = {"embed.0": embed, "cluster_size.0": size}
    threshold = clips * tokens / (32 * codes)
    for step in range(1, steps + 1):
        # two clusters of latents, so that some codes stay without any
        z = 0.6 * torch.randn(clips, tokens, width) + torch.tensor([2.0, 0, 0, 0]) * torch.randint(0, 2, (clips, tokens, 1))
        flat = F.normalize(z.flatten(0, 1), dim=-1)
        unit = F.normalize(embed, dim=-1)
        index = (flat @ unit.T).argmax(-1)
        assigned = F.one_hot(index, codes).float()
        hits = assigned.sum(0)
        size = decay * size + (1 - decay) * hits
        direction = F.normalize(assigned.T @ flat, dim=-1)
        embed = decay * embed + (1 - decay) * torch.where(hits[:, None] > 0, direction, unit)
        choice = torch.randperm(clips * tokens)[:codes]
        dead = size < threshold
        embed = torch.where(dead[:, None], flat[choice], embed)
        tensors |= {f"z.{step}": z, f"tokens.{step}": index.reshape(clips, tokens).int(), f"choice.{step}": choice.int(),
                    f"embed.{step}": embed, f"cluster_size.{step}": size, f"dead.{step}": dead.int()}
        print(f"codebook step {step}: {int(dead.sum())} of {codes} codes replaced, {int((hits == 0).sum())} without a latent")
    save("libs/sequence-tokenizer/src/fixtures/codebook.safetensors", tensors)


sequence_fixture("camera", 9)
sequence_fixture("gaze", 2)
codebook_fixture()


# --- video ------------------------------------------------------------------------------------------------------------------


def haar(x):
    """One level on [batch, channel, time, height, width]: low (a + b) / sqrt 2, high (a - b) / sqrt 2 on each axis, over 2 sqrt 2."""
    bands = [x]
    for axis in (2, 3, 4):
        split = lambda t: t.unflatten(axis, (-1, 2)).unbind(axis + 1)
        bands = [band for t in bands for a, b in [split(t)] for band in ((a + b) / math.sqrt(2), (a - b) / math.sqrt(2))]
    return torch.cat(bands, 1) / (2 * math.sqrt(2))


def inverse_haar(y):
    bands = [t * 2 * math.sqrt(2) for t in y.chunk(8, 1)]
    for axis in (4, 3, 2):
        join = lambda low, high: torch.stack([(low + high) / math.sqrt(2), (low - high) / math.sqrt(2)], axis + 1).flatten(axis, axis + 1)
        bands = [join(low, high) for low, high in zip(bands[::2], bands[1::2])]
    return bands[0]


def patch(x):
    x = torch.cat([x[:, :, :1].repeat(1, 1, 3, 1, 1), x], 2)
    return haar(haar(x))


def unpatch(y):
    return inverse_haar(inverse_haar(y))[:, :, 3:]


class Conv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, pad=True):
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride=(1, stride, stride))
        self.time, self.space = kernel[0] - 1, kernel[1] // 2 if pad else 0

    def forward(self, x):
        x = torch.cat([x[:, :, :1]] * self.time + [x], 2)
        return self.conv3d(F.pad(x, (self.space,) * 4))


def factorised(inputs, outputs):
    return nn.Sequential(Conv(inputs, outputs, (1, 3, 3)), Conv(outputs, outputs, (3, 1, 1)))


class FrameNorm(nn.Module):
    """Group norm with one group over each frame by itself."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(1, channels, eps=1e-6)

    def forward(self, x):
        return torch.stack([self.norm(frame) for frame in x.unbind(2)], 2)


class ResBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1, self.conv1 = FrameNorm(inputs), factorised(inputs, outputs)
        self.norm2, self.conv2 = FrameNorm(outputs), factorised(outputs, outputs)
        if inputs != outputs:
            self.nin_shortcut = Conv(inputs, outputs, (1, 1, 1))

    def forward(self, x):
        y = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        return y + (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x)


class Attn(nn.Module):
    def __init__(self, channels, temporal):
        super().__init__()
        self.norm, self.temporal = FrameNorm(channels), temporal
        self.q, self.k, self.v, self.proj_out = (Conv(channels, channels, (1, 1, 1)) for _ in range(4))

    def forward(self, x):
        n = self.norm(x)
        b, c, t, h, w = x.shape
        # rows that see each other: the positions of a frame, or the times of a position
        rows = (lambda y: y.permute(0, 3, 4, 2, 1).reshape(b, h * w, t, c)) if self.temporal else (lambda y: y.permute(0, 2, 3, 4, 1).reshape(b, t, h * w, c))
        y = F.scaled_dot_product_attention(rows(self.q(n)), rows(self.k(n)), rows(self.v(n)), is_causal=self.temporal)
        y = y.reshape(b, h, w, t, c).permute(0, 4, 3, 1, 2) if self.temporal else y.reshape(b, t, h, w, c).permute(0, 4, 1, 2, 3)
        return x + self.proj_out(y)


def attentions(channels):
    return nn.Sequential(Attn(channels, False), Attn(channels, True))


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.conv3 = Conv(channels, channels, (1, 3, 3), stride=2, pad=False), Conv(channels, channels, (1, 1, 1))
        self.conv2 = Conv(channels, channels, (3, 1, 1))  # in the checkpoint, idle without a temporal step

    def forward(self, x):
        x = F.pad(x, (0, 1, 0, 1))
        return self.conv3(self.conv1(x) + F.avg_pool3d(x, (1, 2, 2), (1, 2, 2)))


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = Conv(channels, channels, (3, 1, 1))  # idle likewise
        self.conv2, self.conv3 = Conv(channels, channels, (1, 3, 3)), Conv(channels, channels, (1, 1, 1))

    def forward(self, x):
        x = x.repeat_interleave(2, 3).repeat_interleave(2, 4)
        return self.conv3(self.conv2(x) + x)


def levels(blocks, attns, **more):
    level = nn.Module()
    level.block, level.attn = nn.ModuleList(blocks), nn.ModuleList(attns)
    for name, module in more.items():
        setattr(level, name, module)
    return level


def middle(channels):
    mid = nn.Module()
    mid.block_1, mid.attn_1, mid.block_2 = ResBlock(channels, channels), attentions(channels), ResBlock(channels, channels)
    return mid


def run_level(level, x):
    for i, block in enumerate(level.block):
        x = block(x)
        if len(level.attn):
            x = level.attn[i](x)
    return x


def run_mid(mid, x):
    return mid.block_2(mid.attn_1(mid.block_1(x)))


class Encoder(nn.Module):
    def __init__(self, channels, mult, blocks, z, resolution, attn_resolutions, downs):
        super().__init__()
        widths, side = [channels, *(channels * m for m in mult)], resolution // 4
        self.conv_in, self.down, self.downs = factorised(192, channels), nn.ModuleList(), downs
        for i in range(len(mult)):
            inputs = [widths[i], *[widths[i + 1]] * (blocks - 1)]
            attns = [attentions(widths[i + 1]) for _ in inputs] if side in attn_resolutions else []
            more = {"downsample": Downsample(widths[i + 1])} if i < len(mult) - 1 else {}
            self.down.append(levels([ResBlock(n, widths[i + 1]) for n in inputs], attns, **more))
            side //= 2 if more else 1
        self.mid, self.norm_out, self.conv_out = middle(widths[-1]), FrameNorm(widths[-1]), factorised(widths[-1], z)

    def forward(self, x):
        x = self.conv_in(patch(x))
        for i, level in enumerate(self.down):
            x = run_level(level, x)
            if i < self.downs:
                x = level.downsample(x)
        return self.conv_out(F.silu(self.norm_out(run_mid(self.mid, x))))


class Decoder(nn.Module):
    def __init__(self, channels, mult, blocks, z, resolution, attn_resolutions, ups):
        super().__init__()
        widths, last = [channels * m for m in mult], len(mult) - 1
        side, width = resolution // 4 // 2**last, widths[-1]
        self.conv_in, self.mid, self.ups, up = factorised(z, width), middle(width), ups, []
        for i in reversed(range(len(mult))):
            inputs = [width, *[widths[i]] * blocks]
            width = widths[i]
            attns = [attentions(width) for _ in inputs] if side in attn_resolutions else []
            more = {"upsample": Upsample(width)} if i else {}
            up.insert(0, levels([ResBlock(n, width) for n in inputs], attns, **more))
            side *= 2 if more else 1
        self.up, self.norm_out, self.conv_out = nn.ModuleList(up), FrameNorm(width), factorised(width, 192)

    def forward(self, z):
        x = run_mid(self.mid, self.conv_in(z))
        for i in reversed(range(len(self.up))):
            x = run_level(self.up[i], x)
            if len(self.up) - 1 - i < self.ups and i:
                x = self.up[i].upsample(x)
        return unpatch(self.conv_out(F.silu(self.norm_out(x))))


LEVELS = torch.tensor([8.0, 8, 8, 5, 5, 5])


def fsq(z):
    """Finite scalar quantisation of [batch, 6, ...]: codes in [-1, 1], straight-through, and indices."""
    z = z.movedim(1, -1)
    half = (LEVELS - 1) * (1 + 1e-3) / 2
    offset = torch.where(LEVELS % 2 == 0, 0.5, 0.0)
    bounded = torch.tanh(z + torch.atanh(offset / half)) * half - offset
    rounded = bounded + (bounded.round() - bounded).detach()
    width = LEVELS // 2
    basis = torch.cumprod(torch.cat([torch.ones(1), LEVELS[:-1]]), 0)
    return (rounded / width).movedim(-1, 1), ((rounded.detach() + width) * basis).sum(-1).int(), bounded


class VideoTokenizer(nn.Module):
    def __init__(self, channels, mult, blocks, z, resolution, attn_resolutions, spatial_compression):
        super().__init__()
        steps = int(math.log2(spatial_compression)) - 2
        sizes = (channels, mult, blocks, z, resolution, attn_resolutions, steps)
        self.encoder, self.decoder = Encoder(*sizes), Decoder(*sizes)
        self.quant_conv, self.post_quant_conv = Conv(z, 6, (1, 1, 1)), Conv(6, z, (1, 1, 1))

    def forward(self, x):
        latents = self.quant_conv(self.encoder(x))
        codes, indices, bounded = fsq(latents)
        return latents, codes, indices, self.decoder(self.post_quant_conv(codes)), bounded


def last(x):
    """[batch, channel, time, height, width] -> channels last."""
    return x.permute(0, 2, 3, 4, 1)


def written_out(model):
    """Weights that a formula gives, so that the fixture needn't hold them: uniform by a hash of parameter and element."""
    with torch.no_grad():
        for number, (name, parameter) in enumerate(model.named_parameters()):
            element = torch.arange(1, parameter.numel() + 1, dtype=torch.float64)
            hashed = torch.sin(element * 12.9898 + number * 78.233) * 43758.5453
            uniform = (2 * (hashed - hashed.floor()) - 1).reshape(parameter.shape)
            if parameter.ndim >= 2:
                uniform = uniform * (3 / parameter[0].numel()) ** 0.5
            else:
                uniform = 0.2 * uniform + (1 if "norm.weight" in name else 0)
            parameter.copy_(uniform)


tiny = dict(channels=4, mult=[1, 2, 2], blocks=1, z=5, resolution=32, attn_resolutions=[4], spatial_compression=8)
video = VideoTokenizer(**tiny)
written_out(video)
while True:
    clip = torch.rand(2, 3, 9, 16, 24) * 2 - 1
    latents, codes, indices, reconstruction, bounded = video(clip)
    # a latent at the edge of two levels would round either way: take a clip without such
    if (bounded - bounded.floor() - 0.5).abs().min() > 1e-4:
        break
loss = F.l1_loss(reconstruction, clip)
loss.backward()
idle = {name for name, parameter in video.named_parameters() if parameter.grad is None}
tensors = {f"grad.{name}": parameter.grad for name, parameter in video.named_parameters() if name not in idle and parameter.numel() < 7000}
tensors |= {"clip": last(clip), "patches": last(patch(clip[:1])), "latents": last(latents), "codes": last(codes), "indices": indices,
            "reconstruction": last(reconstruction), "loss": scalar(loss.item())}
save("libs/video-tokenizer/src/fixtures/tokenizer.safetensors", tensors)
print(f"video: loss {loss.item():.6f}, {len(set(indices.flatten().tolist()))} of {indices.numel()} indices differ, idle: {sorted(idle)}")

released = VideoTokenizer(channels=128, mult=[2, 4, 4], blocks=2, z=16, resolution=1024, attn_resolutions=[32], spatial_compression=8)
shapes = lambda model: {name: list(parameter.shape) for name, parameter in model.named_parameters()}
lines = lambda entries: "{\n" + ",\n".join(f'"{name}": {json.dumps(shape)}' for name, shape in entries.items()) + "\n}"
with open("libs/video-tokenizer/src/fixtures/parameters.json", "w") as file:
    file.write(f'{{"tiny": {lines(shapes(video))},\n"released": {lines(shapes(released))}}}\n')
print(f"released size: {sum(p.numel() for p in released.parameters()) / 1e6:.1f} M in {len(list(released.parameters()))} tensors")
