"""Fixture of libs/training: 50 steps of torch.optim.AdamW with transformers' cosine schedule and torch's gradient clipping.

Run: python tools/parity/training.py
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import get_cosine_schedule_with_warmup

OUT = Path(__file__).parents[2] / "libs/training/src/fixtures"
STEPS, WARMUP, BATCH = 50, 5, 4


def main() -> None:
    torch.manual_seed(0)
    inputs, targets = torch.randn(STEPS, BATCH, 3), torch.randn(STEPS, BATCH, 2)
    parameters = {"hidden.weight": torch.randn(6, 3), "hidden.bias": torch.randn(6), "out.weight": torch.randn(2, 6), "scale": torch.tensor(0.7)}
    initial = {f"initial/{name}": value.clone() for name, value in parameters.items()}
    for value in parameters.values():
        value.requires_grad_()
    decayed = [p for p in parameters.values() if p.ndim >= 2]
    vectors = [p for p in parameters.values() if p.ndim < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.05, betas=(0.9, 0.98), eps=1e-6)
    scheduler = get_cosine_schedule_with_warmup(optimizer, WARMUP, STEPS)

    losses, norms, rates = [], [], []
    for x, y in zip(inputs, targets):
        hidden = torch.tanh(x @ parameters["hidden.weight"].T + parameters["hidden.bias"])
        loss = ((parameters["scale"] * hidden @ parameters["out.weight"].T - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0))
        rates.append(scheduler.get_last_lr()[0])
        losses.append(loss.detach())
        optimizer.step()
        scheduler.step()
    assert min(norms) < 1.0 < max(norms), "the fixture must have steps with and without clipping"

    final = {f"final/{name}": value.detach() for name, value in parameters.items()}
    curves = {"loss": torch.stack(losses), "grad_norm": torch.stack(norms), "learning_rate": torch.tensor(rates)}
    OUT.mkdir(parents=True, exist_ok=True)
    save_file({"inputs": inputs, "targets": targets, **initial, **final, **curves}, OUT / "adamw.safetensors")


if __name__ == "__main__":
    main()
