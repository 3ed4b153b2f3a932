/**
 * The record that EgoM2P's data curation hands to tokenizers and to the masked model (section 3.1): two seconds of one
 * egocentric sequence in the formats that all sources share. What a source lacks (Table 1) is `undefined`.
 *
 * ```ts
 * for await (const clip of readEgoM2pClips({ source: 'ego-exo4d', root, split: 'train' })) {
 *   clip.camera; // float32 [60, 9] or undefined
 *   clip.gaze?.xy; // float32 [60, 2]; rows with gaze.valid = 0 hold zeros
 *   await clip.rgb?.read(256); // uint8 [16, 256, 256, 3]
 *   await clip.depth?.read(256); // uint8 [16, 256, 256], inverse depth
 * }
 * ```
 *
 * Gaze and camera are in memory (2.6 KB a clip); videos are decoded when they are asked for.
 */

/** Two seconds: 60 frames of gaze and camera, 16 of video. */
export const clipTiming = { seconds: 2, fps: 30, frames: 60, videoFps: 8, videoFrames: 16 } as const;

/** The eight sources of Table 1, in the order of the release's mixture weights. */
export const trainingSources = [
  'holoassist',
  'egogen',
  'ego-exo4d',
  'h2o',
  'taco',
  'arctic',
  'hot3d-quest',
  'hot3d-aria',
] as const;

/** Sources that the paper only evaluates on: camera (ADT), depth (HOI4D), depth to RGB (ASE). */
export const evaluationSources = ['adt', 'hoi4d', 'ase'] as const;

export const egoM2pSources = [...trainingSources, ...evaluationSources] as const;
export type EgoM2pSource = (typeof egoM2pSources)[number];

export const modalities = ['rgb', 'depth', 'gaze', 'camera'] as const;
export type Modality = (typeof modalities)[number];

/** 16 frames at 8 fps, decoded when read. */
export interface ClipVideo {
  /**
   * Centre square of each frame, resized: uint8 `[16, size, size, 3]`; grey sources (Quest) repeat the value.
   * @throws UserError for a video that is missing, cut or shorter than the clip
   */
  read(size: number): Promise<Uint8Array>;
}

/** Depth aligned with {@link ClipVideo}, decoded when read. */
export interface ClipDepth {
  /** Inverse depth as the model sees it, uint8 `[16, size, size]`: min-max over the clip, 255 the nearest, truncated. */
  read(size: number): Promise<Uint8Array>;
  /** z-depth in metres, float32 `[16, size, size]`, 0 where unknown; undefined where only pseudo-depth exists */
  readonly readMetres: ((size: number) => Promise<Float32Array>) | undefined;
}

/** Where the wearer looks, a point of the square frame that {@link ClipVideo} shows. */
export interface ClipGaze {
  /** float32 `[60, 2]`: x right, y down, 0 to 1 across the frame, within [-0.2, 1.2]; 0 where invalid */
  readonly xy: Float32Array;
  /** uint8 `[60]`: 1 where tracked */
  readonly valid: Uint8Array;
}

export interface EgoM2pClip {
  readonly source: EgoM2pSource;
  /** unique in the source: `<sequence>-<chunk, four digits>-<0|1>` */
  readonly key: string;
  /** the recording that it is cut from: splits and held-out sets go by this */
  readonly sequence: string;
  /** seconds from the sequence's first frame */
  readonly start: number;
  readonly rgb: ClipVideo | undefined;
  readonly depth: ClipDepth | undefined;
  readonly gaze: ClipGaze | undefined;
  /**
   * Camera-to-world relative to the first frame, OpenCV axes, float32 `[60, 9]`: first two columns of the rotation, then
   * the translation in metres. Not z-scored: `normalizeCamera` does that.
   */
  readonly camera: Float32Array | undefined;
}

/** Mean of the nine camera numbers over the release's training set. */
export const cameraMean = [
  0.9330504, 0.0044113, -0.0047455, -0.0040311, 0.9670222, 0.0122974, 0.0025367, -0.0025345, 0.0368709,
] as const;

/** Their standard deviation. */
export const cameraStd = [
  0.2241028, 0.1540959, 0.2353876, 0.1515924, 0.0989085, 0.1787106, 0.1622975, 0.1130599, 0.2245016,
] as const;

/**
 * (camera - mean) / std, `[frames, 9]`.
 * @param mean, std defaults: the release's
 */
export function normalizeCamera(
  camera: Float32Array,
  mean: readonly number[] = cameraMean,
  std: readonly number[] = cameraStd,
): Float32Array {
  return camera.map((value, i) => (value - mean[i % 9]) / std[i % 9]);
}

/** Inverse of {@link normalizeCamera}. */
export function denormalizeCamera(
  normalized: Float32Array,
  mean: readonly number[] = cameraMean,
  std: readonly number[] = cameraStd,
): Float32Array {
  return normalized.map((value, i) => value * std[i % 9] + mean[i % 9]);
}

/** Gaze as the tokenizer takes it: float32 `[frames, 3]`, (xy - 0.5) / 0.5 and the mask; invalid rows are 0, 0, 0. */
export function normalizeGaze({ xy, valid }: ClipGaze): Float32Array {
  const out = new Float32Array(valid.length * 3);
  for (let t = 0; t < valid.length; t++) {
    if (!valid[t]) continue;
    out.set([(xy[t * 2] - 0.5) / 0.5, (xy[t * 2 + 1] - 0.5) / 0.5, 1], t * 3);
  }
  return out;
}

/** What `readEgoM2pClips` reads. */
export interface EgoM2pOptions {
  readonly source: EgoM2pSource;
  /** the data set's folder, in its own layout */
  readonly root: string;
  /** the data set's own split; everything when not given or where the source has none */
  readonly split?: 'train' | 'val' | 'test';
  /**
   * folder with `<key>.mp4`, 16 grey frames at 8 fps of inverse depth (a pseudo-labeller's, such as RollingDepth): used
   * where the source has no depth of its own
   */
  readonly pseudoDepth?: string;
  /**
   * frames (at 30 a second) from one clip's beginning to the next one's; default 60. Fewer give clips that overlap, as tokenizers of
   * camera and gaze are trained on; their keys end in `+<frames>`.
   */
  readonly stride?: number;
}
