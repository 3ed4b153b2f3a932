import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, truncateSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTIONS, FrankaKitchen, type KitchenSettings } from './kitchen.ts';
import { kitchenTaskNames } from './tasks.ts';

const python = fileURLToPath(new URL('../../../.egolab/robotics/bin/python', import.meta.url));
const settings: KitchenSettings = {
  renderer: 'rays',
  camera: 'left',
  imageSize: 24,
  maxSteps: 120,
  variation: { kitchen: 0.02, joints: 0.05 },
  timeoutSeconds: 120,
};
const still = new Float32Array(ACTIONS);

describe.skipIf(!existsSync(python))(
  'gymnasium-robotics (skipped unless `node tools/setup/robotics.mjs` has run)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'egolab-kitchen-'));
    const demonstrations = join(folder, 'main_data.hdf5');
    let kitchen: FrankaKitchen;
    beforeAll(async () => {
      kitchen = new FrankaKitchen(python, settings);
      await kitchen.open('slide-door', settings);
    }, 60_000);
    afterAll(async () => {
      await kitchen.close();
      rmSync(folder, { recursive: true });
    });

    it('starts an episode as its seed says', async () => {
      const [first, other, again] = [await kitchen.reset(1), await kitchen.reset(2), await kitchen.reset(1)];
      expect(again).toEqual(first);
      expect(other.proprioception).not.toEqual(first.proprioception);
      expect(other.image!.data).not.toEqual(first.image!.data);
      expect(first.image).toMatchObject({ count: 1, size: 24 });
      expect(new Set(first.image!.data).size).toBeGreaterThan(20); // something is seen
      expect(first).toMatchObject({ success: false, done: false });
    });

    it('moves the joints that are told to, and draws only where it is asked', async () => {
      await kitchen.open('slide-door', settings, false);
      const before = await kitchen.reset(3);
      expect(before.image).toBeUndefined();
      const after = await kitchen.step(still.with(0, 0.5));
      expect(after.proprioception[0] - before.proprioception[0]).toBeGreaterThan(0.02);
      await kitchen.open('slide-door', { ...settings, maxSteps: 2 }, false);
      await kitchen.reset(3);
      expect((await kitchen.step(still)).done).toBe(false);
      expect((await kitchen.step(still)).done).toBe(true);
    });

    it.each(kitchenTaskNames)('%s: the scripted controller does it, and its episode is read back', async (task) => {
      await kitchen.open(task, settings);
      const file = join(folder, `${task}.hdf5`);
      const { successes, attempts, steps } = await kitchen.collect({
        file,
        count: 1,
        maxAttempts: 3,
        firstSeed: 5,
        noise: 0,
      });
      expect(successes).toBe(1);
      expect(attempts).toBeLessThanOrEqual(3);
      expect(await kitchen.demonstrations(file)).toEqual(['episode_0']);
      const episode = await kitchen.demonstration('episode_0');
      expect(episode).toMatchObject({ completed: true, id: 'episode_0' });
      expect(episode.steps).toBeGreaterThan(5);
      expect(episode.steps).toBeLessThanOrEqual(steps[0]);
      expect(episode.actions).toHaveLength(episode.steps * ACTIONS);
      expect(episode.images).toMatchObject({ count: episode.steps, size: 24 });
      if (task === 'slide-door') copyFileSync(file, demonstrations);
    });

    it("reads D4RL's layout, HDF5 or npz, as it reads Minari's", async () => {
      await kitchen.open('slide-door', settings);
      const [flat, npz] = [join(folder, 'flat.hdf5'), join(folder, 'flat.npz')];
      execFileSync(python, ['-c', FLAT, demonstrations, flat, npz]);
      await kitchen.demonstrations(demonstrations);
      const expected = await kitchen.demonstration('episode_0');
      for (const file of [flat, npz]) {
        const ids = await kitchen.demonstrations(file);
        expect(ids).toHaveLength(2);
        const { actions, proprioception, steps } = await kitchen.demonstration(ids[1]);
        expect(actions.subarray(0, expected.actions.length)).toEqual(expected.actions.subarray(0, actions.length));
        expect(proprioception.subarray(0, 9)).toEqual(expected.proprioception.subarray(0, 9));
        expect(steps).toBeGreaterThanOrEqual(expected.steps);
      }
    });

    it('names the file, the episode and the array of what it cannot read', async () => {
      const broken = (name: string, change: string) => {
        const file = join(folder, name);
        copyFileSync(demonstrations, file);
        execFileSync(python, [
          '-c',
          `import h5py, sys\nwith h5py.File(sys.argv[1], "a") as f:\n  e = f["episode_0"]\n  ${change}`,
          file,
        ]);
        return file;
      };
      const cut = join(folder, 'cut.hdf5');
      copyFileSync(demonstrations, cut);
      truncateSync(cut, 1000);
      await expect(kitchen.demonstrations(cut)).rejects.toMatchObject({ name: 'UserError', where: cut });
      await expect(kitchen.demonstrations(join(folder, 'none.npz'))).rejects.toThrow(/there is no such file/);
      for (const [name, change, message] of [
        [
          'nan.hdf5',
          'e["actions"][3, 2] = float("nan")',
          /nan.hdf5, episode_0: expected finite floats in actions, row 3/,
        ],
        [
          'missing.hdf5',
          'del e["actions"]',
          /missing.hdf5, episode_0: expected the array 'actions', found observations/,
        ],
        [
          'short.hdf5',
          'a = e["actions"][:-1]; del e["actions"]; e["actions"] = a',
          /short.hdf5, episode_0: expected observations \[/,
        ],
        [
          'wide.hdf5',
          'a = e["actions"][:, :7]; del e["actions"]; e["actions"] = a',
          /expected actions \[steps, 9\], got/,
        ],
      ] as const) {
        await kitchen.demonstrations(broken(name, change));
        await expect(kitchen.demonstration('episode_0'), name).rejects.toThrow(message);
      }
      await expect(kitchen.demonstration('episode_9')).rejects.toThrow(/there is no episode 'episode_9'/);
    });
  },
);

/** Writes an episode of Minari's layout twice into D4RL's, as HDF5 and as npz. */
const FLAT = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1]) as f:
    o, a = f["episode_0/observations/observation"][:-1], f["episode_0/actions"][()]
ends = np.arange(2 * len(a)) % len(a) == len(a) - 1
flat = {"observations": np.concatenate([o, o]), "actions": np.concatenate([a, a]), "terminals": ends, "timeouts": 0 * ends}
with h5py.File(sys.argv[2], "w") as f:
    f.update(flat)
np.savez(sys.argv[3], **flat)
`;
