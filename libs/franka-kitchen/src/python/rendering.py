"""Pictures of a MuJoCo model: by OpenGL, or by casting rays, which needs nothing but the `mujoco` wheel."""

from kitchen import package
from protocol import Mistake

# degrees by which the environment's own view is turned: the cameras that its model names look past the arm
CAMERAS = {"default": 0, "left": -30, "right": 40}
SHOWN_GROUPS = 3  # geom groups 0 to 2 are drawn, the others are collision shapes
AMBIENT = 0.35
SKY = 200


def renderer(kind, camera, size):
    """A function from a model to its renderer, or None for `none`."""
    if kind == "none":
        return None
    return lambda model: (Rays if kind == "rays" else OpenGL)(model, camera, size)


def view(name):
    """A camera of gymnasium-robotics' distance, height and aim."""
    config = package("gymnasium_robotics.envs.franka_kitchen.franka_env").DEFAULT_CAMERA_CONFIG
    camera = package("mujoco").MjvCamera()
    camera.distance, camera.elevation = config["distance"], config["elevation"]
    camera.azimuth = config["azimuth"] + CAMERAS[name]
    camera.lookat[:] = config["lookat"]
    return camera


class OpenGL:
    """MuJoCo's own renderer, off screen. Which OpenGL it takes is MUJOCO_GL's matter (egl, osmesa, glfw)."""

    def __init__(self, model, camera, size):
        mujoco = package("mujoco")
        try:
            self.renderer = mujoco.Renderer(model, size, size)
        except Exception as error:  # each OpenGL binding has exceptions of its own
            raise Mistake(
                f"MuJoCo can't draw with OpenGL on this machine ({error or type(error).__name__})",
                "franka-kitchen.renderer",
                "set it to `rays`, which needs no OpenGL, or install Mesa's EGL or OSMesa and set MUJOCO_GL to `egl` or `osmesa`",
            ) from error
        self.camera = view(camera)

    def render(self, data):
        self.renderer.update_scene(data, self.camera)
        return self.renderer.render()

    def close(self):
        self.renderer.close()


class Rays:
    """One ray a pixel by `mj_multiRay`: the model's geometry in flat colours, lit from the camera; no textures, no shadows.

    A texture counts by its mean colour. The surface's slant comes from the distances of neighbouring pixels.
    """

    def __init__(self, model, camera, size):
        self.mujoco, self.np = package("mujoco"), package("numpy")
        self.model, self.size = model, size
        self.origin, self.axes = self.pose(view(camera))
        self.colours = self.geom_colours()
        self.groups = self.np.array([group < SHOWN_GROUPS for group in range(6)], self.np.uint8)

    def geom_colours(self):
        """RGBA of each geom, [geom, 4] in 0..1."""
        model, np = self.model, self.np
        colours = model.geom_rgba.astype(float).copy()
        default = np.array([0.5, 0.5, 0.5, 1])
        for geom, material in enumerate(model.geom_matid):
            if material < 0:
                continue
            if np.allclose(colours[geom], default):
                colours[geom] = model.mat_rgba[material]
            texture = np.max(model.mat_texid[material])
            if texture >= 0:
                colours[geom, :3] *= self.mean_of_texture(texture)
        return colours

    def mean_of_texture(self, texture):
        model = self.model
        channels = model.tex_nchannel[texture]
        count = model.tex_height[texture] * model.tex_width[texture] * channels
        start = model.tex_adr[texture]
        return model.tex_data[start : start + count].reshape(-1, channels)[:, :3].mean(0) / 255

    def pose(self, camera):
        """Position, and axes (right, up, back) as columns."""
        np = self.np
        azimuth, elevation = np.deg2rad(camera.azimuth), np.deg2rad(camera.elevation)
        forward = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
        right = np.array([np.sin(azimuth), -np.cos(azimuth), 0])
        return camera.lookat - camera.distance * forward, np.stack([right, np.cross(right, forward), -forward], 1)

    def render(self, data):
        np, size = self.np, self.size
        steps = ((np.arange(size) + 0.5) / size * 2 - 1) * np.tan(np.deg2rad(self.model.vis.global_.fovy) / 2)
        x, y = np.meshgrid(steps, -steps)
        rays = np.stack([x, y, -np.ones_like(x)], -1) @ self.axes.T
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        geoms, distances = self.cast(data, rays.reshape(-1, 3))
        hit = (geoms >= 0).reshape(size, size, 1)
        points = self.origin + rays * np.where(geoms >= 0, distances, 10.0).reshape(size, size, 1)
        light = AMBIENT + (1 - AMBIENT) * self.facing(points, rays)
        colours = self.colours[np.maximum(geoms, 0), :3].reshape(size, size, 3)
        return np.where(hit, np.clip(255 * colours * light, 0, 255), SKY).astype(np.uint8)

    def cast(self, data, rays):
        """The geom that each ray [n, 3] meets first (-1: none) and how far it is."""
        np, count = self.np, len(rays)
        geoms, distances = np.full(count, -1, np.int32), np.zeros(count)
        self.mujoco.mj_multiRay(
            self.model, data, self.origin, np.ascontiguousarray(rays).ravel(), self.groups, 1, -1,
            geoms, distances, count, self.mujoco.mjMAXVAL,
        )
        return geoms, distances

    def facing(self, points, rays):
        """Cosine between the view and the surface's normal, [height, width, 1]."""
        np = self.np
        across, down = np.gradient(points, axis=1), np.gradient(points, axis=0)
        normals = np.cross(across, down)
        lengths = np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
        return np.abs((normals / lengths * rays).sum(-1, keepdims=True))

    def close(self):
        pass
