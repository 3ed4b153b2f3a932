import { writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { Fact } from '../language/fact.ts';
import type { PlannedTake } from '../recording/plan.ts';
import type { Verb } from '../take/action.ts';
import { categories, type Category, models, type Side } from '../world/objects.ts';
import { csv } from '../write/text-tables.ts';
import { tellActions } from './told.ts';

const sides: readonly Side[] = ['left', 'right'];
const stations = ['table', 'counter'] as const;
const turnable: readonly Category[] = ['mug', 'pan', 'kettle', 'box', 'plate', 'jar'];
const containers = categories.filter((category) => models[category].container);
const openable = categories.filter((category) => models[category].openable);
const sources = categories.filter((category) => models[category].liquid);

/** The 157 classes of the world: what is done to what, some also by hand, direction or place, and what is being held. */
export const charadesClassNames: readonly string[] = [
  ...categories.flatMap((c) => sides.map((side) => `Holding the ${c} in the ${side} hand`)),
  ...categories.map((c) => `Picking up the ${c}`),
  ...categories.flatMap((c) => stations.map((place) => `Putting the ${c} on the ${place}`)),
  ...['mug', 'sponge'].map((c) => `Putting the ${c} in the box`),
  'Putting the bread on the plate',
  ...categories.map((c) => `Pushing the ${c}`),
  ...categories.flatMap((c) => sides.map((side) => `Moving the ${c} to the ${side}`)),
  ...categories.map((c) => `Looking at the ${c}`),
  ...turnable.flatMap((c) => sides.map((side) => `Turning the ${c} with the ${side} hand`)),
  ...openable.flatMap((c) =>
    ['Opening', 'Closing'].flatMap((verb) => sides.map((side) => `${verb} the ${c} with the ${side} hand`)),
  ),
  ...sources.flatMap((from) =>
    containers.flatMap((to) => sides.map((side) => `Pouring from the ${from} into the ${to} with the ${side} hand`)),
  ),
  ...containers.flatMap((c) => sides.map((side) => `Stirring the ${c} with the ${side} hand`)),
  ...sides.map((side) => `Cutting the bread with the ${side} hand`),
  ...['plate', 'pan', ...stations].map((c) => `Wiping the ${c}`),
  ...stations.map((place) => `Walking to the ${place}`),
];

/** The class of an action. */
export function charadesClass({ verb, object, target, hand, place, direction }: Fact): number {
  const names: Record<Verb, string> = {
    'pick up': `Picking up the ${object}`,
    'put down': target
      ? `Putting the ${object} ${target === 'box' ? 'in' : 'on'} the ${target}`
      : `Putting the ${object} on the ${place}`,
    pour: `Pouring from the ${object} into the ${target} with the ${hand} hand`,
    stir: `Stirring the ${object} with the ${hand} hand`,
    cut: `Cutting the bread with the ${hand} hand`,
    wipe: `Wiping the ${object ?? place}`,
    open: `Opening the ${object} with the ${hand} hand`,
    close: `Closing the ${object} with the ${hand} hand`,
    push: `Pushing the ${object}`,
    move: `Moving the ${object} to the ${direction}`,
    turn: `Turning the ${object} with the ${hand} hand`,
    'walk to': `Walking to the ${place}`,
    'look at': `Looking at the ${object}`,
  };
  return charadesClassNames.indexOf(names[verb]);
}

/** A stretch of a take as a video of its own, seconds of the take. */
export interface CharadesVideo {
  readonly planned: PlannedTake;
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** Actions that a video holds. */
const SHOWN = 4;
/** Seconds before and after them. */
const MARGIN = 0.1;

/** Videos of four actions each. */
export function charadesVideos(planned: PlannedTake): CharadesVideo[] {
  const { actions } = planned.take.plan;
  return Array.from({ length: Math.floor(actions.length / SHOWN) }, (_, index) => {
    const [first, last] = [actions[index * SHOWN], actions[(index + 1) * SHOWN - 1]];
    return {
      planned,
      id: `${planned.take.uid.slice(0, 6).toUpperCase()}${index}EGO`,
      start: Math.max(0, first.start - MARGIN),
      end: Math.min(planned.duration, last.end + MARGIN),
    };
  });
}

const columns = [
  ...['id', 'subject', 'scene', 'quality', 'relevance', 'verified', 'script', 'objects', 'descriptions', 'actions'],
  ...['length', 'egocentric', 'charades_video'],
];

/** `CharadesEgo_v1_{split}_only1st.csv` and `Charades_v1_classes.txt`. */
export function writeCharadesEgo(root: string, split: 'train' | 'test', videos: readonly CharadesVideo[]): number {
  const rows = videos.map(({ planned, id, start, end }) => {
    const told = tellActions(planned).filter(({ action }) => action.start >= start && action.end <= end);
    const holding = heldIn(planned, start, end);
    const actions = [
      ...told.map(({ action, fact }) => ({ label: charadesClass(fact), start: action.start, end: action.end })),
      ...holding,
    ];
    const text = actions
      .map((action) => {
        const times = [action.start - start, action.end - start].map((time) => Math.max(0, time).toFixed(2));
        return `c${String(action.label).padStart(3, '0')} ${times.join(' ')}`;
      })
      .join(';');
    const objects = [...new Set(told.flatMap(({ fact }) => (fact.object ? [fact.object] : [])))].join(';');
    const script = told.map(({ past }) => `A person ${past}.`).join(' ');
    const room = planned.take.room.id;
    const about = [room, 'Kitchen', 7, 7, 'Yes', script, objects, script, text, (end - start).toFixed(2)];
    return [id, ...about, 'Yes', id.replace('EGO', '')];
  });
  writeFileAtomic(join(root, `CharadesEgo_v1_${split}_only1st.csv`), csv(columns, rows));
  const classes = charadesClassNames.map((name, index) => `c${String(index).padStart(3, '0')} ${name}\n`);
  writeFileAtomic(join(root, 'Charades_v1_classes.txt'), classes.join(''));
  return rows.length;
}

/** What the hands hold between two times: from the end of a pick-up to the beginning of the next put-down. */
function heldIn(planned: PlannedTake, start: number, end: number): { label: number; start: number; end: number }[] {
  const told = tellActions(planned);
  return told.flatMap(({ action, fact }, index) => {
    if (fact.verb !== 'pick up') return [];
    const put = told
      .slice(index + 1)
      .find((later) => later.fact.verb === 'put down' && later.action.object === action.object);
    const [from, to] = [Math.max(start, action.end), Math.min(end, put?.action.start ?? planned.duration)];
    const label = charadesClassNames.indexOf(`Holding the ${fact.object} in the ${fact.hand} hand`);
    return to - from > 0.5 ? [{ label, start: from, end: to }] : [];
  });
}
