"""gymnasium-robotics' FrankaKitchen-v1 with one task, a start that varies, and pictures."""

import importlib
import sys

from protocol import Mistake

INSTALL = "run `node tools/setup/robotics.mjs`, which makes a Python environment with gymnasium-robotics, MuJoCo and h5py"
JOINTS = 9
OBJECTS = 21  # coordinates of the kitchen's joints, the kettle's free one included
STATE = JOINTS + JOINTS + OBJECTS + 20  # positions and velocities of the robot, then of the objects


def package(name):
    """A package of the robotics environment, or what to do without it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Mistake(f"the Python package '{name}' can't be imported ({error})", sys.executable, INSTALL) from error


class Kitchen:
    """One environment.

    `variation.kitchen` (metres) moves the furniture, `variation.joints` (radians) the arm's first pose, each uniformly up to that
    far either way, drawn from the episode's seed. Without them gymnasium-robotics starts every episode alike, and a policy that
    sees nothing can repeat what it learned.
    """

    def __init__(self, element, variation, max_steps, renderer):
        self.np = package("numpy")
        gymnasium = package("gymnasium")
        gymnasium.register_envs(package("gymnasium_robotics"))
        self.mujoco = package("mujoco")
        self.element, self.variation = element, variation
        self.env = gymnasium.make("FrankaKitchen-v1", tasks_to_complete=[element]).unwrapped
        self.max_steps = max_steps
        self.seconds = self.env.robot_env.dt
        self.model, self.data = self.env.model, self.env.data
        envs = package("gymnasium_robotics.envs.franka_kitchen.kitchen_env")
        self.indices, self.goal = envs.OBS_ELEMENT_INDICES[element], envs.OBS_ELEMENT_GOALS[element]
        self.near = envs.BONUS_THRESH
        # the joint that the task moves furthest, and which way
        moved = self.np.argmax(self.np.abs(self.goal))
        self.joint, self.sign = self.indices[moved], self.np.sign(self.goal[moved])
        self.desk = self.model.body("desk").id
        self.desk_position = self.model.body_pos[self.desk].copy()
        self.renderer = renderer(self.model) if renderer else None

    def reset(self, seed):
        rng = self.np.random.default_rng(seed)
        kitchen, joints = self.variation["kitchen"], self.variation["joints"]
        self.env.reset(seed=seed)
        self.place(rng.uniform(-kitchen, kitchen, 2))
        positions = self.data.qpos.copy()
        positions[:7] += rng.uniform(-joints, joints, 7)
        positions[23:25] += self.offset
        self.env.robot_env.set_state(positions, self.np.zeros(self.model.nv))
        self.steps = 0
        self.success = False
        self.state = self.env._get_obs(self.env.robot_env._get_obs())["observation"]
        return self.state

    def place(self, offset):
        """Put the furniture `offset` (x, y in metres) from where it stands by default."""
        self.offset = self.np.asarray(offset, float)
        self.model.body_pos[self.desk] = self.desk_position + [*self.offset, 0]

    def step(self, action):
        observation, _, terminated, _, _ = self.env.step(self.np.asarray(action, float))
        self.steps += 1
        self.success = self.success or bool(terminated)
        self.state = observation["observation"]
        return self.state

    @property
    def done(self):
        return self.success or self.steps >= self.max_steps

    def image(self):
        """What the camera sees, uint8 [height, width, 3]."""
        return self.renderer.render(self.data)

    def show(self, positions, offset):
        """The picture of a recorded state: `positions` are the 30 coordinates."""
        self.place(offset)
        self.env.robot_env.set_state(positions, self.np.zeros(self.model.nv))
        return self.image()

    def reached(self, positions):
        """Whether the task is done in a recorded state, as the environment measures it."""
        return bool(self.np.linalg.norm(positions[self.indices] - self.goal) < self.near)

    def close(self):
        if self.renderer:
            self.renderer.close()
        self.env.close()
