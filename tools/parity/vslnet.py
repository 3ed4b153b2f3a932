"""Fixture of libs/vslnet: VSLNet (Zhang et al. 2020) restated in PyTorch from the paper's equations, with the module names of
Ego4D's release, random weights, padding, gradients of the whole loss, and numpy statements of what stands around the model.

Writes libs/vslnet/src/fixtures/{vslnet.safetensors,windows.json}. Run from the repository root.
"""

import json
import os

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

OUT = "libs/vslnet/src/fixtures"
DIM, HEADS, POSITIONS, VIDEO, QUERY, LAYERS, KERNEL = 8, 2, 12, 5, 6, 2, 7
torch.manual_seed(20260503)
rng = np.random.default_rng(20260503)


def hidden(logits, mask):
    return logits.masked_fill(mask == 0, -1e30)


class Wrapped(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1d = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x):
        return self.conv1d(x.mT).mT


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.pos_embedding = nn.Module()
        self.pos_embedding.position_embeddings = nn.Embedding(POSITIONS, DIM)
        self.conv_block = nn.Module()
        depthwise = lambda: nn.Conv1d(DIM, DIM, KERNEL, groups=DIM, padding=KERNEL // 2, bias=False)
        layers = [nn.Sequential(depthwise(), nn.Conv1d(DIM, DIM, 1), nn.ReLU()) for _ in range(LAYERS)]
        self.conv_block.depthwise_separable_conv = nn.ModuleList(layers)
        self.conv_block.layer_norms = nn.ModuleList([nn.LayerNorm(DIM, eps=1e-6) for _ in range(LAYERS)])
        self.attention_block = block = nn.Module()
        block.query, block.key, block.value, block.out_layer = (Wrapped(DIM, DIM) for _ in range(4))
        block.layer_norm1, block.layer_norm2 = (nn.LayerNorm(DIM, eps=1e-6) for _ in range(2))

    def forward(self, x, mask):
        x = x + self.pos_embedding.position_embeddings.weight[: x.shape[1]]
        for convolution, norm in zip(self.conv_block.depthwise_separable_conv, self.conv_block.layer_norms):
            x = x + convolution(norm(x).mT).mT
        block = self.attention_block
        y = block.layer_norm1(x)
        heads = lambda z: z.unflatten(2, (HEADS, -1)).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(
            heads(block.query(y)), heads(block.key(y)), heads(block.value(y)), attn_mask=mask[:, None, None].bool()
        )
        x = x + mixed.transpose(1, 2).flatten(2)
        return x + block.out_layer(block.layer_norm2(x))


class VSLNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.video_affine = nn.Module()
        self.video_affine.linear = Wrapped(VIDEO, DIM)
        self.query_affine = nn.Linear(QUERY, DIM)
        self.feature_encoder = Encoder()
        self.cq_attention = nn.Module()
        self.cq_attention.w4C, self.cq_attention.w4Q = (nn.Parameter(torch.empty(DIM, 1)) for _ in range(2))
        self.cq_attention.w4mlu = nn.Parameter(torch.empty(1, 1, DIM))
        self.cq_attention.cqa_linear = Wrapped(4 * DIM, DIM)
        self.cq_concat = nn.Module()
        self.cq_concat.weighted_pool = nn.Module()
        self.cq_concat.weighted_pool.weight = nn.Parameter(torch.empty(DIM, 1))
        self.cq_concat.conv1d = Wrapped(2 * DIM, DIM)
        self.highlight_layer = nn.Module()
        self.highlight_layer.conv1d = Wrapped(DIM, 1)
        self.predictor = nn.Module()
        self.predictor.encoder = Encoder()
        self.predictor.start_layer_norm, self.predictor.end_layer_norm = (nn.LayerNorm(DIM, eps=1e-6) for _ in range(2))
        blocks = (nn.Sequential(Wrapped(2 * DIM, DIM), nn.ReLU(), Wrapped(DIM, 1)) for _ in range(2))
        self.predictor.start_block, self.predictor.end_block = blocks

    def forward(self, video, video_mask, query, query_mask):
        query = self.feature_encoder(self.query_affine(query), query_mask)
        video = self.feature_encoder(self.video_affine.linear(video), video_mask)
        attention = self.cq_attention
        # equation 1's trilinear function of every pair: w · [frame; word; frame * word]
        scores = (
            torch.einsum("btd,d->bt", video, attention.w4C[:, 0])[:, :, None]
            + torch.einsum("bwd,d->bw", query, attention.w4Q[:, 0])[:, None]
            + torch.einsum("btd,bwd,d->btw", video, query, attention.w4mlu[0, 0])
        )
        rows = hidden(scores, query_mask[:, None]).softmax(2)
        columns = hidden(scores, video_mask[:, :, None]).softmax(1)
        video_to_query = rows @ query
        query_to_video = rows @ columns.mT @ video
        features = attention.cqa_linear(torch.cat([video, video_to_query, video * video_to_query, video * query_to_video], 2))
        weights = hidden(query @ self.cq_concat.weighted_pool.weight, query_mask[:, :, None]).softmax(1)
        sentence = (weights * query).sum(1, keepdim=True).expand_as(features)
        features = self.cq_concat.conv1d(torch.cat([features, sentence], 2))
        highlight = self.highlight_layer.conv1d(features)[..., 0]
        lit = features * hidden(highlight, video_mask).sigmoid()[..., None]
        predictor = self.predictor
        start = predictor.encoder(lit, video_mask)
        end = predictor.encoder(start, video_mask)
        start = predictor.start_block(torch.cat([predictor.start_layer_norm(start), lit], 2))[..., 0]
        end = predictor.end_block(torch.cat([predictor.end_layer_norm(end), lit], 2))[..., 0]
        return highlight, hidden(start, video_mask), hidden(end, video_mask)


model = VSLNet()
with torch.no_grad():
    for parameter in model.parameters():
        parameter.copy_(torch.randn_like(parameter) * 0.4)
video_lengths, query_lengths = torch.tensor([10, 7, 10]), torch.tensor([3, 4, 2])
video, query = torch.randn(3, 10, VIDEO), torch.randn(3, 4, QUERY)
mask = lambda lengths, longest: (torch.arange(longest) < lengths[:, None]).float()
video_mask, query_mask = mask(video_lengths, 10), mask(query_lengths, 4)
highlight, start, end = model(video, video_mask, query, query_mask)

targets = [(2, 5), (0, 6), (4, 4)]
labels = torch.zeros(3, 10)
for row, (first, last), length in zip(labels, targets, video_lengths.tolist()):
    more = round(0.3 * (last - first + 1))
    row[max(0, first - more) : min(last + more, length - 1) + 1] = 1
scores = hidden(highlight, video_mask).sigmoid()
each = F.binary_cross_entropy(scores, labels, reduction="none") * torch.where(labels == 0, 1.0, 2.0)
highlight_loss = (each * video_mask).sum() / video_mask.sum()
starts, ends = (torch.tensor([target[i] for target in targets]) for i in (0, 1))
span_loss = F.cross_entropy(start, starts) + F.cross_entropy(end, ends)
loss = span_loss + 5 * highlight_loss
loss.backward()

tensors = {
    "video": video, "query": query, "highlight": highlight, "start": start, "end": end, "labels": labels,
    "highlight_loss": highlight_loss[None], "span_loss": span_loss[None], "loss": loss[None],
    **{f"parameters.{name}": value for name, value in model.named_parameters()},
    **{f"grad.{name}": value.grad for name, value in model.named_parameters()},
}  # fmt: skip
os.makedirs(OUT, exist_ok=True)
save_file({name: value.detach().clone().contiguous() for name, value in tensors.items()}, f"{OUT}/vslnet.safetensors")
os.chmod(f"{OUT}/vslnet.safetensors", 0o644)


# -- around the model --------------------------------------------------------------------------------------------------------


def best_cells(start, end, count):
    p = np.triu(np.outer(np.exp(start) / np.exp(start).sum(), np.exp(end) / np.exp(end).sum()))
    order = np.argsort(-p, axis=None, kind="stable")[:count]
    return [[int(i) // len(start), int(i) % len(start)] for i in order]


def nearest_cell(window, length, duration):
    starts, ends = np.arange(length) / length * duration, np.arange(1, length + 1) / length * duration
    overlap = np.maximum(0, np.minimum(ends[None], window[1]) - np.maximum(starts[:, None], window[0]))
    hull = np.maximum(ends[None], window[1]) - np.minimum(starts[:, None], window[0])
    index = int(np.argmax(overlap / np.maximum(hull, 1e-12)))
    return [index // length, index % length]


def averaged(features, length):
    borders = np.minimum(np.round(np.arange(length + 1) / length * len(features)).astype(int), len(features) - 1)
    return [features[a : max(b, a + 1)].mean(0).tolist() for a, b in zip(borders[:-1], borders[1:])]


spans, windows, features = [], [], []
for length in (3, 9, 20):
    a, b = rng.standard_normal((2, length)).astype(np.float32)
    spans.append({"start": a.tolist(), "end": b.tolist(), "cells": best_cells(a.astype(np.float64), b.astype(np.float64), 5)})
for _ in range(20):
    length, duration = int(rng.integers(2, 40)), float(rng.uniform(5, 400))
    window = sorted(rng.uniform(0, duration, 2).tolist())
    windows.append({"window": window, "length": length, "duration": duration, "cell": nearest_cell(window, length, duration)})
for rows, length in ((7, 4), (9, 6), (13, 12), (30, 8)):
    x = rng.standard_normal((rows, 2)).astype(np.float32)
    features.append({"features": x.tolist(), "length": length, "averaged": averaged(x.astype(np.float64), length)})
with open(f"{OUT}/windows.json", "w") as file:
    json.dump({"spans": spans, "windows": windows, "features": features}, file)
