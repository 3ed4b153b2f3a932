"""Fixtures of libs/metrics and of the polygons in libs/ego-data: the field's reference code, or where there is none that may
be used, an independent numpy statement of the published definition.

- EK-100 multi-instance retrieval: numpy, from the definition (graded mAP, nDCG); similarities with and without ties.
- classification and average precision: scikit-learn 1.9.1.
- natural language queries: numpy, hull over windows.
- instance masks: pycocotools 2.0.11 (COCOeval segm, frPyObjects).

Writes libs/metrics/src/fixtures/egodtm.json and libs/ego-data/src/fixtures/coco_polygons.json. Run from the repository root.
"""

import contextlib
import io
import json
import os

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import average_precision_score, confusion_matrix, top_k_accuracy_score

OUT = "libs/metrics/src/fixtures"
rng = np.random.default_rng(20260411)


# -- multi-instance retrieval ---------------------------------------------------------------------------------------------


def relevancies(video_verbs, video_nouns, text_verbs, text_nouns):
    matrix = np.zeros((len(video_verbs), len(text_verbs)))
    for i, (verb, nouns) in enumerate(zip(video_verbs, video_nouns)):
        for j, (other_verb, other_nouns) in enumerate(zip(text_verbs, text_nouns)):
            nouns, other_nouns = set(nouns), set(other_nouns)
            matrix[i, j] = 0.5 * (verb == other_verb) + 0.5 * len(nouns & other_nouns) / len(nouns | other_nouns)
    return matrix


def graded_scores(similarities, relevance):
    """Rows are queries. Stable order: of equal similarities the lower index first."""
    order = np.argsort(-similarities, axis=1, kind="stable")
    ranked = np.take_along_axis(relevance, order, axis=1)
    ranks = np.arange(1, ranked.shape[1] + 1)
    exact = ranked == 1
    precision = np.cumsum(ranked, axis=1) / ranks * exact
    with np.errstate(invalid="ignore"):
        average_precision = precision.sum(1) / exact.sum(1)
    gains = []
    for row in ranked:
        depth = int((row > 0).sum())
        discount = 1 / np.log2(ranks[:depth] + 1)
        ideal = np.sort(row)[::-1][:depth]
        gains.append((row[:depth] * discount).sum() / (ideal * discount).sum() if depth else np.nan)
    return {"mAP": float(np.nanmean(average_precision)), "nDCG": float(np.nanmean(gains))}


def retrieval_case(videos, texts, quantised):
    nouns = lambda n: [sorted(rng.choice(6, size=rng.integers(1, 4), replace=False).tolist()) for _ in range(n)]
    verbs = lambda n: rng.integers(0, 3, n).tolist()
    case = {"videoVerbs": verbs(videos), "videoNouns": nouns(videos), "textVerbs": verbs(texts), "textNouns": nouns(texts)}
    # every text says of one video exactly what it shows, as in the data set; the last video has no such text
    for j in range(texts):
        i = j % (videos - 1)
        case["textVerbs"][j], case["textNouns"][j] = case["videoVerbs"][i], case["videoNouns"][i]
    similarities = rng.standard_normal((videos, texts)).astype(np.float32)
    if quantised:
        similarities = np.round(similarities * 2) / 2 * rng.choice([1, -1], similarities.shape).astype(np.float32)
    relevance = relevancies(case["videoVerbs"], case["videoNouns"], case["textVerbs"], case["textNouns"])
    return case | {
        "similarities": similarities.ravel().tolist(),
        "relevance": relevance.ravel().tolist(),
        "videoToText": graded_scores(similarities, relevance),
        "textToVideo": graded_scores(similarities.T, relevance.T),
    }


# -- classification -------------------------------------------------------------------------------------------------------


def classification_case(items, classes):
    scores = rng.standard_normal((items, classes)).astype(np.float32)
    labels = rng.integers(0, classes - 3, items)  # the last classes are predicted, never true
    scores[np.arange(items), labels] += 1
    predicted = scores.argmax(1)
    matrix = confusion_matrix(labels, predicted)  # labels: the union of true and predicted
    recall = np.divide(matrix.diagonal(), matrix.sum(1), out=np.zeros(len(matrix)), where=matrix.sum(1) > 0)
    return {
        "scores": scores.ravel().tolist(),
        "labels": labels.tolist(),
        "classes": classes,
        "unionClasses": len(matrix),
        "meanAccuracy": 100 * float(recall.mean()),
        "top1": 100 * float((predicted == labels).mean()),
        "top5": 100 * float(top_k_accuracy_score(labels, scores, k=5, labels=np.arange(classes))),
    }


def multi_label_case(items, classes):
    scores = rng.standard_normal((items, classes)).astype(np.float32)
    truth = rng.random((items, classes)) < 0.15
    truth[[3, 11]] = False  # videos without labels
    truth[:, 5] = False  # a class without videos
    ranked = scores.copy()
    ranked[~truth.any(1)] = -1e9
    present = [c for c in range(classes) if truth[:, c].any()]
    values = [average_precision_score(truth[:, c], ranked[:, c]) for c in present]
    return {
        "scores": scores.ravel().tolist(),
        "labels": [np.flatnonzero(row).tolist() for row in truth],
        "classes": classes,
        "mAP": float(np.mean(values)),
    }


# -- natural language queries ---------------------------------------------------------------------------------------------


def grounding_case(queries):
    truth = np.sort(rng.uniform(0, 60, (queries, 2)), axis=1)
    truth[4, 1] = truth[4, 0]  # of length zero
    predicted = np.sort(truth[:, None] + rng.normal(0, 8, (queries, 5, 2)), axis=2)
    left = np.maximum(predicted[..., 0], truth[:, None, 0])
    right = np.minimum(predicted[..., 1], truth[:, None, 1])
    hull = np.maximum(predicted[..., 1], truth[:, None, 1]) - np.minimum(predicted[..., 0], truth[:, None, 0])
    iou = np.maximum(0, right - left) / hull
    recalls = {f"R{n}@{m}": 100 * float((iou[:, :n] > m).any(1).mean()) for n in (1, 5) for m in (0.3, 0.5)}
    return {"truth": truth.tolist(), "predicted": predicted.tolist(), "iou": iou.tolist(), **recalls}


# -- instance masks -------------------------------------------------------------------------------------------------------


def blob(height, width, centre=None):
    """An ellipse, as a mask."""
    cy, cx = centre if centre is not None else (rng.uniform(0, height), rng.uniform(0, width))
    ry, rx = rng.uniform(3, height / 3), rng.uniform(3, width / 3)
    y, x = np.mgrid[:height, :width]
    return (((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1), (cy, cx)


def encode(mask):
    rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": rle["size"], "counts": rle["counts"].decode()}


def mask_case():
    images = [{"id": 7 + 3 * i, "height": 40, "width": 56, "file_name": f"{i}.jpg"} for i in range(12)]
    annotations, results = [], []
    for image in images:
        for _ in range(rng.integers(0, 5)):
            mask, centre = blob(40, 56)
            if not mask.any():
                continue
            category = int(rng.integers(1, 3))
            crowd = bool(rng.random() < 0.2)
            rle = encode(mask)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": category,
                    "iscrowd": int(crowd),
                    "segmentation": rle,
                    "area": int(mask.sum()),
                    "bbox": coco_mask.toBbox(rle).tolist(),
                }
            )
            for _ in range(rng.integers(0, 4)):  # detections near it, some of the other category
                shifted = np.roll(mask, rng.integers(-4, 5, 2), axis=(0, 1))
                other = 3 - category if rng.random() < 0.15 else category
                score = round(float(rng.random()), 1)  # equal scores occur
                results.append({"image_id": image["id"], "category_id": other, "segmentation": encode(shifted), "score": score})
        for _ in range(rng.integers(0, 2)):  # and some of nothing
            mask, _ = blob(40, 56)
            results.append({"image_id": image["id"], "category_id": int(rng.integers(1, 3)), "segmentation": encode(mask), "score": round(float(rng.random()), 1)})
    crowded = images[0]["id"]  # more than 100 detections of a category in one image
    for _ in range(120):
        mask, _ = blob(40, 56)
        results.append({"image_id": crowded, "category_id": 1, "segmentation": encode(mask), "score": float(rng.random())})
    categories = [{"id": 1, "name": "hand"}, {"id": 2, "name": "object"}]
    truth = {"images": images, "annotations": annotations, "categories": categories}
    return {"truth": truth, "results": results, **coco_scores(truth, results)}


def coco_scores(truth, results):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = json.loads(json.dumps(truth))
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(json.loads(json.dumps(results))), "segm")
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.params.maxDets = [100]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"]  # [threshold, recall, category, area, detections]
    mean = lambda values: float(values[values > -1].mean())
    return {
        "AP": mean(precision),
        "AP50": mean(precision[0]),
        "perCategory": {str(k): mean(precision[:, :, i]) for i, k in enumerate(evaluation.params.catIds)},
        "perCategory50": {str(k): mean(precision[0, :, i]) for i, k in enumerate(evaluation.params.catIds)},
    }


def iou_case():
    masks = [encode(blob(30, 20)[0]) for _ in range(6)]
    crowd = [0, 1, 0, 1, 0, 1]
    return {"masks": masks, "crowd": crowd, "iou": coco_mask.iou(masks, masks, crowd).tolist()}


def polygon_cases():
    cases = []
    for i in range(40):
        height, width = int(rng.integers(5, 60)), int(rng.integers(5, 60))
        parts = []
        for _ in range(rng.integers(1, 4)):
            corners = int(rng.integers(3, 9))
            low, high = (-5, 65) if i % 4 == 0 else (0, min(height, width))  # some leave the image
            points = rng.uniform(low, high, 2 * corners)
            parts.append((np.round(points) if i % 3 == 0 else np.round(points, 2)).tolist())
        rles = coco_mask.frPyObjects(parts, height, width)
        union = coco_mask.merge(rles)
        cases.append({"height": height, "width": width, "polygons": parts, "counts": union["counts"].decode(), "area": int(coco_mask.area(union))})
    return cases


os.makedirs(OUT, exist_ok=True)
fixtures = {
    "retrieval": [retrieval_case(23, 17, False), retrieval_case(12, 30, True)],
    "classification": [classification_case(120, 14), classification_case(30, 20)],
    "multiLabel": multi_label_case(40, 12),
    "grounding": grounding_case(60),
    "masks": mask_case(),
    "maskIou": iou_case(),
}
with open(f"{OUT}/egodtm.json", "w") as file:
    json.dump(fixtures, file)
with open("libs/ego-data/src/fixtures/coco_polygons.json", "w") as file:
    json.dump(polygon_cases(), file)
