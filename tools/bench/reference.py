"""PyTorch's side of the benchmark: answers commands on stdin, one JSON line each; see protocol.ts."""

import argparse
import contextlib
import json
import re
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

sys.modules["torchvision"] = None  # not needed; one built for another torch would fail at import

from transformers import CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM

parser = argparse.ArgumentParser()
for name in ["workload", "weights", "inputs", "precision", "config"]:
    parser.add_argument(f"--{name}", required=True)
options = parser.parse_args()
inputs = load_file(options.inputs)


class Vit(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.tower = CLIPVisionModel(config)
        self.head = torch.nn.Linear(config.hidden_size, 1000)

    def forward(self):
        pooled = self.tower(inputs["pixels"].permute(0, 3, 1, 2)).pooler_output
        return F.cross_entropy(self.head(pooled).float(), inputs["labels"].long())


class SmolLM2(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.lm = LlamaForCausalLM(config)

    def forward(self):
        ids = inputs["ids"].long()
        hidden = self.lm.model(ids, use_cache=False).last_hidden_state[:, :-1]
        return F.cross_entropy(self.lm.lm_head(hidden).flatten(0, 1).float(), ids[:, 1:].flatten())


def build():
    config = json.loads(options.config)
    if "masked" in options.workload:
        from masked_reference import MaskedModel

        return MaskedModel(config, inputs)
    if "video" in options.workload:
        from video_reference import DualEncoder

        return DualEncoder(config, inputs)
    if "vit" in options.workload:
        return Vit(CLIPVisionConfig(**config, attn_implementation="sdpa"))
    return SmolLM2(LlamaConfig(**config, attn_implementation="sdpa"))


def shared_name(name):
    """The module's name of a parameter -> the one in the weights file."""
    name = re.sub(r"^(tower|lm|clip)\.", "", name)
    named_alike = "vit" not in options.workload or name.startswith(("vision_model.", "head."))
    return name if named_alike else f"vision_model.{name}"


model = build().train()
weights = load_file(options.weights)
with torch.no_grad():
    for name, parameter in model.named_parameters():
        parameter.copy_(weights.pop(shared_name(name)))
assert not weights, f"unused weights: {list(weights)}"
parameters = dict(model.named_parameters())
updates = options.workload != "smollm2"
if updates:
    matrices = [p for p in parameters.values() if p.ndim >= 2]
    vectors = [p for p in parameters.values() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(groups, lr=1e-4, fused=True)


def loss_and_gradients():
    autocast = torch.autocast("cpu", torch.bfloat16) if options.precision == "bfloat16" else contextlib.nullcontext()
    with autocast:
        loss = model()
    loss.backward()
    return loss.item()


def gradients():
    loss = loss_and_gradients()
    # in float64: the norm of 49 million float32 values is 2 % off in torch 2.13 on CPU
    norms = {shared_name(name): parameter.grad.double().norm().item() for name, parameter in parameters.items()}
    model.zero_grad(set_to_none=True)
    return {"loss": loss, "norms": norms}


def step():
    start, cpu = time.perf_counter(), time.process_time()
    loss = loss_and_gradients()
    if updates:
        adamw.step()
    model.zero_grad(set_to_none=True)
    return {"loss": loss, "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}


def reset():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return {}


def memory():
    status = open("/proc/self/status").read()
    size = lambda field: int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.M).group(1)) * 1024
    return {"peak": size("VmHWM"), "resident": size("VmRSS")}


for line in sys.stdin:
    print(json.dumps({"gradients": gradients, "step": step, "reset": reset, "memory": memory}[line.strip()]()), flush=True)
