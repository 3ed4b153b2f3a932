import { z } from 'zod';
import { SkipLog } from '@egolab/ego-data';
import { depthTargets, depthTargetSchema } from '@egolab/depth-anything';
import { UserError } from '@egolab/foundation';
import { centreCrop, frameSamplers, type Frames } from '@egolab/video';
import {
  type DepthIndex,
  depthFile,
  type DepthTarget,
  writeDepthIndex,
  writeDepthTarget,
} from '../egodtm/clip-files.ts';
import { byVideo, chosenFrames, decodeChosen, egoClipFolder, readTrainingClips } from '../egodtm/engine/clips.ts';
import { openTeacher, teacherSettings } from '../egodtm/engine/settings.ts';
import { noteSkipped } from '../egodtm/engine/skipped.ts';
import { middleSquare } from '../egodtm/h2o-clips.ts';
import { depthPicture, levels, spread, type DepthColumn } from '../egodtm/paint.ts';
import { pictureOutputs, type StagePicture, writePictures } from '../pictures.ts';
import { defineStage } from '../stage.ts';
import { worldDataSettings } from '../world-datasets.ts';

/** Clips of the picture. */
const SHOWN = 6;

/**
 * Depth targets (EgoDTM section 3.2, "we generate pseudo-depth labels"): of every clip of EgoClip's training split a few maps of
 * normalised inverse depth by a teacher, as files that `depth-pretrain` reads.
 */
export const pseudoDepth = defineStage({
  name: 'pseudo-depth',
  title: 'Depth targets',
  paper: 'EgoDTM section 3.2',
  params: z.strictObject({
    teacher: teacherSettings,
    /** maps a clip */
    numFrames: z.number().int().positive(),
    sampler: z.enum(frameSamplers),
    target: depthTargetSchema,
  }),
  sections: { 'egodtm-data': worldDataSettings },
  inputs: { data: 'egodtm-datasets' },
  outputs: ['index.json', 'depth', ...pictureOutputs],
  seeded: false,
  async run({ params, config, inputs, out, progress, signal }) {
    const folder = egoClipFolder(config['egodtm-data'], inputs.data);
    const { clips, skipped: unread } = await readTrainingClips(folder);
    noteSkipped(progress, 'EgoClip', unread);
    const teacher = openTeacher(params.teacher, folder);
    const skips = new SkipLog();
    const index: { -readonly [Key in keyof DepthIndex]: DepthIndex[Key] } = {
      numClips: clips.length,
      targets: [],
      skipped: [],
    };
    const shown = new Set(spread([...clips.keys()], SHOWN));
    const columns: DepthColumn[] = [];
    const phase = progress.phase(`depth of ${teacher.name}`, clips.length);
    for (const group of byVideo(clips)) {
      signal.throwIfAborted();
      const frames = await chosenFrames(group, params);
      for (const [i, { clip, videoUid, timestamp }] of group.entries()) {
        const pixels = async () => (await decodeChosen([group[i]], params))[0];
        const maps = await teacher.depth({ videoUid, narrationTime: timestamp, frames: frames[i], pixels });
        const target = 'skipped' in maps ? maps : depthTargets(maps, teacher.quantity, params.target);
        if ('skipped' in target) {
          index.skipped.push({ clip, reason: target.skipped });
          skips.add(`clip ${clip}`, target.skipped);
        } else {
          writeDepthTarget(out.folder, clip, target, params.target.precision);
          index.targets.push({ clip, file: depthFile(clip) });
          if (shown.has(clip)) columns.push(column(await pixels(), target));
        }
        phase.advance();
      }
    }
    phase.end();
    teacher.dispose?.();
    const { byReason, total } = skips.report();
    noteSkipped(progress, 'depth', skips.report());
    if (index.targets.length === 0) throw noTargets(clips.length, byReason, folder);
    writeDepthIndex(out.folder, index);
    writePictures(out, columns.length > 0 ? [picture(columns)] : []);
    return {
      metrics: { clips: clips.length, targets: index.targets.length, skipped: total, skippedBecause: byReason },
    };
  },
});

/** The middle squares of a clip's first frame and of its first target. */
function column({ data, height, width }: Frames, target: DepthTarget): DepthColumn {
  const side = Math.min(height, width);
  const frame = centreCrop({ data: data.subarray(0, height * width * 3), height, width }, side, side).data;
  const first = { ...target, data: target.data.subarray(0, target.height * target.width) };
  const mapSide = Math.min(target.height, target.width);
  const map = middleSquare(first, mapSide);
  return { frame: { data: frame, side }, maps: [{ data: levels(map, [0, 1]), side: mapSide }] };
}

const picture = (columns: readonly DepthColumn[]): StagePicture => ({
  name: 'targets',
  title: 'Depth targets',
  caption:
    'Columns are clips of the training split. Above: the first frame; below: its target, normalised inverse depth from 0 (dark, far) to 1 (bright, near).',
  alt: 'Frames with their depth targets below.',
  bytes: depthPicture(columns),
});

function noTargets(clips: number, byReason: Readonly<Record<string, number>>, folder: string): UserError {
  const reasons = Object.entries(byReason).map(([reason, count]) => `${reason} (${count})`);
  return new UserError({
    what: `none of ${clips} clips has a depth target: ${reasons.join(', ') || 'there are no clips'}`,
    where: folder,
    mend: 'check pseudo-depth.teacher: exact depth is there for the synthetic world only, files are <video_uid>/<narration_time>_depth.npz',
  });
}
