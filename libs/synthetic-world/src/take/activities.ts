import type { Random } from '@egolab/foundation';
import { categories, type Category } from '../world/objects.ts';
import type { Room } from '../world/room.ts';
import { type Activity, type Goal, goals, type Plan } from './action.ts';
import { Planner } from './planner.ts';

/** What a goal needs, and its steps: what is done differs from take to take, the outcome doesn't. */
interface Script {
  readonly needs: readonly Category[];
  run(planner: Planner, random: Random): void;
}

const maybe = (random: Random, probability = 0.5) => random.uniform() < probability;

const scripts: Record<Goal, Script> = {
  'make tea': {
    needs: ['kettle', 'mug', 'spoon'],
    run(p, random) {
      if (maybe(random, 0.4)) p.move(p.find('mug'));
      p.pour(p.find('kettle'), p.find('mug'));
      p.putDown(p.find('kettle'));
      p.stir(p.find('mug'), p.find('spoon'));
      p.putDown(p.find('spoon'));
    },
  },
  'cook soup': {
    needs: ['pan', 'kettle', 'spoon'],
    run(p, random) {
      if (maybe(random)) p.turn(p.find('pan'));
      p.pour(p.find('kettle'), p.find('pan'));
      if (maybe(random)) p.putDown(p.find('kettle'));
      p.stir(p.find('pan'), p.find('spoon'));
      p.tidyHands();
    },
  },
  'make a sandwich': {
    needs: ['knife', 'bread', 'plate'],
    run(p, random) {
      if (maybe(random, 0.4)) p.move(p.find('plate'));
      p.cut(p.find('bread'), p.find('knife'));
      if (maybe(random)) p.cut(p.find('bread'), p.find('knife'));
      p.putDown(p.find('knife'));
      p.pickUp(p.find('bread'));
      p.putDown(p.find('bread'), p.find('plate'));
    },
  },
  'mix juice': {
    needs: ['bottle', 'bowl', 'spoon'],
    run(p, random) {
      if (maybe(random, 0.4)) p.move(p.find('bowl'));
      p.pour(p.find('bottle'), p.find('bowl'));
      if (maybe(random)) p.putDown(p.find('bottle'));
      p.stir(p.find('bowl'), p.find('spoon'));
      p.tidyHands();
    },
  },
  'clean up': {
    needs: ['sponge', 'plate', 'pan'],
    run(p, random) {
      p.wipe(null, p.find('sponge'));
      p.wipe(p.find(maybe(random) ? 'plate' : 'pan'), p.find('sponge'));
      if (maybe(random)) p.wipe(null, p.find('sponge'));
      p.putDown(p.find('sponge'));
    },
  },
  'set the table': {
    needs: ['plate', 'mug', 'knife'],
    run(p, random) {
      for (const category of random.shuffle<Category>(['plate', 'mug', 'knife'])) {
        if (maybe(random, 0.3) && p.move(p.find(category))) continue;
        p.pickUp(p.find(category));
        p.putDown(p.find(category));
      }
    },
  },
  'pack the box': {
    needs: ['box', 'mug', 'sponge'],
    run(p, random) {
      const box = p.find('box');
      const packed = p.find(maybe(random) ? 'mug' : 'sponge');
      if (!p.items[box].open) p.toggle(box);
      p.pickUp(packed);
      p.putDown(packed, box);
      p.toggle(box);
      if (maybe(random)) p.push(box);
    },
  },
};

/** Goals that can follow one another on one set of objects: bread is cut once, the box swallows what it gets. */
const once: readonly Goal[] = ['make a sandwich', 'pack the box'];

/** Plan a take of about `duration` seconds: two or three goals one after the other, with by-play between their steps. */
export function planTake(room: Room, duration: number, random: Random, objects?: 'main' | 'both'): Plan {
  const chosen = random.shuffle(goals).slice(0, 4);
  const wanted = new Set<Category>();
  const order: Goal[] = [];
  for (const goal of chosen) {
    const union = new Set([...wanted, ...scripts[goal].needs]);
    if (union.size > 6) continue;
    for (const category of union) wanted.add(category);
    order.push(goal);
  }
  if (!wanted.has('box')) wanted.add('jar'); // something to open
  for (const extra of random.shuffle(categories)) if (wanted.size < 6) wanted.add(extra);
  const planner = new Planner(room, random.shuffle([...wanted]), random, objects);
  const placements = planner.placements();
  const activities: Activity[] = [];
  for (let index = 0; planner.time < duration - 2; index++) {
    const repeated = index >= order.length;
    const goal = repeated
      ? order.filter((g) => !once.includes(g))[index % Math.max(1, order.filter((g) => !once.includes(g)).length)]
      : order[index];
    if (!goal) {
      planner.filler();
      continue;
    }
    planner.activity = activities.length;
    const start = planner.time;
    const first = planner.actions.length;
    if (maybe(random)) planner.filler();
    scripts[goal].run(planner, random);
    if (planner.actions.length === first) continue;
    activities.push({ goal, start, end: planner.actions.at(-1)!.end });
    planner.filler();
    planner.filler();
  }
  const actions = planner.actions.filter(({ end }) => end <= duration);
  return { placements, actions, activities: activities.filter(({ end }) => end <= duration), duration };
}
