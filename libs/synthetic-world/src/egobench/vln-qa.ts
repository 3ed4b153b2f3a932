import { Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { PlannedTake } from '../recording/plan.ts';
import type { StationName } from '../world/room.ts';

export const moves = ['Turn left and move forward', 'Turn right and move forward', 'Move forward', 'Stop'] as const;
type Move = (typeof moves)[number];

/** Seconds that are shown before the moment of the question. */
const SHOWN = 3;
/** Part of a walk after which the turn is done (less than three degrees are left) and more than a tenth of the way isn't. */
const TURNED = 0.75;

/** A walk, up to the moment at which the next move is asked for. */
export interface VlnClip {
  readonly planned: PlannedTake;
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly instruction: string;
  readonly answer: Move;
}

export const instructionTo = (place: StationName): string => `Go to the ${place}. Wait in front of it.`;
export const navigationQuestion = (instruction: string): string =>
  `This is a navigation video of an agent following instruction: "${instruction}" What is the next action it should take?`;

/** The walks of a take, each asked about twice: before its turn, and after it or when the goal is reached. */
export function vlnClips(planned: PlannedTake, random: Random): VlnClip[] {
  const { plan, room, uid } = planned.take;
  const walks = plan.actions.filter(({ verb }) => verb === 'walk to');
  return walks.flatMap((walk, index) => {
    const [from, to] = [room.stations[1 - walk.station], room.stations[walk.station]];
    const turn = Math.atan2(Math.sin(to.yaw - from.yaw), Math.cos(to.yaw - from.yaw));
    const turned = { end: walk.start + TURNED * (walk.end - walk.start), answer: moves[2] };
    const there = { end: walk.end, answer: moves[3] };
    const asked = [{ end: walk.start, answer: moves[turn > 0 ? 0 : 1] }, random.choice([turned, there])];
    return asked.map(({ end, answer }, moment) => ({
      planned,
      file: `${uid}_${2 * index + moment}.mp4`,
      start: Math.max(0, end - SHOWN),
      end: Math.min(end, planned.duration),
      instruction: instructionTo(to.name),
      answer,
    }));
  });
}

/** MVBench's `egocentric_navigation.json`: four candidates in an order of their own for each question. */
export function writeVlnQa(root: string, clips: readonly VlnClip[], seed: number): number {
  const records = clips.map(({ file, instruction, answer }) => ({
    video: file,
    question: navigationQuestion(instruction),
    candidates: new Random(seed).split('vln-qa', file).shuffle(moves),
    answer,
  }));
  writeFileAtomic(join(root, 'egocentric_navigation.json'), JSON.stringify(records, null, 1));
  return records.length;
}
