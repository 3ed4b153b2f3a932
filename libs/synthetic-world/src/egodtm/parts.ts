import { join } from 'node:path';
import type { EgoDtmConfig, WorldConfig } from '../config.ts';
import { studioOf } from '../recording/plan.ts';
import type { Part } from '../write/part.ts';
import { egoClipPart } from './egoclip-part.ts';
import { egteaPart, kitchenPart } from './kitchen-parts.ts';
import { h2oPart, nlqPart, visorPart } from './other-parts.ts';

/** What EgoDTM is trained and evaluated on: `egoclip/ ek100/ egtea/ ego4d-nlq/ h2o/ visor-hos/` below `root`. */
export function egoDtmParts(config: WorldConfig, egoDtm: EgoDtmConfig, root: string): Part[] {
  const studio = studioOf(config);
  const { takeDuration: duration } = config;
  return [
    egoClipPart(studio, egoDtm.egoClip, duration, join(root, 'egoclip')),
    kitchenPart(studio, 'ek100', egoDtm.ek100, duration, join(root, 'ek100')),
    egteaPart(studio, egoDtm.egtea, duration, join(root, 'egtea')),
    nlqPart(studio, egoDtm.nlq, join(root, 'ego4d-nlq')),
    h2oPart(studio, 'h2o', egoDtm.h2o, join(root, 'h2o')),
    visorPart(studio, egoDtm.visor, duration, join(root, 'visor-hos')),
  ];
}
