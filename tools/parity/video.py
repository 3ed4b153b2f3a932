"""Fixtures of libs/video: Pillow's bicubic resize, CLIP's image processor, numpy's frame indices.

    python tools/parity/video.py        # needs numpy, pillow, transformers

Writes libs/video/src/fixtures/{resize,frames}.json. Images are base64 of uint8 [height, width, 3].
"""

import base64
import importlib.util
import json
from pathlib import Path

import numpy as np
from PIL import Image

out = Path(__file__).parents[2] / "libs/video/src/fixtures"
out.mkdir(parents=True, exist_ok=True)


def encode(pixels):
    return {"height": pixels.shape[0], "width": pixels.shape[1], "data": base64.b64encode(pixels.tobytes()).decode()}


def picture(random, height, width):
    """Noise on a gradient, with hard edges: the kernel's overshoot is clipped somewhere."""
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([255 * x / width, 255 * y / height, 127 + 127 * np.sin(x / 3 + y / 5)], -1)
    noise = random.normal(0, 25, (height, width, 3))
    edges = 255.0 * (((x // 5 + y // 7) % 4 == 0)[..., None])
    return np.clip(smooth * 0.6 + noise + edges * 0.5, 0, 255).astype(np.uint8)


def resize_cases():
    random = np.random.default_rng(3)
    for (height, width), (to_height, to_width) in [
        ((40, 56), (32, 44)),
        ((37, 29), (16, 16)),
        ((10, 13), (24, 31)),
        ((64, 48), (9, 48)),
        ((7, 60), (7, 11)),
        ((1, 3), (5, 2)),
    ]:
        pixels = picture(random, height, width)
        resized = np.asarray(Image.fromarray(pixels).resize((to_width, to_height), Image.BICUBIC))
        yield {"input": encode(pixels), "output": encode(resized)}


def square(pixels, colour=(122, 116, 104)):
    """An image in the middle of a square, as image_aspect_ratio=pad."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    canvas = np.full((side, side, 3), colour, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    canvas[top : top + height, left : left + width] = pixels
    return canvas


def clip_cases():
    """CLIP's processor with its PIL backend; torchvision is kept out."""
    find_spec = importlib.util.find_spec
    importlib.util.find_spec = lambda name, *rest: None if name.split(".")[0] == "torchvision" else find_spec(name, *rest)
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    random = np.random.default_rng(5)
    processor = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    for height, width, aspect in [(40, 56, "crop"), (61, 40, "crop"), (40, 56, "pad"), (20, 33, "crop"), (51, 33, "pad")]:
        pixels = picture(random, height, width)
        values = processor(Image.fromarray(square(pixels) if aspect == "pad" else pixels), return_tensors="np").pixel_values[0]
        channels_last = np.ascontiguousarray(values.transpose(1, 2, 0), np.float32)
        yield {
            "input": encode(pixels),
            "aspect": aspect,
            "pixels": base64.b64encode(channels_last.tobytes()).decode(),
        }


def v1(total, frames):
    seg = float(total - 1) / frames
    bounds = [int(np.round(seg * i)) for i in range(frames + 1)]
    return [(bounds[i] + bounds[i + 1]) // 2 for i in range(frames)]


def v15(total, frames):
    seg = float(total - 1) / frames
    return np.round(np.array([(seg * i + seg * (i + 1)) / 2 for i in range(frames)]) + 1e-6).astype(int).tolist()


(out / "resize.json").write_text(json.dumps({"resize": list(resize_cases()), "clip": list(clip_cases())}) + "\n")
(out / "frames.json").write_text(
    json.dumps(
        [
            {"total": total, "numFrames": frames, "v1": v1(total, frames), "v1.5": v15(total, frames)}
            for frames in (4, 8, 16)
            for total in [*range(1, 41), 60, 99, 243, 1000, 54321]
        ]
    )
    + "\n"
)
