import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { resolveInside } from '@egolab/foundation';
import { readSplits, readTakes } from '../../ego-exo4d/takes.ts';
import { mpsRecording, readAriaCalibration, readMpsGaze, readMpsTrajectory } from '../aria.ts';
import { type Adapter, firstFile, shared, videoIfThere } from './adapter.ts';

/**
 * Ego-Exo4D: `takes.json`, `annotations/splits.json`, and per take `frame_aligned_videos/aria01_214-1.mp4` (upright),
 * `trajectory/{closed_loop_trajectory.csv,online_calibration.jsonl}`, `eye_gaze/{personalized,general}_eye_gaze.csv`. RGB,
 * gaze, camera; no depth (table 1). The video's first frame is taken to be the trajectory's first instant: take-level files
 * are cut to the take.
 */
export const egoExo4d: Adapter = async function* ({ root, split, log }) {
  const splits = readSplits(join(root, 'annotations', 'splits.json'));
  for (const { takeName, takeUid, ego, dropped } of readTakes(join(root, 'takes.json'))) {
    if (split && splits.size > 0 && splits.get(takeUid) !== split) continue;
    const folder = resolveInside(join(root, 'takes'), takeName, join(root, 'takes.json'));
    const trajectory = join(folder, 'trajectory', 'closed_loop_trajectory.csv');
    const calibration = join(folder, 'trajectory', 'online_calibration.jsonl');
    const gaze = firstFile(
      ...['personalized', 'general'].map((kind) => join(folder, 'eye_gaze', `${kind}_eye_gaze.csv`)),
    );
    if (dropped || !existsSync(trajectory)) {
      log.add(takeName, dropped ? 'the take is dropped' : 'no trajectory/closed_loop_trajectory.csv');
      continue;
    }
    if (!gaze) log.add(`${takeName} (gaze)`, 'no eye_gaze CSV');
    if (!existsSync(calibration)) log.add(`${takeName} (calibration)`, 'no online_calibration.jsonl: nominal lens');
    const rgb = await videoIfThere(ego?.path, takeName, log);
    const recording = mpsRecording({
      sequence: takeName,
      trajectory: readMpsTrajectory(trajectory),
      ...(gaze && { gaze: readMpsGaze(gaze) }),
      ...(existsSync(calibration) && { calibration: readAriaCalibration(calibration) }),
    });
    yield { ...recording, duration: shared(recording.duration, rgb?.duration), ...(rgb && { rgb }) };
  }
};
