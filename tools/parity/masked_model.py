"""Fixture of libs/masked-model: EgoM2P's encoder-decoder (the 4M block, with modality and sine-cosine position embeddings, a decoder whose
self-attention stays within a modality) stated in torch, its losses and gradients, and token sampling.

Writes libs/masked-model/src/fixtures/{model,sampling}.safetensors. Run from the repository root with torch, numpy and safetensors.
"""

import os

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

OUT = "libs/masked-model/src/fixtures"
torch.manual_seed(20261121)

DIM, HEADS, DEPTH = 24, 2, 2
MODALITIES = {"tok_cam": (11, (5,)), "tok_depth": (37, (2, 3, 4)), "tok_gaze": (13, (5,)), "tok_rgb": (41, (2, 3, 4))}
NAMES = sorted(MODALITIES)


def sincos_1d(length, dim):
    angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(dim // 2) / (dim // 2))
    return np.concatenate([np.sin(angles), np.cos(angles)], 1)


def sincos_3d(shape, dim):
    third = dim // 3

    def axis(positions):
        angles = positions.reshape(-1)[:, None] * 10000.0 ** (-2 * np.arange(third // 2) / third)
        return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(-1, third)

    return np.concatenate([axis(grid) for grid in np.meshgrid(*map(np.arange, shape), indexing="ij")], 1)


class Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight, None, 1e-6)


def attend(q, k, v, allowed):
    """q, k, v [batch, token, dim]; allowed bool [batch, query, key]; nothing allowed gives zero."""
    split = lambda x: x.unflatten(-1, (HEADS, -1)).transpose(1, 2)
    scores = split(q) @ split(k).transpose(-1, -2) * (DIM // HEADS) ** -0.5
    weights = scores.masked_fill(~allowed[:, None], -torch.inf).softmax(-1).nan_to_num(0)
    return (weights @ split(v)).transpose(1, 2).flatten(2)


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(DIM, 3 * DIM, bias=False)
        self.proj = nn.Linear(DIM, DIM, bias=False)

    def forward(self, x, allowed):
        return self.proj(attend(*self.qkv(x).chunk(3, -1), allowed))


class CrossAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(DIM, DIM, bias=False)
        self.kv = nn.Linear(DIM, 2 * DIM, bias=False)
        self.proj = nn.Linear(DIM, DIM, bias=False)

    def forward(self, x, context, allowed):
        return self.proj(attend(self.q(x), *self.kv(context).chunk(2, -1), allowed))


class GatedMlp(nn.Module):
    def __init__(self):
        super().__init__()
        hidden = int(2 * 4 * DIM / 3)
        self.fc1 = nn.Linear(DIM, hidden, bias=False)
        self.fc2 = nn.Linear(hidden, DIM, bias=False)
        self.fc3 = nn.Linear(DIM, hidden, bias=False)

    def forward(self, x):
        return self.fc2(F.silu(self.fc1(x)) * self.fc3(x))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = Norm(DIM), Norm(DIM)
        self.attn, self.mlp = SelfAttention(), GatedMlp()

    def forward(self, x, allowed):
        x = x + self.attn(self.norm1(x), allowed)
        return x + self.mlp(self.norm2(x))


class DecoderBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.query_norm, self.context_norm, self.norm2 = (Norm(DIM) for _ in range(4))
        self.self_attn, self.cross_attn, self.mlp = SelfAttention(), CrossAttention(), GatedMlp()

    def forward(self, x, context, within, across):
        x = x + self.self_attn(self.norm1(x), within)
        x = x + self.cross_attn(self.query_norm(x), self.context_norm(context), across)
        return x + self.mlp(self.norm2(x))


class Embedding(nn.Module):
    def __init__(self, vocabulary, shape, with_modality):
        super().__init__()
        self.token_emb = nn.Embedding(vocabulary, DIM)
        table = sincos_1d(shape[0], DIM) if len(shape) == 1 else sincos_3d(shape, DIM)
        self.register_buffer("pos_emb", torch.tensor(table, dtype=torch.float32))
        if with_modality:
            self.mod_emb = nn.Parameter(torch.randn(1, 1, DIM))


class MaskedModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder_embeddings = nn.ModuleDict({name: Embedding(*MODALITIES[name], True) for name in NAMES})
        self.decoder_embeddings = nn.ModuleDict({name: Embedding(*MODALITIES[name], False) for name in NAMES})
        self.mask_token = nn.Parameter(torch.randn(1, 1, DIM))
        self.encoder = nn.ModuleList(Block() for _ in range(DEPTH))
        self.encoder_norm = Norm(DIM)
        self.decoder_proj_context = nn.Linear(DIM, DIM)
        self.decoder = nn.ModuleList(DecoderBlock() for _ in range(DEPTH))
        self.decoder_norm = Norm(DIM)

    def place(self, modality, position):
        rows = []
        for m, p in zip(modality.flatten().tolist(), position.flatten().tolist()):
            embedding = self.encoder_embeddings[NAMES[m]] if m >= 0 else None
            rows.append(torch.zeros(DIM) if embedding is None else embedding.pos_emb[p] + embedding.mod_emb[0, 0])
        return torch.stack(rows).view(*modality.shape, DIM)

    def tokens(self, modality, token):
        rows = [
            torch.zeros(DIM) if m < 0 else self.encoder_embeddings[NAMES[m]].token_emb.weight[t]
            for m, t in zip(modality.flatten().tolist(), token.flatten().tolist())
        ]
        return torch.stack(rows).view(*modality.shape, DIM)

    def forward(self, inputs, targets):
        modality, position, token = inputs
        visible = modality >= 0
        place = self.place(modality, position)
        x = self.tokens(modality, token) + place
        for block in self.encoder:
            x = block(x, visible[:, None, :].expand(-1, x.shape[1], -1))
        context = self.decoder_proj_context(self.encoder_norm(x)) + place
        modality, position, _ = targets
        within = modality[:, :, None] == modality[:, None, :]
        y = self.mask_token + self.place(modality, position)
        for block in self.decoder:
            y = block(y, context, within, visible[:, None, :].expand(-1, y.shape[1], -1))
        return context, self.decoder_norm(y)

    def losses(self, decoded, targets):
        modality, _, token = targets
        found = {}
        for number, name in enumerate(NAMES):
            rows = modality == number
            if rows.any():
                logits = decoded[rows] @ self.decoder_embeddings[name].token_emb.weight.T
                found[name] = (F.cross_entropy(logits, token[rows]), logits)
        return found


def packed(lists, length):
    """Lists of (modality, position, token), padded."""
    rows = [list(row) + [(-1, 0, 0)] * (length - len(row)) for row in lists]
    return tuple(torch.tensor([[each[i] for each in row] for row in rows]) for i in range(3))


def draw(counts):
    tokens = []
    for number, count in enumerate(counts):
        vocabulary, shape = MODALITIES[NAMES[number]]
        for position in np.random.default_rng(number).permutation(int(np.prod(shape)))[:count]:
            tokens.append((number, int(position), int(torch.randint(vocabulary, ()))))
    return tokens


def save(name, tensors):
    save_file({key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}, f"{OUT}/{name}.safetensors")
    os.chmod(f"{OUT}/{name}.safetensors", 0o644)


os.makedirs(OUT, exist_ok=True)
model = MaskedModel()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        scale = 0.3 if "emb" in name or name.endswith(("norm.weight", "norm1.weight", "norm2.weight", ".bias")) else parameter.shape[-1] ** -0.5
        parameter.copy_((1.0 if "norm" in name else 0.0) + torch.randn_like(parameter) * scale)

# a clip with all modalities, one without gaze (nor gaze targets), one without any input; no clip has a depth target
inputs = packed([draw((3, 4, 2, 6)), draw((5, 7, 0, 1)), []], 15)
targets = packed([draw((2, 0, 3, 5)), draw((0, 0, 0, 4)), draw((1, 0, 0, 3))], 10)
context, decoded = model(inputs, targets)
losses = model.losses(decoded, targets)
total = sum(loss for loss, _ in losses.values()) / len(losses)
total.backward()

tensors = {f"parameters.{name}": parameter for name, parameter in model.named_parameters()}
for part, values in (("inputs", inputs), ("targets", targets)):
    for key, value in zip(("modality", "position", "token"), values):
        tensors[f"{part}.{key}"] = value.float()
tensors |= {"context": context, "decoded": decoded, "loss": total}
for name, (loss, logits) in losses.items():
    tensors |= {f"loss.{name}": loss, f"logits.{name}": logits}
tensors |= {f"grad.{name}": torch.zeros_like(p) if p.grad is None else p.grad for name, p in model.named_parameters()}
tensors |= {f"positions.{name}": model.encoder_embeddings[name].pos_emb for name in NAMES}
save("model", tensors)


def kept(logits, k, p):
    """Probabilities after top-k and top-p on raw logits, at temperature 0.7 (0 where filtered)."""
    logits = logits.clone()
    if k:
        logits[logits < logits.topk(k).values[:, -1:]] = -torch.inf
    if p:
        ordered, order = logits.sort(descending=True)
        removed = ordered.softmax(-1).cumsum(-1) > p
        removed = torch.cat([torch.zeros_like(removed[:, :1]), removed[:, :-1]], 1)
        logits[removed.gather(1, order.argsort(1))] = -torch.inf
    return (logits / 0.7).softmax(-1)


logits = torch.randn(6, 700) * torch.tensor([0.1, 0.5, 1.0, 2.0, 4.0, 8.0])[:, None]
save("sampling", {"logits": logits} | {f"kept.{k}.{p}": kept(logits, k, p) for k, p in ((0, 0), (0, 0.8), (20, 0), (20, 0.6))})
