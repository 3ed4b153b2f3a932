"""The Franka Kitchen behind `protocol.py`: what `kitchen.ts` asks."""

import controller
import demonstrations
import rendering
from kitchen import Kitchen, package
from protocol import Mistake, serve

kitchen = None
opened = None


def named(name, values):
    return name, str(values.dtype), values.shape, values.tobytes()


def observation():
    np = package("numpy")
    arrays = [named("state", np.asarray(kitchen.state, np.float64))]
    if kitchen.renderer:
        arrays.append(named("image", kitchen.image()))
    return {"success": kitchen.success, "done": kitchen.done}, arrays


def open_kitchen(header, _):
    global kitchen
    if kitchen:
        kitchen.close()
    draw = rendering.renderer(header["renderer"], header["camera"], header["imageSize"])
    kitchen = Kitchen(header["element"], header["variation"], header["maxSteps"], draw)
    versions = {name: package(name).__version__ for name in ("gymnasium_robotics", "gymnasium", "mujoco", "numpy")}
    return {"versions": versions}, []


def reset(header, _):
    kitchen.reset(header["seed"])
    return observation()


def step(_, arrays):
    np = package("numpy")
    _, _, data = arrays["action"]
    kitchen.step(np.frombuffer(data, np.float32))
    return observation()


def collect(header, _):
    """Let the scripted controller work until `count` episodes have succeeded, and write these."""
    episodes, tried = [], 0
    while len(episodes) < header["count"] and tried < header["maxAttempts"]:
        seed = header["firstSeed"] + tried
        tried += 1
        episode = controller.demonstrate(kitchen, seed, header["noise"])
        if episode:
            episodes.append(episode)
    if episodes:
        demonstrations.write_minari(header["file"], episodes)
    return {"attempts": tried, "successes": len(episodes), "steps": [len(each["actions"]) for each in episodes]}, []


def episodes(header, _):
    global opened
    opened = demonstrations.Demonstrations(header["file"])
    return {"ids": opened.ids}, []


def episode(header, _):
    """An episode up to the step in which the task is done; `completed` is false where it never is."""
    np = package("numpy")
    if opened is None:
        raise Mistake("no file of demonstrations is open")
    states, actions, offset = opened.episode(header["id"])
    coordinates = demonstrations.positions(states)
    reached = [kitchen.reached(row) for row in coordinates]
    length = min(reached.index(True) if True in reached else len(actions), len(actions))
    arrays = [named("states", states[:length]), named("actions", actions[:length])]
    if kitchen.renderer:
        images = [kitchen.show(row, offset) for row in coordinates[:length]]
        arrays.append(named("images", np.stack(images) if images else np.zeros((0, 1, 1, 3), np.uint8)))
    return {"completed": True in reached}, arrays


serve(
    {
        "open": open_kitchen,
        "reset": reset,
        "step": step,
        "collect": collect,
        "episodes": episodes,
        "episode": episode,
    }
)
