import { z } from 'zod';
import { flag, numeric, readAs } from '../boundary.ts';

/**
 * `annotations/atomic_descriptions_{train,val}.json`. Flags occur as booleans and as "0"/"1" in one file; the subject is
 * under `subject` in the documentation's text and under `narration_subject` in its sample; `best_exo` may be null.
 */
const camera = z.object({ cam_id: z.string().nullish(), raw_cam_id: z.union([z.string(), z.number()]).nullish() });

const description = z.object({
  text: z.string().nullish(),
  timestamp: numeric.nullish(),
  subject: z.string().nullish(),
  narration_subject: z.string().nullish(),
  ego_visible: flag,
  best_exo: camera.nullish(),
  unsure: flag,
});

const pass = z.object({
  annotation_uid: z.string().nullish(),
  annotator_id: z.union([z.string(), z.number()]).nullish(),
  rejected: flag,
  descriptions: z.array(description).nullish(),
});

const atomicDescriptions = z.object({ annotations: z.record(z.string(), z.array(pass)) });

/** One sentence of one annotator. */
export interface Narration {
  readonly text: string;
  /** seconds from the take's start */
  readonly timestamp: number;
  /** C: the camera wearer; O: somebody else */
  readonly subject: string;
  readonly annotator: string;
  readonly egoVisible: boolean;
  readonly unsure: boolean;
  /** the exocentric camera that shows it best, where the annotator named one */
  readonly bestExo: string | undefined;
}

export interface TakeNarrations {
  readonly takeUid: string;
  readonly narrations: readonly Narration[];
  /** passes that quality control rejected: not used */
  readonly rejectedPasses: number;
  /** sentences without text or without a usable time: not used */
  readonly unusable: number;
}

/**
 * The narrations of each take, in file order, both annotators kept, rejected passes left out.
 * @throws UserError when the file is missing, cut or of another format
 */
export function readAtomicDescriptions(file: string): TakeNarrations[] {
  const { annotations } = readAs(atomicDescriptions, file);
  return Object.entries(annotations).map(([takeUid, passes]) => {
    const accepted = passes.filter(({ rejected }) => !rejected);
    const all = accepted.flatMap((pass, index) =>
      (pass.descriptions ?? []).map((entry) => narration(entry, pass, index)),
    );
    const narrations = all.filter((entry) => entry !== undefined);
    return {
      takeUid,
      narrations,
      rejectedPasses: passes.length - accepted.length,
      unusable: all.length - narrations.length,
    };
  });
}

function narration(
  entry: z.output<typeof description>,
  { annotator_id: annotatorId, annotation_uid: annotationUid }: z.output<typeof pass>,
  passIndex: number,
): Narration | undefined {
  const text = entry.text?.trim();
  if (!text || typeof entry.timestamp !== 'number' || entry.timestamp < 0) return undefined;
  return {
    text,
    timestamp: entry.timestamp,
    subject: entry.subject ?? entry.narration_subject ?? 'C',
    annotator: String(annotatorId ?? annotationUid ?? passIndex),
    egoVisible: entry.ego_visible,
    unsure: entry.unsure,
    bestExo: entry.best_exo?.cam_id ?? rawCamera(entry.best_exo?.raw_cam_id),
  };
}

/** "2" means cam02. */
function rawCamera(raw: string | number | null | undefined): string | undefined {
  return raw === null || raw === undefined || raw === '' ? undefined : `cam${String(raw).padStart(2, '0')}`;
}
