import type { Random } from '@egolab/foundation';
import { type Category, insideHeight, models, type Side } from '../world/objects.ts';
import type { Room } from '../world/room.ts';
import type { Vector } from '../world/vector.ts';
import { type Action, durations, type Placement, type Verb } from './action.ts';

interface Item {
  readonly category: Category;
  station: number;
  position: Vector;
  heldBy: Side | null;
  inside: number | null;
  open: boolean;
}

const reaches = (side: Side, x: number) => (side === 'right' ? x > -0.15 : x < 0.15);
/** What is poured into, stirred, cut or wiped stands in the middle, where both hands reach. */
const isWorkpiece = (category: Category) => ['mug', 'bowl', 'pan', 'bread', 'plate'].includes(category);
const blank = { hand: null, object: null, target: null, tool: null, place: null, direction: null, to: null };

/**
 * The symbolic side of a take: what is held, in, on, open, and where things stand. Every method appends the actions
 * that reach its effect, with those that it needs first (free a hand, walk there, pick up the tool).
 */
export class Planner {
  readonly actions: Action[] = [];
  readonly items: Item[];
  time: number;
  activity = 0;
  private station = 0;
  private readonly counts = new Map<Verb, number>();

  constructor(
    private readonly room: Room,
    categories: readonly Category[],
    private readonly random: Random,
    /** where the objects stand: nearly all at the main station, or at both in turn */
    objects: 'main' | 'both' = 'main',
  ) {
    this.items = categories.map((category) => ({
      category,
      station: -1,
      position: [0, 0, 0],
      heldBy: null,
      inside: null,
      open: false,
    }));
    this.items.forEach((item, index) => {
      item.station = objects === 'both' ? index % 2 : index >= 6 ? 1 : 0;
      item.position = this.freeSpot(index, item.station, null);
    });
    this.time = random.uniform(0.4, 0.9);
  }

  placements(): Placement[] {
    return this.items.map(({ category, station, position }) => ({
      category,
      station,
      position,
      yaw: this.random.uniform(-0.3, 0.3),
    }));
  }

  find = (category: Category): number => this.items.findIndex((item) => item.category === category);

  private emit(verb: Verb, details: Partial<Action>): void {
    const [low, high] = durations[verb];
    const end = this.time + this.random.uniform(low, high);
    this.actions.push({
      ...blank,
      verb,
      station: this.station,
      activity: this.activity,
      start: this.time,
      end,
      ...details,
    });
    this.counts.set(verb, (this.counts.get(verb) ?? 0) + 1);
    this.time = end + this.random.uniform(0.08, 0.3);
  }

  get place() {
    return this.room.stations[this.station].name;
  }

  private heldIn = (side: Side): number => this.items.findIndex((item) => item.heldBy === side);

  /** A place on the surface with room around it; reachable by `side` when one is given. */
  freeSpot(index: number, station: number, side: Side | null): Vector {
    const radius = models[this.items[index].category].footprint;
    let best: Vector = [0, 0.45, 0];
    let bestClearance = -Infinity;
    for (let attempt = 0; attempt < 80; attempt++) {
      const central = isWorkpiece(this.items[index].category);
      const x = this.random.uniform(
        side === 'right' ? -0.1 : central ? -0.28 : -0.46,
        side === 'left' ? 0.1 : central ? 0.28 : 0.46,
      );
      const spot: Vector = [
        x,
        this.random.uniform(0.34, central ? 0.54 : 0.66),
        this.room.stations[station].surfaceHeight,
      ];
      const clearance = this.clearance(spot, index, station) - radius;
      if (clearance > bestClearance) [best, bestClearance] = [spot, clearance];
      if (clearance > 0.03) break;
    }
    return best;
  }

  /** Distance from a spot to the rim of the nearest other object on the surface. */
  private clearance(spot: Vector, index: number, station: number): number {
    let nearest = 1;
    this.items.forEach((item, i) => {
      if (i === index || item.station !== station || item.heldBy || item.inside !== null) return;
      nearest = Math.min(
        nearest,
        Math.hypot(item.position[0] - spot[0], item.position[1] - spot[1]) - models[item.category].footprint,
      );
    });
    return nearest;
  }

  walk(station: number): void {
    if (station === this.station) return;
    this.station = station;
    this.emit('walk to', { place: this.place });
  }

  /** Go where an object is, with a hand that is free and reaches it, and if possible `then` too. */
  private approach(index: number, then: number | null = null): Side {
    const item = this.items[index];
    this.walk(item.station);
    const discomfort = (side: Side) => (then !== null && !reaches(side, this.items[then].position[0]) ? 1 : 0);
    const sides = this.random
      .shuffle<Side>(['left', 'right'])
      .filter((side) => reaches(side, item.position[0]))
      .sort((a, b) => discomfort(a) - discomfort(b));
    const free = sides.find((side) => this.heldIn(side) < 0);
    if (free) return free;
    this.putDown(this.heldIn(sides[0]));
    return sides[0];
  }

  lookAt(index: number): void {
    this.walk(this.items[index].station);
    this.emit('look at', { object: index });
  }

  pickUp(index: number, then: number | null = null): void {
    const item = this.items[index];
    if (item.heldBy) return;
    if (item.inside !== null && models[this.items[item.inside].category].openable && !this.items[item.inside].open)
      this.toggle(item.inside);
    const hand = this.approach(index, then);
    Object.assign(item, { heldBy: hand, inside: null });
    this.emit('pick up', { hand, object: index, place: this.place });
  }

  /** Put down on the surface, or into (onto) another object. */
  putDown(index: number, target: number | null = null): void {
    const item = this.items[index];
    const hand = item.heldBy;
    if (!hand) return;
    if (target !== null) {
      this.walk(this.items[target].station);
      const { position, category } = this.items[target];
      const to: Vector = [position[0], position[1], position[2] + insideHeight(category)];
      Object.assign(item, { heldBy: null, inside: target, station: this.station, position: to });
      this.emit('put down', { hand, object: index, target, to });
      return;
    }
    const to = this.freeSpot(index, this.station, hand);
    Object.assign(item, { heldBy: null, station: this.station, position: to });
    this.emit('put down', { hand, object: index, place: this.place, to });
  }

  pour(source: number, target: number): void {
    this.pickUp(source, target);
    this.walk(this.items[target].station);
    this.emit('pour', { hand: this.items[source].heldBy, object: source, target });
  }

  stir(container: number, spoon: number): void {
    this.pickUp(spoon, container);
    this.walk(this.items[container].station);
    this.emit('stir', { hand: this.items[spoon].heldBy, object: container, tool: spoon });
  }

  cut(food: number, knife: number): void {
    this.pickUp(knife, food);
    this.walk(this.items[food].station);
    this.emit('cut', { hand: this.items[knife].heldBy, object: food, tool: knife });
  }

  /** Wipe an object, or the surface when there is none. */
  wipe(object: number | null, sponge: number): void {
    this.pickUp(sponge, object);
    if (object !== null) this.walk(this.items[object].station);
    const hand = this.items[sponge].heldBy;
    const to: Vector = [
      (hand === 'right' ? 1 : -1) * this.random.uniform(0, 0.12),
      this.random.uniform(0.4, 0.5),
      this.room.stations[this.station].surfaceHeight,
    ];
    this.emit('wipe', {
      hand,
      object,
      tool: sponge,
      place: object === null ? this.place : null,
      to: object === null ? to : null,
    });
  }

  toggle(index: number): void {
    const hand = this.approach(index);
    this.items[index].open = !this.items[index].open;
    this.emit(this.items[index].open ? 'open' : 'close', { hand, object: index });
  }

  turn(index: number): void {
    const hand = this.approach(index);
    this.emit('turn', { hand, object: index });
  }

  /** Slide an object away from the wearer; false when something stands there. */
  push(index: number): boolean {
    const { position, category } = this.items[index];
    const to: Vector = [position[0], position[1] + 0.18, position[2]];
    if (to[1] > 0.72 || this.clearance(to, index, this.items[index].station) < models[category].footprint - 0.02)
      return false;
    const hand = this.approach(index);
    this.items[index].position = to;
    this.emit('push', { hand, object: index, to });
    return true;
  }

  /** Carry an object sideways over the surface; false when there is no place. */
  move(index: number): boolean {
    const { position, category } = this.items[index];
    for (const direction of this.random.shuffle<Side>(['left', 'right'])) {
      const x = position[0] + (direction === 'right' ? 0.3 : -0.3);
      const to: Vector = [x, position[1], position[2]];
      if (
        Math.abs(x) > 0.45 ||
        this.clearance(to, index, this.items[index].station) < models[category].footprint - 0.03
      )
        continue;
      this.walk(this.items[index].station);
      const hand = (['left', 'right'] as const).find(
        (side) => reaches(side, x) && reaches(side, position[0]) && this.heldIn(side) < 0,
      );
      if (!hand) continue;
      this.items[index].position = to;
      this.emit('move', { hand, object: index, direction, to });
      return true;
    }
    return false;
  }

  /** Something beside the goal, so that every verb occurs: of those possible now, one that was rare so far. */
  filler(): void {
    const candidates = this.random.shuffle(
      this.items
        .map((item, index) => ({ item, index }))
        .filter(({ item }) => !item.heldBy && item.inside === null && item.station === this.station),
    );
    const rarity = (verb: Verb) => (this.counts.get(verb) ?? 0) + this.random.uniform(0, 1.5);
    const options = this.random
      .shuffle<Verb>(['push', 'move', 'turn', 'look at', 'open', 'walk to'])
      .map((verb) => ({ verb, rank: rarity(verb) }));
    for (const { verb } of options.sort((a, b) => a.rank - b.rank)) if (this.tryFiller(verb, candidates)) return;
  }

  private tryFiller(verb: Verb, candidates: { item: Item; index: number }[]): boolean {
    const turnable = candidates.find(({ item }) =>
      ['mug', 'pan', 'kettle', 'box', 'plate', 'jar'].includes(item.category),
    );
    const lidded = candidates.find(({ item }) => models[item.category].openable);
    if (verb === 'push') return candidates.some(({ index }) => this.push(index));
    if (verb === 'move') return candidates.some(({ index }) => this.move(index));
    if (verb === 'turn' && turnable) return (this.turn(turnable.index), true);
    if (verb === 'open' && lidded) return (this.toggle(lidded.index), true);
    if (verb === 'look at' && candidates.length > 0) return (this.lookAt(candidates[0].index), true);
    if (verb === 'walk to') return (this.walk(1 - this.station), true);
    return false;
  }

  /** Put down whatever is held. */
  tidyHands(): void {
    for (const side of ['left', 'right'] as const) {
      const held = this.heldIn(side);
      if (held >= 0) this.putDown(held);
    }
  }

  release(index: number): void {
    const side = this.items[index].heldBy;
    if (side) this.putDown(index);
  }
}
