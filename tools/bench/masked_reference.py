"""EgoM2P's masked model in torch, for the benchmark: fused attention, one embedding look-up a modality, no logits of other modalities' targets."""

import torch
import torch.nn.functional as F
from torch import nn

VIDEO, SEQUENCE = {"vocabularySize": 64000, "shape": [5, 32, 32]}, {"vocabularySize": 256, "shape": [30]}
PAPER = {
    "modalities": {"tok_cam": SEQUENCE, "tok_depth": VIDEO, "tok_gaze": SEQUENCE, "tok_rgb": VIDEO},
    "dim": 768,
    "numHeads": 12,
    "encoderDepth": 12,
    "decoderDepth": 12,
}


def positions(shape, dim):
    if len(shape) == 1:
        angles = torch.arange(shape[0])[:, None] * 10000.0 ** (-torch.arange(dim // 2) / (dim // 2))
        return torch.cat([angles.sin(), angles.cos()], 1)
    third = dim // 3
    grids = torch.meshgrid(*map(torch.arange, shape), indexing="ij")
    angles = [grid.flatten()[:, None] * 10000.0 ** (-2 * torch.arange(third // 2) / third) for grid in grids]
    return torch.cat([torch.stack([a.sin(), a.cos()], -1).flatten(1) for a in angles], 1)


class Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight, None, 1e-6)


class Attention(nn.Module):
    """Self-attention, or with `cross` attention to a context."""

    def __init__(self, dim, heads, cross=False):
        super().__init__()
        self.heads = heads
        if cross:
            self.q, self.kv = nn.Linear(dim, dim, bias=False), nn.Linear(dim, 2 * dim, bias=False)
        else:
            self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim, bias=False)

    def forward(self, x, context=None, mask=None):
        q, k, v = self.qkv(x).chunk(3, -1) if context is None else (self.q(x), *self.kv(context).chunk(2, -1))
        q, k, v = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in (q, k, v))
        return self.proj(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2))


class GatedMlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        hidden = int(2 * 4 * dim / 3)
        self.fc1, self.fc3 = nn.Linear(dim, hidden, bias=False), nn.Linear(dim, hidden, bias=False)
        self.fc2 = nn.Linear(hidden, dim, bias=False)

    def forward(self, x):
        return self.fc2(F.silu(self.fc1(x)) * self.fc3(x))


class Block(nn.Module):
    def __init__(self, dim, heads, decoder):
        super().__init__()
        self.norm1, self.norm2, self.mlp = Norm(dim), Norm(dim), GatedMlp(dim)
        if decoder:
            self.self_attn, self.cross_attn = Attention(dim, heads), Attention(dim, heads, cross=True)
            self.query_norm, self.context_norm = Norm(dim), Norm(dim)
        else:
            self.attn = Attention(dim, heads)

    def forward(self, x, context=None, mask=None):
        if context is None:
            x = x + self.attn(self.norm1(x))
        else:
            x = x + self.self_attn(self.norm1(x), mask=mask)
            x = x + self.cross_attn(self.query_norm(x), self.context_norm(context))
        return x + self.mlp(self.norm2(x))


class MaskedModel(nn.Module):
    def __init__(self, config, inputs):
        super().__init__()
        config = PAPER | config
        self.modalities, dim, heads = config["modalities"], config["dim"], config["numHeads"]
        self.names = sorted(self.modalities)
        embeddings = {name: nn.ParameterDict({"mod_emb": nn.Parameter(torch.zeros(1, 1, dim))}) for name in self.names}
        for name in self.names:
            embeddings[name]["token_emb"] = nn.Embedding(self.modalities[name]["vocabularySize"], dim)
        self.encoder_embeddings = nn.ModuleDict(embeddings)
        self.decoder_embeddings = nn.ModuleDict(
            {name: nn.ModuleDict({"token_emb": nn.Embedding(self.modalities[name]["vocabularySize"], dim)}) for name in self.names}
        )
        self.mask_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.encoder = nn.ModuleList(Block(dim, heads, False) for _ in range(config["encoderDepth"]))
        self.decoder = nn.ModuleList(Block(dim, heads, True) for _ in range(config["decoderDepth"]))
        self.encoder_norm, self.decoder_norm = Norm(dim), Norm(dim)
        self.decoder_proj_context = nn.Linear(dim, dim)
        self.places = [positions(self.modalities[name]["shape"], dim) for name in self.names]
        self.parts = {part: [inputs[f"{part}.{key}"].long() for key in ("modality", "position", "token")] for part in ("inputs", "targets")}

    def place(self, part):
        modality, position, _ = self.parts[part]
        offsets = torch.tensor([0] + [len(table) for table in self.places]).cumsum(0)
        table = torch.cat([embedding["mod_emb"].view(1, -1) for embedding in self.encoder_embeddings.values()])
        return torch.cat(self.places)[offsets[modality] + position] + table[modality]

    def embed(self):
        modality, _, token = self.parts["inputs"]
        flat = modality.flatten()
        rows = [(flat == number).nonzero()[:, 0] for number in range(len(self.names))]
        values = [self.encoder_embeddings[name]["token_emb"](token.flatten()[at]) for name, at in zip(self.names, rows)]
        return torch.cat(values)[torch.cat(rows).argsort()].view(*modality.shape, -1)

    def forward(self):
        place = self.place("inputs")
        x = self.embed() + place
        for block in self.encoder:
            x = block(x)
        context = self.decoder_proj_context(self.encoder_norm(x)) + place
        modality, _, token = self.parts["targets"]
        within = (modality[:, :, None] == modality[:, None, :])[:, None]
        y = self.mask_token + self.place("targets")
        for block in self.decoder:
            y = block(y, context, within)
        y = self.decoder_norm(y)
        losses = []
        for number, name in enumerate(self.names):
            rows = modality == number
            logits = F.linear(y[rows], self.decoder_embeddings[name]["token_emb"].weight)
            losses.append(F.cross_entropy(logits.float(), token[rows]))
        return torch.stack(losses).mean()
