"""Fixtures of libs/ego-data/src/coco-rle.ts (masks and their COCO run-length encodings by pycocotools 2.0.11) and of
libs/caption-enrichment (the detector's loss, stated in PyTorch from Zhou et al. 2019, "Objects as Points").

Writes libs/ego-data/src/fixtures/coco_rle.json and libs/caption-enrichment/src/fixtures/centre-net-loss.json. Run from the
repository root with numpy, torch and pycocotools installed.
"""

import json
import os

import numpy
import torch
import torch.nn.functional as F
from pycocotools import mask as coco

OUT = "libs/ego-data/src/fixtures/coco_rle.json"
random = numpy.random.default_rng(20260103)


def blob(height, width):
    y, x = numpy.mgrid[:height, :width]
    return ((y - height * 0.6) ** 2 / 90 + (x - width * 0.3) ** 2 / 40 < 1).astype(numpy.uint8)


masks = {
    "empty": numpy.zeros((5, 7), numpy.uint8),
    "full": numpy.ones((5, 7), numpy.uint8),
    "first pixel": numpy.eye(1, 12, dtype=numpy.uint8).reshape(3, 4),
    "noise": random.integers(0, 2, (17, 23), dtype=numpy.uint8),
    "blob": blob(40, 56),
    "long runs": numpy.pad(numpy.ones((300, 90), numpy.uint8), ((100, 400), (60, 50))),
    "one row": numpy.array([[0, 1, 1, 0, 1]], numpy.uint8),
}
cases = []
for name, mask in masks.items():
    rle = coco.encode(numpy.asfortranarray(mask))
    cases.append(
        dict(
            name=name, size=list(rle["size"]), counts=rle["counts"].decode(), area=int(coco.area(rle)),
            rows=["".join(map(str, row)) for row in mask] if mask.size < 5000 else None,
        )
    )
os.makedirs(os.path.dirname(OUT), exist_ok=True)
with open(OUT, "w") as file:
    json.dump(cases, file, indent=1)


# the detector's loss on random maps
torch.manual_seed(20260104)
shape = (2, 4, 4)
output = torch.randn(*shape, 18, dtype=torch.float64)
targets = torch.randn(*shape, 18, dtype=torch.float64)
heat = torch.rand(*shape, 2, dtype=torch.float64) ** 3
centres = torch.rand(*shape, 2) < 0.2
heat[centres] = 1
targets[..., :2] = heat
targets[..., 10:15] = F.one_hot(torch.randint(0, 5, shape), 5)
targets[..., 15:16] = torch.randint(0, 2, (*shape, 1))
weights = torch.cat([centres, centres[..., :1] & (torch.rand(*shape, 1) < 0.5)], -1).double()
output, targets, weights = output.float(), targets.float(), weights.float()

probability = output[..., :2].sigmoid()
heat = targets[..., :2]
yes = (heat == 1) * (1 - probability) ** 2 * probability.log()
no = (heat != 1) * (1 - heat) ** 4 * probability**2 * (1 - probability).log()
focal = -(yes + no).sum() / (heat == 1).sum()
hand, thing, link = weights[..., 0] == 1, weights[..., 1] == 1, weights[..., 2] == 1


def l1(first):
    """Mean absolute difference over both classes' centres and both coordinates, of channels hand x, y, object x, y from `first`."""
    parts = [(output[..., first : first + 2] - targets[..., first : first + 2])[hand], (output[..., first + 2 : first + 4] - targets[..., first + 2 : first + 4])[thing]]
    return torch.cat(parts).abs().mean()


terms = dict(
    heat=focal,
    size=l1(2),
    contact=F.cross_entropy(output[..., 10:15][hand], targets[..., 10:15][hand]),
    side=F.binary_cross_entropy_with_logits(output[..., 15][hand], targets[..., 15][hand]),
    link=(output[..., 16:18] - targets[..., 16:18])[link].abs().mean(),
)
total = terms["heat"] + 0.1 * terms["size"] + l1(6) + terms["contact"] + terms["side"] + terms["link"]


def listed(tensor):
    return dict(shape=list(tensor.shape), values=[round(value, 6) for value in tensor.flatten().tolist()])


OUT = "libs/caption-enrichment/src/fixtures/centre-net-loss.json"
os.makedirs(os.path.dirname(OUT), exist_ok=True)
with open(OUT, "w") as file:
    inputs = dict(map=listed(output), targets=listed(targets), weights=listed(weights))
    json.dump(dict(inputs=inputs, terms={name: float(term) for name, term in terms.items()}, loss=float(total)), file)
