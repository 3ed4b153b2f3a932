"""Values and gradients of PyTorch's ops, for libs/nn/src/parity.spec.ts.

    python tools/parity/nn.py libs/nn/src/fixtures/parity.json
"""

import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(0)
cases = []


def packed(tensor):
    data = tensor.detach().flatten().tolist()
    if tensor.dtype == torch.float32:
        data = [float(f"{value:.8g}") for value in data]
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch."), "data": data}


def case(op, function, inputs, **options):
    """`inputs` and the result as egolab has them (channels last); `function` does its own transposing."""
    inputs = {name: tensor.detach().requires_grad_(tensor.is_floating_point()) for name, tensor in inputs.items()}
    output = function(**inputs)
    upstream = torch.randn(output.shape)
    output.backward(upstream)
    cases.append(
        {
            "op": op,
            "options": options,
            "inputs": {name: packed(tensor) for name, tensor in inputs.items()},
            "upstream": packed(upstream),
            "output": packed(output),
            "gradients": {name: packed(tensor.grad) for name, tensor in inputs.items() if tensor.grad is not None},
        }
    )


def first(x):  # channels first
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


r = torch.randn

case("linear", lambda x, weight, bias: F.linear(x, weight, bias), {"x": r(2, 3, 5), "weight": r(4, 5), "bias": r(4)})
case("linear", lambda x, weight: F.linear(x, weight), {"x": r(3, 5), "weight": r(4, 5)})
case(
    "layerNorm",
    lambda x, weight, bias: F.layer_norm(x, (6,), weight, bias, 1e-5),
    {"x": r(2, 3, 6) * 2 + 1, "weight": r(6), "bias": r(6)},
    eps=1e-5,
)
case("rmsNorm", lambda x, weight: F.rms_norm(x, (6,), weight, 1e-6), {"x": r(2, 3, 6) * 2 + 1, "weight": r(6)}, eps=1e-6)
case("instanceNorm", lambda x: last(F.instance_norm(first(x), eps=1e-5)), {"x": r(2, 4, 3, 5) * 3 - 1}, eps=1e-5)
case("gelu", F.gelu, {"input": r(3, 7) * 3})
case("geluTanh", lambda input: F.gelu(input, approximate="tanh"), {"input": r(3, 7) * 3})
case("quickGelu", lambda input: input * torch.sigmoid(1.702 * input), {"input": r(3, 7) * 3})
case("silu", F.silu, {"input": r(3, 7) * 3})
case("embedding", lambda table, ids: F.embedding(ids.long(), table), {"table": r(7, 4), "ids": torch.tensor([[1, 3, 3], [6, 0, 3]], dtype=torch.int32)})

case(
    "conv2d",
    lambda x, weight, bias: last(F.conv2d(first(x), weight, bias, stride=2, padding=1)),
    {"x": r(2, 5, 6, 3), "weight": r(4, 3, 3, 3), "bias": r(4)},
    stride=2,
    padding=1,
)
case("conv2d", lambda x, weight: last(F.conv2d(first(x), weight, stride=2)), {"x": r(2, 4, 6, 3), "weight": r(5, 3, 2, 2)}, stride=2, padding=0)
case(
    "conv2d",
    lambda x, weight, bias: last(F.conv2d(first(x), weight, bias)),
    {"x": r(2, 3, 4, 3), "weight": r(5, 3, 1, 1), "bias": r(5)},
    stride=1,
    padding=0,
)
case(
    "depthwiseConv2d",
    lambda x, weight, bias: last(F.conv2d(first(x), weight, bias, padding=1, groups=3)),
    {"x": r(2, 5, 4, 3), "weight": r(3, 1, 3, 3), "bias": r(3)},
    stride=1,
    padding=1,
)
case(
    "conv3d",
    lambda x, weight, bias: last(F.conv3d(first(x), weight, bias, stride=(2, 2, 2), padding=(1, 1, 1))),
    {"x": r(2, 4, 4, 5, 3), "weight": r(4, 3, 2, 2, 3), "bias": r(4)},
    stride=2,
    padding=1,
)
for stride, padding, extra in [(2, 1, 1), (1, 0, 0), (3, 0, 2), (2, [1, 0], [0, 1])]:
    case(
        "convTranspose2d",
        lambda x, weight, bias: last(F.conv_transpose2d(first(x), weight, bias, stride, padding, extra)),
        {"x": r(2, 3, 4, 3), "weight": r(3, 4, 3, 3), "bias": r(4)},
        stride=stride,
        padding=padding,
        outputPadding=extra,
    )
case("reflectionPad2d", lambda x: last(F.pad(first(x), (2, 2, 2, 2), mode="reflect")), {"x": r(1, 3, 4, 2)}, n=2)

labels = torch.tensor([2, -100, 0, 4, 4], dtype=torch.int32)
for reduction in ["mean", "none"]:
    case(
        "crossEntropy",
        lambda logits, labels: F.cross_entropy(logits, labels.long(), reduction=reduction),
        {"logits": r(5, 6) * 3, "labels": labels},
        reduction=reduction,
    )


def attention(q, k, v, allowed=None):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, enable_gqa=True)


queries, keys = torch.arange(5)[:, None], torch.arange(7)[None, :]
causal = keys <= queries + 2  # five queries at the end of seven keys
padding = torch.tensor([[1, 1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1, 1]], dtype=torch.bool)
blocks = torch.rand(2, 1, 5, 7) < 0.7
blocks[..., 3] = True


def tensors(heads):
    return {"q": r(2, 4, 5, 6), "k": r(2, heads, 7, 6), "v": r(2, heads, 7, 6)}


case("attention", attention, tensors(4))
case("attention", lambda q, k, v: attention(q, k, v, causal), tensors(2), causal=True)
case("attention", lambda q, k, v: attention(q, k, v, causal & (keys > queries + 2 - 3)), tensors(1), causal=True, slidingWindow=3)
case("attention", lambda q, k, v, mask: attention(q, k, v, mask[:, None, None, :]), {**tensors(2), "mask": padding})
case("attention", lambda q, k, v, mask: attention(q, k, v, mask & causal), {**tensors(4), "mask": blocks}, causal=True)

with open(sys.argv[1], "w") as file:
    json.dump({"torch": torch.__version__, "cases": cases}, file, separators=(",", ":"))
