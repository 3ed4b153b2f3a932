import { factOf } from '../language/fact.ts';
import type { Camera } from '../render/camera.ts';
import { renderGeometry } from '../render/view.ts';
import type { Action } from '../take/action.ts';
import type { Instant } from '../take/simulate.ts';
import type { Stage, Take } from '../take/take.ts';
import { Instance } from '../world/body.ts';
import { middle, type RecordedAction, type RenderSettings } from './job.ts';
import { egoIntrinsics, exoIntrinsics } from './views.ts';

/** What of the acting hand and its object each camera sees in the middle of an action. */
export function recordAction(
  action: Action,
  take: Take,
  stage: Stage,
  instants: readonly Instant[],
  { size, fps }: RenderSettings,
): RecordedAction {
  const instant = instants[Math.min(instants.length - 1, Math.round(middle(action) * fps))];
  const visible = (camera: Camera, withHead: boolean) =>
    pixelsOf(action, renderGeometry(stage.at(instant, withHead), camera).instances);
  const exo = take.exo.map((pose) => visible({ ...pose, intrinsics: exoIntrinsics(size) }, true));
  const best = exo.indexOf(Math.max(...exo));
  const enough = enoughPixels(size * size);
  return {
    fact: factOf(action, take.plan, take.wearer.pronoun),
    start: action.start,
    end: action.end,
    egoVisible:
      action.verb === 'walk to' || visible({ ...instant.head, intrinsics: egoIntrinsics(size) }, false) > enough,
    bestExo: exo[best] > enough ? best : null,
  };
}

/** How many pixels show the acting hand and the things that an action is about; of walking, the body. */
export function pixelsOf(action: Action, instances: Uint8Array): number {
  const shown = new Set<number>(
    [action.object, action.tool, action.target]
      .filter((index) => index !== null)
      .map((index) => Instance.firstObject + index),
  );
  if (action.hand) shown.add(action.hand === 'left' ? Instance.leftHand : Instance.rightHand);
  if (action.verb === 'walk to') shown.add(Instance.body);
  return instances.reduce((sum, instance) => sum + (shown.has(instance) ? 1 : 0), 0);
}

/** An action is seen when more pixels than this show it. */
export const enoughPixels = (numPixels: number): number => numPixels / 800;
