"""What the field's tools say about small trajectories, videos, depth maps and feature sets, for libs/metrics/src/egom2p.spec.ts
and libs/ego-data/src/geometry/geometry.spec.ts.

    pip install evo==1.38.1 scikit-image==0.26.0 scipy==1.17.1 numpy
    python tools/parity/egom2p_metrics.py libs/metrics/src/fixtures/egom2p_metrics.json libs/ego-data/src/fixtures/rotations.json
"""

import json
import sys

import numpy as np
from evo.core import metrics, sync, trajectory
from scipy import linalg
from scipy.spatial.transform import Rotation, Slerp
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

rng = np.random.default_rng(0)


def path(count, step, noise):
    """A smooth walk and a scaled, turned, shifted and noisy copy; quaternions wxyz as evo has them."""
    times = np.cumsum(rng.uniform(0.02, 0.05, count))
    positions = np.cumsum(rng.normal(0, step, (count, 3)), 0)
    turns = Rotation.from_rotvec(np.cumsum(rng.normal(0, 0.05, (count, 3)), 0))
    move, shift = Rotation.from_rotvec([0.3, -0.5, 1.1]), np.array([1.0, -2.0, 0.5])
    estimate = 0.8 * move.apply(positions) + shift + rng.normal(0, noise, (count, 3))
    turned = move * turns * Rotation.from_rotvec(rng.normal(0, noise, (count, 3)))
    jitter = rng.uniform(-0.004, 0.004, count)
    return (times, positions, turns), (times + jitter, estimate, turned)


def evo_path(times, positions, turns):
    return trajectory.PoseTrajectory3D(
        positions_xyz=positions, orientations_quat_wxyz=turns.as_quat(scalar_first=True), timestamps=times
    )


def packed(times, positions, turns):
    rows = np.concatenate([times[:, None], positions, turns.as_quat()], 1)
    return [[float(value) for value in row] for row in rows]


def trajectories():
    truth, estimate = path(60, 0.04, 0.01)
    keep = np.sort(rng.permutation(60)[:41])
    estimate = (estimate[0][keep], estimate[1][keep], estimate[2][keep])
    reference, predicted = sync.associate_trajectories(evo_path(*truth), evo_path(*estimate), max_diff=0.01)
    result = {"truth": packed(*truth), "predicted": packed(*estimate), "pairs": int(predicted.num_poses)}
    for name, align, scale in [("none", False, False), ("se3", True, False), ("sim3", True, True)]:
        moved = trajectory.PoseTrajectory3D(
            positions_xyz=predicted.positions_xyz.copy(),
            orientations_quat_wxyz=predicted.orientations_quat_wxyz.copy(),
            timestamps=predicted.timestamps.copy(),
        )
        if align:
            _, _, factor = moved.align(reference, correct_scale=scale)
            result[f"scale_{name}"] = float(factor)
        ape = metrics.APE(metrics.PoseRelation.translation_part)
        ape.process_data((reference, moved))
        result[f"ate_{name}"] = float(ape.get_statistic(metrics.StatisticsType.rmse))
    for name, relation in [
        ("rte", metrics.PoseRelation.translation_part),
        ("rre", metrics.PoseRelation.rotation_angle_deg),
    ]:
        rpe = metrics.RPE(relation, delta=1, delta_unit=metrics.Unit.frames, all_pairs=True)
        rpe.process_data((reference, predicted))
        result[name] = float(rpe.get_statistic(metrics.StatisticsType.rmse))
    return result


def images():
    truth = rng.integers(0, 256, (2, 18, 23, 3), dtype=np.uint8)
    predicted = np.clip(truth + rng.normal(0, 25, truth.shape), 0, 255).astype(np.uint8)
    options = dict(data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, channel_axis=2)
    return {
        "shape": list(truth.shape),
        "truth": truth.flatten().tolist(),
        "predicted": predicted.flatten().tolist(),
        "psnr": float(np.mean([peak_signal_noise_ratio(a, b, data_range=255) for a, b in zip(truth, predicted)])),
        "ssim": float(np.mean([structural_similarity(a, b, **options) for a, b in zip(truth, predicted)])),
    }


def depth_errors(predicted, truth, mask, pool):
    frames = [mask] if pool == "sequence" else [mask & (np.arange(len(mask)) == i)[:, None] for i in range(len(mask))]
    rows = []
    for part in frames:
        d, g = predicted[part], truth[part]
        ratio = np.maximum(d / g, g / d)
        rows.append(
            [np.mean(np.abs(d - g) / g), np.sqrt(np.mean((d - g) ** 2)), *[np.mean(ratio < 1.25**k) for k in (1, 2, 3)]]
        )
    return [float(value) for value in np.mean(rows, 0)]


def depths():
    truth = rng.uniform(0.4, 5, (3, 40)).astype(np.float32)
    truth[rng.uniform(size=truth.shape) < 0.2] = 0
    truth[0, 0] = np.nan
    relative = (truth * 0.5 + 0.3 + rng.normal(0, 0.15, truth.shape)).astype(np.float32)
    relative[~np.isfinite(relative)] = 1
    disparity = (0.7 / np.maximum(np.nan_to_num(truth), 0.4) + 0.05 + rng.normal(0, 0.05, truth.shape)).astype(np.float32)
    mask = np.nan_to_num(truth) > 0
    t = truth.astype(np.float64)
    r, s = relative.astype(np.float64), disparity.astype(np.float64)
    scale, shift = np.polyfit(r[mask], t[mask], 1)
    inverse_scale, inverse_shift = np.polyfit(s[mask], 1 / t[mask], 1)
    aligned = {
        "none": np.maximum(r, 1e-3),
        "median": r * np.median(t[mask]) / np.median(r[mask]),
        "affine-depth": np.maximum(r * scale + shift, 1e-3),
        "affine-disparity": 1 / np.maximum(s * inverse_scale + inverse_shift, 1e-3),
    }
    return {
        "truth": [None if np.isnan(value) else float(value) for value in truth.flatten()],
        "depth": relative.flatten().tolist(),
        "disparity": disparity.flatten().tolist(),
        "errors": {
            name: {pool: depth_errors(value, t, mask, pool) for pool in ("sequence", "frame")}
            for name, value in aligned.items()
        },
    }


def frechet(count_a, count_b, dim):
    a, b = rng.normal(0, 1, (count_a, dim)), rng.normal(0.3, 1.4, (count_b, dim)) @ rng.normal(0, 0.5, (dim, dim))
    a, b = a.astype(np.float32), b.astype(np.float32)
    ca, cb = np.cov(a, rowvar=False, dtype=np.float64), np.cov(b, rowvar=False, dtype=np.float64)
    root_a = np.real(linalg.sqrtm(ca + 1e-300))
    eigenvalues = np.linalg.eigvalsh(root_a @ cb @ root_a)
    mixed = np.sqrt(np.maximum(eigenvalues, 0)).sum()
    if min(count_a, count_b) <= dim:  # the nuclear norm: no square root of a singular matrix
        ra = (a - a.mean(0, dtype=np.float64)) / np.sqrt(count_a - 1)
        rb = (b - b.mean(0, dtype=np.float64)) / np.sqrt(count_b - 1)
        mixed = np.linalg.svd(ra @ rb.T, compute_uv=False).sum()
    means = a.mean(0, dtype=np.float64) - b.mean(0, dtype=np.float64)
    distance = float(means @ means + np.trace(ca) + np.trace(cb) - 2 * mixed)
    return {"dim": dim, "a": a.flatten().tolist(), "b": b.flatten().tolist(), "distance": distance}


def rotations():
    turns = Rotation.from_rotvec(rng.normal(0, 1.5, (6, 3)))
    slerp = Slerp([0, 1], turns[:2])
    return {
        "xyzw": turns.as_quat().tolist(),
        "matrices": turns.as_matrix().reshape(6, 9).tolist(),
        "angles": turns.magnitude().tolist(),
        "slerp": {"fractions": [0.25, 0.7], "matrices": slerp([0.25, 0.7]).as_matrix().reshape(2, 9).tolist()},
    }


json.dump(
    {
        "trajectory": trajectories(),
        "image": images(),
        "depth": depths(),
        "frechet": [frechet(30, 25, 4), frechet(5, 7, 12)],
    },
    open(sys.argv[1], "w"),
)
json.dump(rotations(), open(sys.argv[2], "w"))
