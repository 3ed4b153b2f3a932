import { intrinsicsOf, type Intrinsics } from '../render/camera.ts';

/** Horizontal fields of view, degrees. */
export const FIELD_OF_VIEW = { ego: 62, exo: 44 } as const;

export const egoIntrinsics = (width: number, height = width): Intrinsics =>
  intrinsicsOf(width, height, FIELD_OF_VIEW.ego);
export const exoIntrinsics = (size: number): Intrinsics => intrinsicsOf(size, size, FIELD_OF_VIEW.exo);
