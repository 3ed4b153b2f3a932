"""Fixture of libs/franka-kitchen: R3M's policy (batch normalisation, two hidden layers, tanh) and three steps of its training statistics.

    libs/franka-kitchen/src/fixtures/policy.json

Run from the repository root with torch installed.
"""

import json

import torch
from torch import nn

torch.manual_seed(20261121)
INPUTS, HIDDEN, ACTIONS, BATCH = 7, [6, 5], 3, 4


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [INPUTS, *HIDDEN, ACTIONS]
        self.bn = nn.BatchNorm1d(INPUTS)
        self.fc_layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x):
        x = self.bn(x)
        for layer in self.fc_layers[:-1]:
            x = torch.tanh(layer(x))
        return self.fc_layers[-1](x)


def listed(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


policy = Policy()
with torch.no_grad():
    for parameter in policy.parameters():
        parameter.add_(0.3 * torch.randn_like(parameter))
parameters = {name: listed(value) for name, value in policy.named_parameters()}
steps = []
for _ in range(3):
    inputs, actions = 2 * torch.randn(BATCH, INPUTS) + 1, torch.randn(BATCH, ACTIONS)
    policy.zero_grad()
    loss = nn.functional.mse_loss(policy(inputs), actions)
    loss.backward()
    steps.append(
        {
            "inputs": listed(inputs),
            "actions": listed(actions),
            "loss": loss.item(),
            "gradients": {name: listed(value.grad) for name, value in policy.named_parameters()},
            "running_mean": listed(policy.bn.running_mean),
            "running_var": listed(policy.bn.running_var),
        }
    )
policy.eval()
inputs = torch.randn(2, INPUTS)
fixture = {
    "torch": torch.__version__,
    "config": {"inputs": INPUTS, "actions": ACTIONS, "hiddenSizes": HIDDEN},
    "parameters": parameters,
    "steps": steps,
    "evaluation": {"inputs": listed(inputs), "actions": listed(policy(inputs))},
}
with open("libs/franka-kitchen/src/fixtures/policy.json", "w") as file:
    json.dump(fixture, file)
    file.write("\n")
