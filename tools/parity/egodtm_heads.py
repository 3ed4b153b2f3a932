"""Fixtures of the heads of EgoDTM's evaluations in libs/depth-decoder: depth probe (section 4.1) and late fusion (section 4.4).

Stated anew in PyTorch: linear layer, transposed convolution, probe3d's uniform bins and its scale-invariant logarithmic loss;
MLP of depth maps beside a video feature before one classifier. Writes

    libs/depth-decoder/src/fixtures/{probe,late-fusion}.safetensors

Run from the repository root with torch and safetensors installed.
"""

import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(20260402)
FOLDER = "libs/depth-decoder/src/fixtures"


def save(name, tensors):
    path = f"{FOLDER}/{name}.safetensors"
    save_file({key: tensor.detach().float().contiguous().clone() for key, tensor in tensors.items()}, path)
    os.chmod(path, 0o644)


def with_gradients(module, loss):
    loss.backward()
    weights = {f"weights.{key}": value for key, value in module.named_parameters()}
    return weights | {f"grad.{key}": value.grad for key, value in module.named_parameters()}


BATCH, TIME, GRID, WIDTH, HIDDEN, SCALE, BINS, NEAR, FAR = 2, 3, 4, 10, 6, 2, 16, 0.2, 5.0


class Probe(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(WIDTH, HIDDEN)
        self.upsample = nn.ConvTranspose2d(HIDDEN, BINS, SCALE, stride=SCALE)

    def forward(self, patches):
        x = self.linear(patches.flatten(0, 1)).permute(0, 3, 1, 2)
        weights = self.upsample(x).relu() + 0.1
        share = weights / weights.sum(1, keepdim=True)
        return (share * torch.linspace(NEAR, FAR, BINS)[None, :, None, None]).sum(1)


probe = Probe()
nn.init.normal_(probe.upsample.weight, std=0.7)
patches = torch.randn(BATCH, TIME, GRID, GRID, WIDTH)
depth = probe(patches)
target = torch.empty_like(depth).uniform_(0.3, 4)
target[torch.rand_like(target) < 0.2] = 0


def sig_loss(predicted, true):
    valid = true > 0
    g = predicted[valid].log() - true[valid].log()
    return 10 * (g.var() + 0.15 * g.mean() ** 2).sqrt()


losses = torch.stack([sig_loss(*pair) for pair in zip(depth, target)])
tensors = {"patches": patches, "depth": depth.unflatten(0, (BATCH, TIME)), "target": target, "losses": losses}
save("probe", tensors | with_gradients(probe, losses.mean()))


class LateFusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.depth_mlp = nn.Sequential(nn.Linear(24, 9), nn.ReLU(), nn.Linear(9, 5))
        self.classifier = nn.Linear(WIDTH + 5, 7)

    def forward(self, video, maps):
        return self.classifier(torch.cat([video, self.depth_mlp(maps)], 1))


fusion = LateFusion()
video, maps, labels = torch.randn(6, WIDTH), torch.rand(6, 24), torch.arange(6)
logits = fusion(video, maps)
loss = F.cross_entropy(logits, labels)
tensors = {"video": video, "maps": maps, "logits": logits, "loss": loss.reshape(1)}
save("late-fusion", tensors | with_gradients(fusion, loss))
