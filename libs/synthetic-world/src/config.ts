import { z } from 'zod';

const count = (value: number) => z.int().min(0).default(value);

const seconds = z.tuple([z.number().min(10), z.number()]);

/** What EgoDTM trains and is evaluated on, in `egodtm/`. */
const egoDtmSchema = z.strictObject({
  /** takes with exact depth and hand-object labels for every narrated clip; EgoMCQ asks about the held-out ones */
  egoClip: z.strictObject({ trainTakes: count(24), valTakes: count(8), questions: count(200) }).prefault({}),
  ek100: z.strictObject({ trainTakes: count(8), testTakes: count(8) }).prefault({}),
  /** takes in held-out rooms, whose actions are cut out; three folds by room */
  egtea: z.strictObject({ takes: count(8) }).prefault({}),
  nlq: z
    .strictObject({
      trainTakes: count(6),
      valTakes: count(3),
      duration: seconds.default([60, 80]),
      /** clips into which a video is cut */
      clipsPerVideo: z.int().min(1).default(2),
    })
    .prefault({}),
  /** four subjects, each in a room of its own, with six sequences each */
  h2o: z.strictObject({ takesPerSequence: count(1), duration: seconds.default([10, 12]) }).prefault({}),
  visor: z
    .strictObject({ trainTakes: count(6), valTakes: count(3), everyFrames: z.int().min(1).default(4) })
    .prefault({}),
});

const takes = (train: number, heldOut: number) =>
  z.strictObject({ train: count(train), heldOut: count(heldOut) }).prefault({});

/** EgoM2P's sources, in `egom2p/`: takes in training rooms and in held-out ones, which are the source's validation or test split. */
const egoM2pSchema = z.strictObject({
  /** frames, poses and gaze a second */
  fps: z.int().min(8).default(30),
  /** pictures a second, fewer than the frames where that is enough: clips of EgoM2P see 8; default: one a frame */
  pictureFps: z.int().min(8).optional(),
  duration: seconds.default([12, 13]),
  /** where a take's objects stand: nearly all at one station, or at both, so that the wearers walk between them */
  objects: z.enum(['main', 'both']).default('both'),
  /** share of a shift of gaze that the head makes, the eyes make the rest; 1: what is looked at is soon in the middle of the picture */
  headShare: z.number().min(0).max(1).default(0.5),
  takes: z
    .strictObject({
      'ego-exo4d': takes(6, 3),
      holoassist: takes(5, 2),
      'hot3d-aria': takes(2, 1),
      'hot3d-quest': takes(2, 1),
      arctic: takes(2, 1),
      h2o: takes(2, 2),
      // these have no splits of their own
      taco: takes(2, 0),
      egogen: takes(3, 0),
      // only evaluated on, or trained on afterwards: their rooms are all unknown
      adt: takes(0, 4),
      hoi4d: takes(0, 3),
      ase: takes(0, 3),
    })
    .prefault({}),
});

const splits = (train: number, test: number) => ({ train: count(train), test: count(test) });

/** EgoBench and sources of EgoIT, in `egobench/`. */
export const egoBenchConfigSchema = z.strictObject({
  takes: z.strictObject(splits(12, 12)).prefault({}),
  /** for questions of episodic memory */
  long: z.strictObject({ ...splits(6, 10), duration: seconds.default([60, 80]) }).prefault({}),
  ek100: z.strictObject({ trainTakes: count(0), testTakes: count(6) }).prefault({}),
  egtea: z.strictObject({ takes: count(6) }).prefault({}),
});

/** What the world holds and how much of it; the defaults are the `micro` preset. */
export const worldConfigSchema = z.strictObject({
  seed: z.int().default(0),
  /** side of every video, pixels; even */
  size: z.int().min(16).multipleOf(2).default(64),
  fps: z.int().min(2).default(8),
  /** seconds of a take, lowest and highest */
  takeDuration: seconds.default([30, 40]),
  /** RGB samples per pixel along each axis */
  samples: z.int().min(1).max(4).default(2),
  /** x264 constant rate factor of all videos */
  crf: z.int().min(0).max(51).default(12),
  rooms: z.strictObject({ train: z.int().min(1).default(12), heldOut: z.int().min(1).default(4) }).prefault({}),
  egoExo4d: z
    .strictObject({ trainTakes: count(40), valTakes: count(12), numExo: z.int().min(1).max(8).default(4) })
    .prefault({}),
  /** egocentric-only takes of EgoClip; EgoMCQ asks about the held-out takes */
  egoClip: z.strictObject({ takes: count(24), questions: count(400) }).prefault({}),
  egoSchema: z.strictObject({ takes: count(8) }).prefault({}),
  /** instruction records come from the EgoClip takes (train) and the EgoSchema takes (val) */
  egoIt: z.strictObject({ recordsPerTake: z.int().min(1).default(40) }).prefault({}),
  /** captioned third-person clips in rooms of their own */
  web: z.strictObject({ clips: count(500), rooms: z.int().min(1).default(12) }).prefault({}),
  /** texts of the corpus file; `textCorpus` gives more on demand */
  text: z.strictObject({ samples: count(20_000) }).prefault({}),
  /** takes whose exact depth and masks are written as files, and every how many frames */
  groundTruth: z.strictObject({ takes: count(1), everyFrames: z.int().min(1).default(8) }).prefault({}),
  /** false: without the formats above, which the Exo2Ego pipeline reads */
  exo2Ego: z.literal(false).optional(),
  egoDtm: egoDtmSchema.optional(),
  egoM2p: egoM2pSchema.optional(),
  egoBench: egoBenchConfigSchema.optional(),
});

export type WorldConfig = z.infer<typeof worldConfigSchema>;
/** As written by a user: everything has a default. */
export type WorldConfigInput = z.input<typeof worldConfigSchema>;
export type EgoDtmConfig = z.infer<typeof egoDtmSchema>;
export type EgoM2pConfig = z.infer<typeof egoM2pSchema>;
export type EgoBenchConfig = z.infer<typeof egoBenchConfigSchema>;
