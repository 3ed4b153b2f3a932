import type { EgoM2pSource } from '../clip.ts';
import type { Adapter } from './adapter.ts';
import { egoExo4d } from './ego-exo4d.ts';
import { adt, ase, hoi4d } from './evaluation.ts';
import { arctic, egogen, h2o, taco } from './hands.ts';
import { holoassist } from './holoassist.ts';
import { hot3dAria, hot3dQuest } from './hot3d.ts';

/** The reader of each data set's own layout. */
export const adapters: Readonly<Record<EgoM2pSource, Adapter>> = {
  holoassist,
  egogen,
  'ego-exo4d': egoExo4d,
  h2o,
  taco,
  arctic,
  'hot3d-quest': hot3dQuest,
  'hot3d-aria': hot3dAria,
  adt,
  hoi4d,
  ase,
};
