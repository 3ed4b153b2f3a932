import { type Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import { type KitchenAction, kitchenAction, nounClasses, verbClasses } from '../language/kitchen.ts';
import type { TakeRecord } from '../write/job.ts';
import { clock, csv, pythonList } from '../write/text-tables.ts';

/** A take under its name in EPIC-KITCHENS. */
export interface KitchenVideo {
  /** `P01` */
  readonly participant: string;
  /** `P01_101` */
  readonly id: string;
}

/** Below the root, as EPIC-KITCHENS is downloaded. */
export const kitchenVideoFile = ({ participant, id }: KitchenVideo): string => join(participant, 'videos', `${id}.MP4`);

/** Narrators speak when this part of an action is over. */
const NARRATED_AT = 0.3;

const clipColumns = [
  ...['narration_id', 'participant_id', 'video_id', 'narration_timestamp', 'start_timestamp', 'stop_timestamp'],
  ...['start_frame', 'stop_frame', 'narration', 'verb', 'verb_class', 'noun', 'noun_class', 'all_nouns'],
  'all_noun_classes',
];
const testSentenceColumns = ['narration_id', 'narration'];
const trainSentenceColumns = ['index', 'narration', 'verb_class', 'noun_classes', 'verb', 'nouns'];

interface Row {
  readonly id: string;
  readonly action: KitchenAction;
  readonly cells: readonly (string | number)[];
}

/**
 * EPIC-KITCHENS-100's multi-instance retrieval: `EPIC_100_retrieval_{split}.csv` (a row a clip, sorted as text) and
 * `EPIC_100_retrieval_{split}_sentence.csv` (a row a distinct narration, under the id of its first clip).
 */
export function writeKitchenRetrieval(
  root: string,
  split: 'train' | 'test',
  takes: readonly { readonly video: KitchenVideo; readonly take: TakeRecord; readonly fps: number }[],
  random: Random,
): { clips: number; sentences: number } {
  const rows = takes
    .flatMap(({ video, take, fps }) => rowsOf(video, take, fps, random))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const file = (name: string) => join(root, `EPIC_100_retrieval_${split}${name}.csv`);
  writeFileAtomic(
    file(''),
    csv(
      clipColumns,
      rows.map(({ cells }) => cells),
    ),
  );
  const seen = new Set<string>();
  const sentences = rows.filter(({ action: { narration } }) => !seen.has(narration) && seen.add(narration));
  const columns = split === 'train' ? trainSentenceColumns : testSentenceColumns;
  const cells = sentences.map(({ id, action }) => {
    const { narration, verb, verbClass, nouns } = action;
    const classes = [verbClass, pythonList(action.nounClasses), verb, pythonList(nouns)];
    return [id, narration, ...(split === 'train' ? classes : [])];
  });
  writeFileAtomic(file('_sentence'), csv(columns, cells));
  return { clips: rows.length, sentences: sentences.length };
}

function rowsOf(video: KitchenVideo, take: TakeRecord, fps: number, random: Random): Row[] {
  return take.actions.map(({ fact, start, end }, index) => {
    const action = kitchenAction(fact, random);
    const id = `${video.id}_${index}`;
    const frame = (seconds: number) => Math.max(1, Math.floor(seconds * fps));
    const cells = [
      ...[id, video.participant, video.id],
      ...[clock(start + NARRATED_AT * (end - start), 3), clock(start, 2), clock(end, 2), frame(start), frame(end)],
      ...[action.narration, action.verb, action.verbClass, action.nouns[0], action.nounClasses[0]],
      ...[pythonList(action.nouns), pythonList(action.nounClasses)],
    ];
    return { id, action, cells };
  });
}

/** `EPIC_100_verb_classes.csv`, `EPIC_100_noun_classes.csv` and `EPIC_100_video_info.csv`. */
export function writeKitchenClasses(
  root: string,
  videos: readonly { readonly video: KitchenVideo; readonly take: TakeRecord; readonly fps: number }[],
  resolution: string,
): void {
  const columns = ['id', 'key', 'instances', 'category'];
  const verbRows = verbClasses.map(({ key, wordings }, id) => [id, key, pythonList(wordings), 'kitchen']);
  writeFileAtomic(join(root, 'EPIC_100_verb_classes.csv'), csv(columns, verbRows));
  const nounRows = nounClasses.map((noun, id) => [id, noun, pythonList([noun]), 'kitchen']);
  writeFileAtomic(join(root, 'EPIC_100_noun_classes.csv'), csv(columns, nounRows));
  const info = videos.map(({ video, take, fps }) => [video.id, take.duration, fps, resolution]);
  writeFileAtomic(join(root, 'EPIC_100_video_info.csv'), csv(['video_id', 'duration', 'fps', 'resolution'], info));
}
