"""A scripted expert: the gripper follows a few waypoints around a handle until the task is done.

The legs are written by hand for gymnasium-robotics' kitchen: where the gripper's site is to go relative to a site of the furniture, which
moves along with it. Joint velocities come from the site's Jacobian by damped least squares (Buss 2004), which also keep the gripper's
orientation; what the task leaves open pulls the arm to the middle of its joints' ranges.
"""

from dataclasses import dataclass

from kitchen import package

GRIPPER = "end_effector"
ARM = 7
RATE = 5.0  # of the distance that is left, per second
TURN_RATE = 4.0
TURN_WEIGHT = 0.3
DAMPING = 0.03
REST_RATE = 1.0
MARGIN = 0.03  # radians from a joint's limit at which it no longer moves further
ACTION_RANGE = 2.0  # radians per second of an action of 1 (FrankaRobot.act_rng)
OPEN, CLOSED = 1.0, -1.0


@dataclass(frozen=True)
class Leg:
    """Go to the site plus `offset` (metres: right, into the kitchen, up) at up to `speed` metres per second, then on to the next leg."""

    offset: tuple
    fingers: float = CLOSED
    speed: float = 0.8
    near: float = 0.02
    patience: int = 25  # steps after which the leg is over, wherever the gripper is
    held: bool = False  # the offset is from where the gripper was when the leg began
    ahead: float = 0.0  # metres ahead of the site, the way on which the task's joint moves it
    turning: bool = False  # offset and gripper turn with the task's joint
    twist: float = 0.0  # radians by which they are ahead of it


@dataclass(frozen=True)
class Plan:
    site: str
    legs: tuple
    yaw: float = 0.0  # of the gripper, radians to the left of straight into the kitchen


PLANS = {
    "slide cabinet": Plan("slide_site", (Leg((-0.09, -0.14, 0)), Leg((-0.07, -0.02, 0)), Leg((0.3, 0, 0), held=True))),
    "light switch": Plan("light_site", (Leg((0.1, -0.14, 0)), Leg((0.08, -0.02, 0)), Leg((-0.3, 0, 0), held=True))),
    "microwave": Plan("microhandle_site", (
        Leg((0.06, -0.12, 0), OPEN, near=0.008, patience=40), Leg((0, -0.01, 0), OPEN, speed=0.3, near=0.01), Leg((0, -0.01, 0), patience=5, near=0),
        Leg((0, -0.01, 0), ahead=0.1, speed=0.15, patience=200, turning=True),
    ), yaw=0.5),
    "hinge cabinet": Plan("hinge_site2", (
        Leg((0, -0.12, 0), OPEN, near=0.008, patience=40), Leg((0, -0.01, 0), OPEN, speed=0.3, near=0.01), Leg((0, -0.01, 0), patience=5, near=0),
        Leg((0, -0.01, 0), ahead=0.1, speed=0.15, patience=200, turning=True),
    )),
    "top burner": Plan("knob4_site", (
        Leg((0, -0.12, 0), OPEN, near=0.008, patience=40), Leg((0, -0.045, 0), OPEN, speed=0.3, near=0.01),
        Leg((0, -0.045, 0), patience=5, near=0), Leg((0, -0.045, 0), turning=True, twist=0.8, patience=200, near=0),
    )),
}


class Expert:
    """Works through an element's legs, an action a step."""

    def __init__(self, kitchen):
        self.np, self.mujoco, self.kitchen = package("numpy"), package("mujoco"), kitchen
        self.model, self.data = kitchen.model, kitchen.data
        self.plan = PLANS[kitchen.element]
        self.site, self.gripper = self.model.site(self.plan.site).id, self.model.site(GRIPPER).id
        self.middle = self.model.jnt_range[:ARM].mean(1)
        # fingers beside each other, pointing into the kitchen (columns: the site's axes)
        straight = self.np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
        self.facing = self.rotation([0, 0, 1], self.plan.yaw) @ straight
        self.leg = -1
        self.next_leg()

    def next_leg(self):
        self.leg = min(self.leg + 1, len(self.plan.legs) - 1)
        self.since = 0
        self.start = self.data.site_xpos[self.gripper].copy()

    def action(self):
        """Joint velocities [9] in -1..1."""
        np, leg = self.np, self.plan.legs[self.leg]
        turn = self.joint_turn(leg.twist) if leg.turning else np.eye(3)
        base = self.start if leg.held else self.data.site_xpos[self.site]
        error = base + turn @ leg.offset + leg.ahead * self.way() - self.data.site_xpos[self.gripper]
        self.since += 1
        if np.linalg.norm(error) < leg.near or self.since > leg.patience:
            self.next_leg()
        velocity = error * RATE
        velocity *= min(1.0, leg.speed / max(np.linalg.norm(velocity), 1e-9))
        arm = self.servo(self.joint_velocities(velocity, turn @ self.facing))
        return np.clip(np.concatenate([arm / ACTION_RANGE, [leg.fingers] * 2]), -1, 1)

    def way(self):
        """Direction in which the task's joint takes the site towards its goal."""
        np, joint = self.np, self.kitchen.joint
        from_axis = self.data.site_xpos[self.site] - self.data.xanchor[joint]
        tangent = np.cross(self.data.xaxis[joint], from_axis) * self.kitchen.sign
        return tangent / np.linalg.norm(tangent)

    def joint_turn(self, ahead):
        """Rotation of the task's hinge from where it is closed, and `ahead` radians more."""
        joint = self.kitchen.joint
        return self.rotation(self.data.xaxis[joint], self.data.qpos[joint] + self.kitchen.sign * ahead)

    def rotation(self, axis, angle):
        np = self.np
        quaternion, matrix = np.zeros(4), np.zeros(9)
        self.mujoco.mju_axisAngle2Quat(quaternion, np.asarray(axis, float), angle)
        self.mujoco.mju_quat2Mat(matrix, quaternion)
        return matrix.reshape(3, 3)

    def joint_velocities(self, velocity, facing):
        """Of the arm, for a velocity of the gripper that turns towards `facing`."""
        np, mujoco = self.np, self.mujoco
        position, rotation = np.zeros((3, self.model.nv)), np.zeros((3, self.model.nv))
        mujoco.mj_jacSite(self.model, self.data, position, rotation, self.gripper)
        now = self.data.site_xmat[self.gripper].reshape(3, 3)
        turn = 0.5 * np.cross(now, facing, axis=0).sum(1) * TURN_RATE
        jacobian = np.concatenate([position[:, :ARM], TURN_WEIGHT * rotation[:, :ARM]])
        wanted = np.concatenate([velocity, TURN_WEIGHT * turn])
        velocities = self.least_squares(jacobian, wanted, np.ones(ARM, bool))
        low, high = self.model.jnt_range[:ARM].T
        angles = self.data.qpos[:ARM]
        blocked = ((angles < low + MARGIN) & (velocities < 0)) | ((angles > high - MARGIN) & (velocities > 0))
        return self.least_squares(jacobian, wanted, ~blocked) if blocked.any() else velocities

    def least_squares(self, jacobian, wanted, free):
        """Velocities of the joints that are free, zero for the others."""
        np = self.np
        jacobian = jacobian * free
        inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + DAMPING**2 * np.eye(6))
        rest = free * REST_RATE * (self.middle - self.data.qpos[:ARM])
        return inverse @ wanted + (np.eye(ARM) - inverse @ jacobian) @ rest

    def servo(self, velocities):
        """What to ask for so that the joints' position servos, which see one step ahead, move like this under gravity and damping."""
        stiffness = self.model.actuator_gainprm[:ARM, 0] * self.kitchen.seconds
        load = self.data.qfrc_bias[:ARM] + self.model.dof_damping[:ARM] * velocities
        return velocities + load / stiffness


def demonstrate(kitchen, seed, noise):
    """An episode of `demonstrations.write_minari`, or None when the expert fails.

    Noise of deviation `noise` disturbs what is done while what the expert meant is recorded (DART, Laskey et al. 2017), so that a
    policy also sees how one comes back.
    """
    np = package("numpy")
    rng = np.random.default_rng([seed, 1])
    states, actions = [kitchen.reset(seed)], []
    expert = Expert(kitchen)
    while not kitchen.done:
        action = expert.action()
        actions.append(action)
        states.append(kitchen.step(np.clip(action + rng.normal(0, noise, len(action)), -1, 1)))
    if not kitchen.success:
        return None
    return {"states": states, "actions": actions, "offset": kitchen.offset, "seed": seed}
