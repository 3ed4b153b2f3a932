import { VideoWriter, writePng } from '@egolab/video';
import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { type WorldConfigInput, worldConfigSchema } from './config.ts';
import { factOf } from './language/fact.ts';
import { narration } from './language/sentence.ts';
import { Canvas } from './render/canvas.ts';
import { renderGeometry, View } from './render/view.ts';
import { depthPicture, maskPicture, writeTruthSheet, ZOOM } from './preview-truth.ts';
import type { Instant } from './take/simulate.ts';
import { drawTake, instants, Stage, type Take } from './take/take.ts';
import { middle } from './write/job.ts';
import { egoIntrinsics, exoIntrinsics } from './write/views.ts';

export interface PreviewFiles {
  /** a row an action: six ego frames around its middle, then what the exocentric cameras see in its middle */
  readonly contactSheet: string;
  /** a row an action: depth, masks, and hands and touched objects in their boxes, at four instants */
  readonly truthSheet: string;
  /** ego, exo, depth, masks and gaze side by side */
  readonly video: string;
  /** the narrations with their times */
  readonly narrations: string;
}

const LABEL = 18;

/** Draw one take of a world for a person to look at, without generating the world. */
export async function writePreview(
  input: WorldConfigInput,
  folder: string,
  { take: number = 0, split = 'train' as 'train' | 'heldOut' } = {},
): Promise<PreviewFiles> {
  const config = worldConfigSchema.parse(input);
  const rooms = split === 'train' ? config.rooms.train : config.rooms.heldOut;
  const name = `${split === 'train' ? 'train' : 'val'}_${String(number).padStart(3, '0')}`;
  const take = drawTake({
    name,
    split,
    room: number % rooms,
    seed: config.seed,
    duration: config.takeDuration,
    numExo: config.egoExo4d.numExo,
  });
  const shown = [...instants(take, config.fps)];
  const files: PreviewFiles = {
    contactSheet: join(folder, `${name}.png`),
    truthSheet: join(folder, `${name}-truth.png`),
    video: join(folder, `${name}.mp4`),
    narrations: join(folder, `${name}.txt`),
  };
  const sentences = take.plan.actions.map((action) => narration(factOf(action, take.plan, take.wearer.pronoun)));
  writeFileAtomic(
    files.narrations,
    take.plan.actions
      .map(({ start, end }, index) => `${start.toFixed(2)} - ${end.toFixed(2)}  ${sentences[index]}\n`)
      .join(''),
  );
  writeContactSheet(files.contactSheet, take, shown, sentences, config.size, config.samples, config.fps);
  writeTruthSheet(files.truthSheet, take, shown, config.size, config.samples, config.fps);
  await writeSideBySide(files.video, take, shown, config.size, config.samples, config.fps);
  return files;
}

function writeContactSheet(
  path: string,
  take: Take,
  shown: readonly Instant[],
  sentences: readonly string[],
  size: number,
  samples: number,
  fps: number,
): void {
  const stage = new Stage(take);
  const ego = new View(egoIntrinsics(size), samples);
  const exo = fixedViews(take, stage, size, samples);
  const rgb = new Uint8Array(size * size * 3);
  const rowHeight = size * ZOOM + LABEL;
  const sheet = new Canvas((6 + exo.length) * size * ZOOM, rowHeight * take.plan.actions.length);
  take.plan.actions.forEach((action, row) => {
    const at = (seconds: number) => shown[Math.max(0, Math.min(shown.length - 1, Math.round(seconds * fps)))];
    sheet.write(sentences[row], 4, row * rowHeight + 4);
    const draw = (column: number) => sheet.paste(rgb, size, column * size * ZOOM, row * rowHeight + LABEL, ZOOM);
    for (let column = 0; column < 6; column++) {
      const instant = at(middle(action) + (column - 2.5) * 0.2);
      ego.render(stage.at(instant, false), instant.head, rgb);
      draw(column);
    }
    const instant = at(middle(action));
    const scene = stage.at(instant, true);
    exo.forEach((view, camera) => {
      view.render(scene, instant.head, rgb);
      draw(6 + camera);
    });
  });
  writePng(path, { data: sheet.data, width: sheet.width, height: sheet.height, channels: 3 });
}

function fixedViews(take: Take, stage: Stage, size: number, samples: number): View[] {
  return take.exo.map((pose) => {
    const view = new View(exoIntrinsics(size), samples);
    view.fix(pose, stage.empty());
    return view;
  });
}

async function writeSideBySide(
  path: string,
  take: Take,
  shown: readonly Instant[],
  size: number,
  samples: number,
  fps: number,
): Promise<void> {
  const stage = new Stage(take);
  const intrinsics = egoIntrinsics(size);
  const ego = new View(intrinsics, samples);
  const [exo] = fixedViews(take, stage, size, samples);
  const side = size * ZOOM;
  const writer = new VideoWriter(path, { width: side * 5, height: side, fps, crf: 16 });
  const rgb = new Uint8Array(size * size * 3);
  for (const instant of shown) {
    const canvas = new Canvas(side * 5, side);
    ego.render(stage.at(instant, false), instant.head, rgb);
    canvas.paste(rgb, size, 0, 0, ZOOM);
    canvas.paste(rgb, size, side * 4, 0, ZOOM);
    if (instant.gaze.valid) {
      const { yaw, pitch } = instant.gaze;
      canvas.cross(
        side * 4 + (size / 2 - Math.tan(yaw) * intrinsics.focal) * ZOOM,
        (size / 2 - Math.tan(pitch) * intrinsics.focal) * ZOOM,
        6,
      );
    }
    const { depth, instances } = renderGeometry(stage.at(instant, false), { ...instant.head, intrinsics });
    canvas.paste(depthPicture(depth), size, side * 2, 0, ZOOM);
    canvas.paste(maskPicture(instances), size, side * 3, 0, ZOOM);
    exo.render(stage.at(instant, true), instant.head, rgb);
    canvas.paste(rgb, size, side, 0, ZOOM);
    await writer.write(canvas.data);
  }
  await writer.close();
}
