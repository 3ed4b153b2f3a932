"""Fixture of libs/video-llm: the spatial-temporal convolution connector of VideoLLaMA2, built from timm's RegStage and
torch layers with random weights, and the two-layer MLP connector.

Writes libs/video-llm/src/fixtures/{stc,mlp}.safetensors. Run from the repository root with torch and timm installed.
"""

import os

import torch
from safetensors.torch import save_file
from timm.layers import LayerNorm2d
from timm.models.regnet import RegStage
from torch import nn

OUT = "libs/video-llm/src/fixtures"
torch.manual_seed(20260103)


class StcConnector(nn.Module):
    """VideoLLaMA2 section 2.2: RegStage -> 3D convolution -> RegStage -> MLP; padding 1, or 0 in the v35 variant."""

    def __init__(self, vision, hidden, depth, padding):
        super().__init__()
        stage = lambda inputs: RegStage(depth=depth, in_chs=inputs, out_chs=hidden, stride=1, dilation=1, act_layer=nn.SiLU, norm_layer=LayerNorm2d)
        self.s1 = stage(vision)
        self.sampler = nn.Sequential(nn.Conv3d(hidden, hidden, 2, stride=2, padding=padding), nn.SiLU())
        self.s2 = stage(hidden)
        self.readout = nn.Sequential(nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, hidden))

    def forward(self, x):
        batch, time = x.shape[:2]
        x = self.s1(x.permute(0, 1, 4, 2, 3).flatten(0, 1)).unflatten(0, (batch, time))
        x = self.sampler(x.transpose(1, 2)).transpose(1, 2)
        batch, time = x.shape[:2]
        x = self.s2(x.flatten(0, 1)).unflatten(0, (batch, time))
        return self.readout(x.permute(0, 1, 3, 4, 2).flatten(1, 3))


def randomise(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            base = 1.0 if name.endswith("bn.weight") else 0.0
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
            parameter.copy_(base + torch.randn_like(parameter) * (0.2 if parameter.ndim < 2 else fan_in**-0.5))


def save(name, tensors):
    save_file({key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}, f"{OUT}/{name}.safetensors")
    os.chmod(f"{OUT}/{name}.safetensors", 0o644)


os.makedirs(OUT, exist_ok=True)
# 10 input channels: the squeeze width round(2.5) is 2 in Python
connector = StcConnector(10, 12, 2, padding=1)
randomise(connector)
x = torch.randn(2, 4, 4, 4, 10, requires_grad=True)
tokens = connector(x)
tokens.square().mean().backward()
tensors = {f"parameters.{name}": parameter for name, parameter in connector.named_parameters()}
tensors |= {"x": x, "tokens": tokens, "grad.x": x.grad}
tensors |= {f"grad.{name}": connector.get_parameter(name).grad for name in (
    "s1.b1.conv1.conv.weight", "s1.b1.conv2.conv.weight", "s1.b1.conv2.bn.weight", "s1.b1.se.fc1.weight", "s1.b1.downsample.conv.weight",
    "s1.b2.conv3.bn.bias", "sampler.0.weight", "sampler.0.bias", "s2.b1.se.fc2.bias", "readout.0.weight")}
v35 = StcConnector(10, 12, 2, padding=0)
v35.load_state_dict(connector.state_dict())
tensors["tokens.v35"] = v35(x)
save("stc", tensors)

mlp = nn.Sequential(nn.Linear(10, 12), nn.GELU(), nn.Linear(12, 12))
randomise(mlp)
x = torch.randn(2, 3, 2, 2, 10)
save("mlp", {f"parameters.{name}": parameter for name, parameter in mlp.named_parameters()}
     | {"x": x, "mean": mlp(x.mean(1)).flatten(1, 2), "keep": mlp(x).flatten(1, 3)})

with torch.device("meta"):
    print(sum(p.numel() for p in StcConnector(1024, 4096, 4, padding=1).parameters()), "parameters at 1024 -> 4096")
