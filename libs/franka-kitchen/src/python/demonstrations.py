"""Demonstrations on disk: read D4RL's and Minari's layouts, write Minari's.

Minari (`main_data.hdf5`): a group `episode_<i>` an episode with `observations` (a group with `observation` for a goal environment, or
the array itself), one row more than `actions`. D4RL (`.hdf5` or `.npz`): `observations`, `actions` and the ends of episodes, `terminals`
and `timeouts`, over all episodes in one. An observation is the state of FrankaKitchen-v1 (59 values) or D4RL's v0 (60: positions
and goal); actions are joint velocities in [-1, 1].
"""

import os
import re

from kitchen import JOINTS, OBJECTS, STATE, package
from protocol import Mistake

LEGACY_STATE = 60
ACTIONS = 9


def positions(states):
    """The 30 coordinates of states [n, 59 or 60]."""
    np = package("numpy")
    if states.shape[1] == LEGACY_STATE:
        return states[:, : JOINTS + OBJECTS]
    return np.concatenate([states[:, :JOINTS], states[:, 2 * JOINTS : 2 * JOINTS + OBJECTS]], 1)


class Demonstrations:
    """An opened file: `ids`, and `episode(id)` -> states [n + 1, 59] (D4RL: [n, 60]), actions [n, 9], the furniture's offset."""

    def __init__(self, path):
        self.np, self.path = package("numpy"), path
        if not os.path.isfile(path):
            raise Mistake("there is no such file", path, "name Minari's main_data.hdf5, or D4RL's .hdf5 or .npz")
        self.arrays = self.open()
        self.minari = "actions" not in self.arrays
        self.ids = self.minari_ids() if self.minari else self.flat_ids()
        if not self.ids:
            raise Mistake("expected episodes, found none", path)

    def open(self):
        if self.path.endswith(".npz"):
            try:
                return dict(self.np.load(self.path, allow_pickle=False))
            except Exception as error:  # zipfile, numpy and zlib each have their own
                raise self.damaged(error) from error
        try:
            return package("h5py").File(self.path, "r")
        except OSError as error:
            raise self.damaged(error) from error

    def damaged(self, error):
        return Mistake(f"not a readable HDF5 or .npz file ({error})", self.path, "it may be cut: copy it again")

    def minari_ids(self):
        found = [re.fullmatch(r"episode_(\d+)", name) for name in self.arrays]
        return sorted((match.group() for match in found if match), key=lambda name: int(name[8:]))

    def flat_ids(self):
        """Names of the episodes of a D4RL file, `<first row>-<row after the last>`."""
        np = self.np
        count = len(self.array(self.arrays, "actions", ""))
        ends = np.zeros(count, bool)
        for key in ("terminals", "timeouts"):
            if key in self.arrays:
                flags = np.asarray(self.arrays[key]).reshape(-1).astype(bool)
                if len(flags) != count:
                    raise Mistake(f"expected {count} {key}, one an action, got {len(flags)}", self.path)
                ends |= flags
        borders = [0, *(np.flatnonzero(ends) + 1)]
        if borders[-1] != count:
            borders.append(count)
        return [f"{begin}-{end}" for begin, end in zip(borders, borders[1:])]

    def array(self, group, key, record):
        if key not in group:
            raise Mistake(f"expected the array '{key}', found {', '.join(group) or 'none'}", f"{self.path}{record}")
        return group[key]

    def episode(self, name):
        np = self.np
        if name not in self.ids:
            raise Mistake(f"there is no episode '{name}', there are {self.ids[0]} to {self.ids[-1]}", self.path)
        record, offset = f", {name}", (0.0, 0.0)
        if self.minari:
            group = self.arrays[name]
            states = self.array(group, "observations", record)
            if hasattr(states, "keys"):
                states = self.array(states, "observation", f"{record}, observations")
            states, actions = np.asarray(states), np.asarray(self.array(group, "actions", record))
            offset = group.attrs.get("options/kitchen", offset)
        else:
            begin, end = map(int, name.split("-"))
            states = np.asarray(self.array(self.arrays, "observations", "")[begin:end])
            actions = np.asarray(self.arrays["actions"][begin:end])
        self.check(states, actions, len(actions) + int(self.minari), record)
        return states.astype(float), actions.astype(float), offset

    def check(self, states, actions, rows, record):
        np, where = self.np, f"{self.path}{record}"
        if actions.ndim != 2 or actions.shape[1] != ACTIONS:
            raise Mistake(f"expected actions [steps, {ACTIONS}], got {list(actions.shape)}", where)
        if states.ndim != 2 or len(states) != rows or states.shape[1] not in (STATE, LEGACY_STATE):
            raise Mistake(f"expected observations [{rows}, {STATE} or {LEGACY_STATE}], got {list(states.shape)}", where)
        for key, values in (("observations", states), ("actions", actions)):
            if values.dtype.kind != "f" or not np.isfinite(values).all():
                row = int(np.argmax(~np.isfinite(values).all(1))) if values.dtype.kind == "f" else 0
                raise Mistake(f"expected finite floats in {key}, row {row} has others", where)


def write_minari(path, episodes):
    """Write episodes, each a dictionary of `states` [n + 1, 59], `actions` [n, 9], `offset`, `seed`."""
    np, h5py = package("numpy"), package("h5py")
    partial = f"{path}.partial"
    with h5py.File(partial, "w", track_order=True) as file:
        for number, episode in enumerate(episodes):
            group = file.create_group(f"episode_{number}")
            steps = len(episode["actions"])
            group.attrs.update({"id": number, "seed": episode["seed"], "total_steps": steps})
            group.attrs["options/kitchen"] = episode["offset"]
            group.create_group("observations")["observation"] = np.asarray(episode["states"])
            group["actions"] = np.asarray(episode["actions"])
            last = np.arange(steps) == steps - 1
            group["rewards"], group["terminations"] = last.astype(float), last
            group["truncations"] = np.zeros(steps, bool)
    os.replace(partial, path)
