"""Fixtures of libs/checkpoints: files written by the reference implementations (Hugging Face's safetensors, PyTorch).

Run: python tools/parity/checkpoints.py
"""

import json
from argparse import Namespace
from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(__file__).parents[2] / "libs/checkpoints/src/fixtures"


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    # values whose rounding differs between nearest-even and truncation, subnormals, infinities, the largest halves
    special = torch.tensor([0.0, -0.0, 1.0, 1.00390625, 1.01171875, 65504.0, 65519.9, 65520.0, 6e-8, 2.9e-8, 3.1e-8, 6.1e-5, 3.14159265, -1e-3, 1e30, float("inf"), -float("inf")])
    normal = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    integers = torch.tensor([[0, 1, 2], [3, 4, 100]])
    tensors = {
        "float32": normal,
        "float64": normal.double(),
        "bfloat16": special.to(torch.bfloat16),
        "float16": special.to(torch.float16),
        "int64": -integers,
        "int32": (-integers).int(),
        "int16": (-integers).short(),
        "int8": (-integers).char(),
        "uint8": integers.byte(),
        "bool": integers > 1,
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
    }
    save_file(tensors, OUT / "dtypes.safetensors", metadata={"format": "pt", "note": "wörter"})
    expected = {name: {"shape": list(t.shape), "values": [str(v) for v in t.double().flatten().tolist()]} for name, t in tensors.items()}
    (OUT / "dtypes.json").write_text(json.dumps({"source": [str(v) for v in special.double().tolist()], "tensors": expected}, indent=1))
    pytorch(tensors, normal)


def pytorch(tensors: dict[str, torch.Tensor], normal: torch.Tensor) -> None:
    """What torch.save writes: the same tensors, then views that share one storage, inside what a training program saves."""
    torch.save(tensors, OUT / "dtypes.pt")
    views = {
        "transposed": normal.T,
        "row": normal[2],
        "corner": normal[1:3, 2:4],
        "every_other": normal[::2, ::3],
        "expanded": normal[:, :1].expand(4, 3),
        "parameter": torch.nn.Parameter(normal[:1].clone()),
    }
    module = torch.nn.Module()
    for name, view in views.items():
        module.register_parameter(name, view) if isinstance(view, torch.nn.Parameter) else module.register_buffer(name, view)
    saved = {"epoch": 3, "args": Namespace(lr=1e-4, name="run"), "state_dict": module.state_dict(), "optimizer": {"lr": 0.1, "betas": (0.9, 0.999), "big": 2**70}}
    torch.save(saved, OUT / "views.pt")
    (OUT / "views.json").write_text(json.dumps({name: {"shape": list(v.shape), "values": v.flatten().tolist()} for name, v in views.items()}))


if __name__ == "__main__":
    main()
