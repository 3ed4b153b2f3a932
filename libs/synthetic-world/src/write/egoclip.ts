import { type Random, writeFileAtomic } from '@egolab/foundation';
import { join } from 'node:path';
import type { Fact } from '../language/fact.ts';
import { narration, tags } from '../language/sentence.ts';
import { middle, type RecordedAction, type TakeRecord } from './job.ts';

const columns = [
  'clip_idx',
  'video_uid',
  'video_dur',
  'narration_source',
  'narration_ind',
  'narration_time',
  'clip_start',
  'clip_end',
  'clip_text',
  'tag_verb',
  'tag_noun',
];

interface Span {
  readonly start: number;
  readonly end: number;
}

/** What the windows of a take's clips depend on. */
interface Narrated {
  readonly actions: readonly Span[];
  readonly duration: number;
}

/** Mean time between the narrations of a take, seconds: beta of EgoVLP's clip window. */
function meanGap({ actions }: Narrated): number {
  return (middle(actions[actions.length - 1]) - middle(actions[0])) / Math.max(1, actions.length - 1);
}

/** The window of EgoVLP: time ± beta / (2 alpha), alpha being the mean of beta over all videos. */
export function clipWindow(take: Narrated, action: Span, alpha: number): [number, number] {
  const half = meanGap(take) / (2 * alpha);
  return [Math.max(0, middle(action) - half), Math.min(take.duration, middle(action) + half)];
}

/** Seconds at which an action is narrated, as the table writes it. */
export const narrationTime = (action: Span): string => middle(action).toFixed(4);

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
export const alphaOf = (takes: readonly Narrated[]): number => meanOf(takes.map(meanGap));

/** `egoclip.csv`: tab-separated, a row a narration. */
export function writeEgoClip(root: string, takes: readonly TakeRecord[], file = 'egoclip.csv'): number {
  const alpha = alphaOf(takes);
  const rows: string[] = [];
  for (const take of takes) {
    take.actions.forEach((action, index) => {
      const [start, end] = clipWindow(take, action, alpha);
      const { verb, nouns } = tags(action.fact);
      rows.push(
        [
          rows.length,
          take.uid,
          take.duration.toFixed(6),
          'narration_pass_1',
          index,
          narrationTime(action),
          start.toFixed(6),
          end.toFixed(6),
          `#C ${narration(action.fact)}`,
          `[${verb}]`,
          `[${nouns.join(', ')}]`,
        ].join('\t'),
      );
    });
  }
  writeFileAtomic(join(root, file), [columns.join('\t'), ...rows, ''].join('\n'));
  return rows.length;
}

interface Clip {
  readonly take: TakeRecord;
  readonly action: RecordedAction;
}

/**
 * `egomcq.json`: a sentence and five clips to choose from. Type 1 (inter): the clips come from five videos, of
 * wearers with the same pronoun as far as there are such. Type 2 (intra): all from one video, those first that differ from the query in one thing only
 * (verb, hand or object). No two clips of a question have the same sentence.
 */
export function writeEgoMcq(
  root: string,
  takes: readonly TakeRecord[],
  numQuestions: number,
  random: Random,
): { inter: number; intra: number } {
  const alpha = alphaOf(takes);
  const clips = takes.flatMap((take) => take.actions.map((action) => ({ take, action })));
  const sheets = { inter: [] as object[], intra: [] as object[] };
  for (const query of random.shuffle(clips)) {
    for (const kind of ['inter', 'intra'] as const) {
      if (sheets[kind].length >= numQuestions / 2) continue;
      const negatives = kind === 'inter' ? interNegatives(query, clips, random) : intraNegatives(query, random);
      if (negatives.length < 4) continue;
      const answer = sheets[kind].length % 5;
      const choices = [...negatives.slice(0, answer), query, ...negatives.slice(answer)];
      sheets[kind].push({
        answer,
        query: entry(query, alpha),
        choices: Object.fromEntries(choices.map((clip, index) => [index, entry(clip, alpha)])),
        types: kind === 'inter' ? 1 : 2,
      });
    }
  }
  const questions = [...sheets.inter, ...sheets.intra];
  writeFileAtomic(
    join(root, 'egomcq.json'),
    JSON.stringify(Object.fromEntries(questions.map((question, index) => [index, question]))),
  );
  return { inter: sheets.inter.length, intra: sheets.intra.length };
}

function entry({ take, action }: Clip, alpha: number): object {
  const [start, end] = clipWindow(take, action, alpha);
  const { verb, nouns } = tags(action.fact);
  return {
    video_uid: take.uid,
    clip_start: start,
    clip_end: end,
    clip_text: `#C ${narration(action.fact)}`,
    tag_verb: [verb],
    tag_noun: nouns,
  };
}

/** In how many of verb, hand, object and target two facts differ. */
function difference(a: Fact, b: Fact): number {
  return (
    Number(a.verb !== b.verb) +
    Number(a.hand !== b.hand) +
    Number(a.object !== b.object) +
    Number((a.target ?? a.direction ?? a.place) !== (b.target ?? b.direction ?? b.place))
  );
}

function distinct(clips: readonly Clip[], query: Clip): Clip[] {
  const seen = new Set([narration(query.action.fact)]);
  return clips.filter(({ action }) => {
    const text = narration(action.fact);
    return !seen.has(text) && seen.add(text);
  });
}

function interNegatives(query: Clip, clips: readonly Clip[], random: Random): Clip[] {
  const strangeness = ({ take }: Clip) => Number(take.pronoun !== query.take.pronoun);
  const others = random
    .shuffle(clips.filter(({ take }) => take.uid !== query.take.uid))
    .sort((a, b) => strangeness(a) - strangeness(b));
  const onePerVideo = new Map<string, Clip>();
  for (const clip of distinct(others, query)) if (!onePerVideo.has(clip.take.uid)) onePerVideo.set(clip.take.uid, clip);
  return [...onePerVideo.values()].slice(0, 4);
}

/** Two near misses and two others: every question tests detail, none is only guesswork. */
function intraNegatives(query: Clip, random: Random): Clip[] {
  const others = distinct(random.shuffle(query.take.actions.map((action) => ({ take: query.take, action }))), query);
  const ranked = [...others].sort(
    (a, b) => difference(a.action.fact, query.action.fact) - difference(b.action.fact, query.action.fact),
  );
  const near = ranked.slice(0, 2);
  return random.shuffle([...near, ...others.filter((clip) => !near.includes(clip)).slice(0, 2)]);
}
