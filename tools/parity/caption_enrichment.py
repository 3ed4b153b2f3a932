"""Fixture of libs/ego-data/src/coco-rle.ts and libs/caption-enrichment: masks and their COCO run-length encodings by pycocotools 2.0.11.

Writes libs/ego-data/src/fixtures/coco_rle.json. Run from the repository root with numpy and pycocotools installed.
"""

import json
import os

import numpy
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
