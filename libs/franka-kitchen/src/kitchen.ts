import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UserError } from '@egolab/foundation';
import type { MessageArray } from './message.ts';
import { PythonProcess } from './python-process.ts';
import { INSTALL } from './robotics-python.ts';
import { kitchenTasks, type KitchenTaskName } from './tasks.ts';

const count = z.number().int().positive();

/** How the kitchen starts and looks. */
export const kitchenSettings = z.strictObject({
  /** `rays` needs the mujoco wheel only; `opengl` is MuJoCo's own renderer and needs EGL or OSMesa */
  renderer: z.enum(['rays', 'opengl']),
  /** the environment's own view, or one from further left or right; R3M has three too, others than these */
  camera: z.enum(['default', 'left', 'right']),
  /** side of the pictures, in pixels; 256 in R3M */
  imageSize: count,
  /** steps of 0.08 s after which an episode has failed; 50 in R3M, 280 in gymnasium-robotics */
  maxSteps: count,
  /** how far the furniture stands from its place (metres) and the arm from its first pose (radians), uniformly either way */
  variation: z.strictObject({ kitchen: z.number().min(0).max(0.1), joints: z.number().min(0).max(0.2) }),
  /** how long the simulation may take for an answer */
  timeoutSeconds: z.number().positive(),
});
export type KitchenSettings = z.infer<typeof kitchenSettings>;

/** Joint positions at the front of a state: what R3M's policies know of the arm (`proprio=9`). */
export const PROPRIOCEPTION = 9;
/** Joint velocities. */
export const ACTIONS = 9;

/** Pictures of one size. */
export interface KitchenImages {
  /** uint8 `[picture, size, size, 3]` */
  readonly data: Uint8Array;
  readonly count: number;
  readonly size: number;
}

/** What an episode shows before an action. */
export interface Observation {
  /** joint positions of arm and fingers with the environment's noise, radians and metres, `[9]` */
  readonly proprioception: Float32Array;
  /** one picture; none if the kitchen was opened without */
  readonly image: KitchenImages | undefined;
  /** the task's joint has been within 0.3 of its goal (gymnasium-robotics' own measure) */
  readonly success: boolean;
  /** success, or `maxSteps` are over */
  readonly done: boolean;
}

/** An expert's episode, up to the step in which the task is done. */
export interface Demonstration {
  readonly id: string;
  readonly steps: number;
  /** `[steps, 9]` */
  readonly proprioception: Float32Array;
  /** `[steps, 9]`, -1 to 1 */
  readonly actions: Float32Array;
  readonly images: KitchenImages | undefined;
  /** whether the task is done in it */
  readonly completed: boolean;
}

/** What the scripted controller did. */
export interface Collected {
  readonly attempts: number;
  readonly successes: number;
  /** of each success */
  readonly steps: readonly number[];
}

const openedSchema = z.object({ versions: z.record(z.string(), z.string()) });
const observedSchema = z.object({ success: z.boolean(), done: z.boolean() });
const collectedSchema = z.object({ attempts: count, successes: z.number().int().min(0), steps: z.array(count) });
const idsSchema = z.object({ ids: z.array(z.string()).min(1) });
const episodeSchema = z.object({ completed: z.boolean() });

/** gymnasium-robotics' FrankaKitchen-v1, which runs in a Python process of its own. */
export class FrankaKitchen {
  private readonly python: PythonProcess;

  /**
   * @param python interpreter with gymnasium-robotics (see `roboticsPython`)
   * @param script a file that answers the same questions
   */
  constructor(
    python: string,
    { renderer, timeoutSeconds }: Pick<KitchenSettings, 'renderer' | 'timeoutSeconds'>,
    script = fileURLToPath(new URL('python/bridge.py', import.meta.url)),
  ) {
    this.python = new PythonProcess({
      python,
      script,
      timeoutSeconds,
      install: INSTALL,
      env: { MUJOCO_GL: renderer === 'opengl' ? (process.env['MUJOCO_GL'] ?? 'egl') : 'disabled' },
    });
  }

  /**
   * Begin a task; once more for another one.
   *
   * @param pictures without, `image` is undefined and steps take less time
   * @returns versions of the Python packages
   * @throws UserError when Python, a package or OpenGL is missing
   */
  async open(task: KitchenTaskName, settings: KitchenSettings, pictures = true): Promise<Record<string, string>> {
    const { renderer, camera, imageSize, maxSteps, variation } = settings;
    const { element } = kitchenTasks[task];
    const drawn = pictures ? renderer : 'none';
    const { header } = await this.python.ask('open', {
      element,
      renderer: drawn,
      camera,
      imageSize,
      maxSteps,
      variation,
    });
    return openedSchema.parse(header).versions;
  }

  /** Start an episode; the seed decides where furniture and arm stand, and the observations' noise. */
  async reset(seed: number): Promise<Observation> {
    return observation(await this.python.ask('reset', { seed }));
  }

  /** @param action joint velocities `[9]`; the environment clips them to -1..1 */
  async step(action: Float32Array): Promise<Observation> {
    return observation(
      await this.python.ask('step', {}, [{ name: 'action', dtype: 'float32', shape: [ACTIONS], data: action }]),
    );
  }

  /**
   * Have the scripted controller do the task until `successes` episodes have succeeded, and write these in Minari's layout.
   *
   * @param options.file a `.hdf5` file; without a success none is written
   * @param options.noise deviation of the noise that disturbs the controller's actions while the undisturbed ones are written
   * (DART, Laskey et al. 2017): a policy learns how to come back
   */
  async collect(options: {
    file: string;
    count: number;
    maxAttempts: number;
    firstSeed: number;
    noise: number;
  }): Promise<Collected> {
    return collectedSchema.parse((await this.python.ask('collect', options)).header);
  }

  /**
   * Open a file of demonstrations in Minari's or D4RL's layout.
   * @returns the episodes' names
   * @throws UserError for a missing or damaged file
   */
  async demonstrations(file: string): Promise<string[]> {
    return idsSchema.parse((await this.python.ask('episodes', { file })).header).ids;
  }

  /**
   * An episode of the opened file; its pictures are drawn from its states.
   * @throws UserError naming file, episode and array for wrong shapes or values that aren't finite
   */
  async demonstration(id: string): Promise<Demonstration> {
    const { header, arrays } = await this.python.ask('episode', { id });
    const states = float64(arrays, 'states');
    const [steps, width] = states.shape;
    const proprioception = new Float32Array(steps * PROPRIOCEPTION);
    for (let step = 0; step < steps; step++)
      proprioception.set(states.data.subarray(step * width, step * width + PROPRIOCEPTION), step * PROPRIOCEPTION);
    return {
      id,
      steps,
      proprioception,
      actions: Float32Array.from(float64(arrays, 'actions').data),
      images: images(arrays, 'images'),
      completed: episodeSchema.parse(header).completed,
    };
  }

  async close(): Promise<void> {
    await this.python.close();
  }
}

function observation({ header, arrays }: { header: unknown; arrays: readonly MessageArray[] }): Observation {
  const { data } = float64(arrays, 'state');
  if (!data.every(Number.isFinite))
    throw new UserError({
      what: 'the simulation has become unstable: a state is not finite',
      mend: 'lower franka-kitchen.kitchen.variation, or take another seed',
    });
  return {
    ...observedSchema.parse(header),
    proprioception: Float32Array.from(data.subarray(0, PROPRIOCEPTION)),
    image: images(arrays, 'image'),
  };
}

function float64(arrays: readonly MessageArray[], name: string): MessageArray<'float64'> {
  const found = arrays.find((array) => array.name === name);
  if (found?.dtype !== 'float64') throw new Error(`expected the float64 array ${name} in the answer`);
  return found as MessageArray<'float64'>;
}

/** `[size, size, 3]` or `[picture, size, size, 3]`. */
function images(arrays: readonly MessageArray[], name: string): KitchenImages | undefined {
  const found = arrays.find((array) => array.name === name);
  if (!found) return undefined;
  const [size, , channels] = found.shape.slice(-3);
  if (found.dtype !== 'uint8' || channels !== 3) throw new Error(`expected uint8 [..., size, size, 3] as ${name}`);
  return { data: found.data as Uint8Array, count: found.shape.length === 4 ? found.shape[0] : 1, size };
}
