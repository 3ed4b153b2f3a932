"""Fixture of libs/ego-exo-mapping: the CycleGAN ResNet generator in PyTorch with random weights, and the losses of
stage 2 by torch's own functions (nn.functional.kl_div, torch.distributions, nn.functional.l1_loss).

Writes libs/ego-exo-mapping/src/fixtures/{generator,fully-connected,losses}.safetensors. Run from the repository root.
"""

import os

import torch
from safetensors.torch import save_file
from torch import nn
from torch.distributions import Normal, kl_divergence

OUT = "libs/ego-exo-mapping/src/fixtures"
torch.manual_seed(20260102)


class ResnetBlock(nn.Module):
    def __init__(self, channels, norm):
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(channels), nn.ReLU(),
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), norm(channels),
        )

    def forward(self, x):
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """Zhu et al. 2017, appendix 7.2, in the layer numbering of the authors' PyTorch release."""

    def __init__(self, channels, ngf, blocks, norm, tanh):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(channels, ngf, 7), norm(ngf), nn.ReLU()]
        for width in (ngf, 2 * ngf):
            layers += [nn.Conv2d(width, 2 * width, 3, stride=2, padding=1), norm(2 * width), nn.ReLU()]
        layers += [ResnetBlock(4 * ngf, norm) for _ in range(blocks)]
        for width in (4 * ngf, 2 * ngf):
            layers += [nn.ConvTranspose2d(width, width // 2, 3, stride=2, padding=1, output_padding=1), norm(width // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, channels, 7)] + ([nn.Tanh()] if tanh else [])
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def randomise(model):
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * (0.2 if parameter.ndim < 2 else parameter[0].numel() ** -0.5))


def save(name, tensors):
    save_file({key: tensor.detach().clone().contiguous() for key, tensor in tensors.items()}, f"{OUT}/{name}.safetensors")
    os.chmod(f"{OUT}/{name}.safetensors", 0o644)


os.makedirs(OUT, exist_ok=True)
instance = lambda channels: nn.InstanceNorm2d(channels, affine=False, track_running_stats=False)
identity = lambda channels: nn.Identity()

generator = ResnetGenerator(6, 4, 2, instance, tanh=False)
randomise(generator)
x = torch.randn(2, 8, 8, 6, requires_grad=True)
tensors = {f"parameters.{name}": parameter for name, parameter in generator.named_parameters()}
output = generator(x)
output.square().mean().backward()
tensors |= {"x": x, "instance.linear": output, "grad.x": x.grad}
tensors |= {f"grad.{name}": parameter.grad for name, parameter in generator.named_parameters() if name in
            ("model.1.weight", "model.4.bias", "model.7.weight", "model.10.conv_block.5.weight", "model.12.weight", "model.19.weight", "model.19.bias")}
for label, norm, tanh in (("instance.tanh", instance, True), ("none.linear", identity, False)):
    other = ResnetGenerator(6, 4, 2, norm, tanh)
    other.load_state_dict(generator.state_dict())
    tensors[label] = other(x)
save("generator", tensors)

fully_connected = nn.Sequential()
fully_connected.model = nn.Sequential(nn.Linear(6, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 6))
randomise(fully_connected)
save("fully-connected", {f"parameters.{name}": parameter for name, parameter in fully_connected.named_parameters()}
     | {"x": x, "output": fully_connected.model(x)})

# losses of stage 2 on [batch, time, height, width, channel]
teacher = 1.5 * torch.randn(2, 3, 4, 4, 5)
mapped = (0.3 + torch.randn(2, 3, 4, 4, 5)).requires_grad_()
losses = {"teacher": teacher, "mapped": mapped}


def softmax_kl(p, q, axis, temperature):
    # rows: one distribution each; token = the positions of one frame's grid
    rows = (lambda t: t.flatten(0, 3)) if axis == "channel" else (lambda t: t.flatten(2, 3).transpose(2, 3).flatten(0, 2))
    log_p, log_q = ((rows(t) / temperature).log_softmax(-1) for t in (p, q))
    return nn.functional.kl_div(log_q, log_p, reduction="batchmean", log_target=True) * temperature**2


def gaussian_kl(p, q, eps=1e-6):
    # one diagonal Gaussian over the channels for every clip, fitted to its tokens
    fit = lambda t: Normal(t.flatten(1, 3).mean(1), (t.flatten(1, 3).var(1, unbiased=False) + eps).sqrt())
    return kl_divergence(fit(p), fit(q)).mean()


cases = {
    "softmax.channel.1.forward": lambda: softmax_kl(teacher, mapped, "channel", 1.0),
    "softmax.channel.2.forward": lambda: softmax_kl(teacher, mapped, "channel", 2.0),
    "softmax.token.1.forward": lambda: softmax_kl(teacher, mapped, "token", 1.0),
    "softmax.channel.1.reverse": lambda: softmax_kl(mapped, teacher, "channel", 1.0),
    "gaussian.channel.1.forward": lambda: gaussian_kl(teacher, mapped),
    "gaussian.channel.1.reverse": lambda: gaussian_kl(mapped, teacher),
}
for name, loss in cases.items():
    mapped.grad = None
    value = loss()
    value.backward()
    losses |= {f"kl.{name}": value.reshape(1), f"kl.{name}.grad": mapped.grad.clone()}

cycled_x, cycled_y, y = (torch.randn(2, 3, 4, 4, 5) for _ in range(3))
losses |= {"cycled_x": cycled_x, "cycled_y": cycled_y, "y": y}
for reduction in ("mean", "sum"):
    term = lambda a, b: nn.functional.l1_loss(a, b, reduction=reduction) / (1 if reduction == "mean" else len(a))
    mapped.grad = None
    value = term(cycled_x, mapped) + term(cycled_y, y)
    value.backward()
    losses |= {f"ccl.{reduction}": value.reshape(1), f"ccl.{reduction}.grad": mapped.grad.clone()}
save("losses", losses)
print({name: tensor.item() for name, tensor in losses.items() if tensor.numel() == 1})
