import { UserError } from '@egolab/foundation';
import { readAnnotationTable } from '../annotation-text.ts';

/** A described moment of a person demonstrating, or following, a task. */
export interface EgoExoLearnClip {
  readonly annotationUid: string;
  readonly videoUid: string;
  readonly subset: 'train' | 'val';
  readonly view: 'ego' | 'exo';
  readonly scene: string;
  /** seconds of the video */
  readonly start: number;
  readonly end: number;
  readonly narration: string;
}

const columns = [
  'video_uid',
  'annotation_uid',
  'subset',
  'view',
  'scene',
  'start_sec',
  'end_sec',
  'narration_en',
] as const;

/**
 * `fine_annotation_trainval_en.csv` of EgoExoLearn.
 * @throws UserError naming file, line and column of what is wrong
 */
export function readEgoExoLearn(file: string): EgoExoLearnClip[] {
  return readAnnotationTable(file, columns).map(({ line, cells }) => {
    const at = (column: (typeof columns)[number]) => `${file}, line ${line}, ${column}`;
    const view = cells.view.trim().toLowerCase();
    if (!view.startsWith('ego') && !view.startsWith('exo'))
      throw new UserError({ what: `expected ego or exo, got "${cells.view}"`, where: at('view') });
    if (cells.subset !== 'train' && cells.subset !== 'val')
      throw new UserError({ what: `expected train or val, got "${cells.subset}"`, where: at('subset') });
    const [start, end] = [seconds(cells.start_sec, at('start_sec')), seconds(cells.end_sec, at('end_sec'))];
    if (end < start) throw new UserError({ what: `expected at least ${start}, got ${end}`, where: at('end_sec') });
    const narration = cells.narration_en.trim();
    if (!narration) throw new UserError({ what: 'expected a narration, got nothing', where: at('narration_en') });
    return {
      annotationUid: cells.annotation_uid,
      videoUid: cells.video_uid,
      subset: cells.subset,
      view: view.startsWith('ego') ? 'ego' : 'exo',
      scene: cells.scene,
      start,
      end,
      narration,
    };
  });
}

function seconds(cell: string, where: string): number {
  const value = Number(cell);
  if (cell.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new UserError({ what: `expected seconds, got "${cell}"`, where });
}
