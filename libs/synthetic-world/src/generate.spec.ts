import { readJsonFile, sha256 } from '@egolab/foundation';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateWorld, type WorldManifest } from './generate.ts';

const small = {
  seed: 5,
  size: 16,
  fps: 4,
  samples: 1,
  takeDuration: [14, 16] as [number, number],
  rooms: { train: 2, heldOut: 2 },
  egoExo4d: { trainTakes: 2, valTakes: 5, numExo: 2 },
  egoClip: { takes: 2, questions: 20 },
  egoSchema: { takes: 1 },
  egoIt: { recordsPerTake: 12 },
  web: { clips: 4, rooms: 1 },
  text: { samples: 300 },
  groundTruth: { takes: 1, everyFrames: 16 },
};
const folder = mkdtempSync(join(tmpdir(), 'egolab-world-'));
const world = join(folder, 'a');
let manifest: WorldManifest;

beforeAll(async () => {
  manifest = await generateWorld(small, world, { workers: 2 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const json = <T>(path: string) => readJsonFile(join(world, path)) as T;

describe('generateWorld', () => {
  it('gives the same bytes whatever the number of threads', async () => {
    const again = await generateWorld(small, join(folder, 'b'), { workers: 1 });
    expect(again).toEqual(manifest);
  });

  it('keeps its bytes: results of the Exo2Ego pipeline belong to them', () => {
    // videos depend on the encoder's version too
    const written = Object.entries(manifest.files).filter(([path]) => !path.endsWith('.mp4'));
    expect(sha256(JSON.stringify(written))).toBe('997668a022f79a171e2f9049d5e0e3493a6d5cd0dae1586be537ee268aca4605');
  });

  it('keeps a complete world, refuses another one, and makes an interrupted one anew', async () => {
    const reused = await generateWorld(small, world, { onProgress: () => expect.unreachable() });
    expect(reused).toEqual(manifest);
    await expect(generateWorld({ ...small, seed: 6 }, world)).rejects.toThrow(/another configuration/);
    const foreign = mkdtempSync(join(tmpdir(), 'egolab-foreign-'));
    writeFileSync(join(foreign, 'thesis.txt'), 'mine');
    await expect(generateWorld(small, foreign)).rejects.toThrow(/expected an empty folder, found thesis.txt/);
    const tiny = {
      ...small,
      egoExo4d: { trainTakes: 1, valTakes: 0, numExo: 1 },
      egoClip: { takes: 0, questions: 0 },
      egoSchema: { takes: 0 },
      web: { clips: 0 },
    };
    writeFileSync(join(foreign, 'unfinished.json'), '{}');
    await generateWorld(tiny, foreign);
    expect(existsSync(join(foreign, 'thesis.txt')) || existsSync(join(foreign, 'unfinished.json'))).toBe(false);
    rmSync(foreign, { recursive: true });
  });

  it('names what is missing of a world', async () => {
    const lost = join(world, 'web', 'annotations.csv');
    const content = readFileSync(lost);
    rmSync(lost);
    await expect(generateWorld(small, world)).rejects.toThrow(/web\/annotations.csv is missing/);
    writeFileSync(lost, content);
  });
});

describe('Ego-Exo4D files', () => {
  it('hold takes with their videos, annotators and sensors; rooms of train and val are disjoint', () => {
    type Take = {
      take_uid: string;
      take_name: string;
      root_dir: string;
      frame_aligned_videos: Record<string, Record<string, { relative_path: string }>>;
      capture: { capture_name: string };
    };
    const takes = json<Take[]>('egoexo4d/takes.json');
    expect(takes).toHaveLength(7);
    for (const take of takes) {
      for (const streams of Object.values(take.frame_aligned_videos)) {
        for (const { relative_path: path } of Object.values(streams))
          expect(existsSync(join(world, 'egoexo4d', take.root_dir, path))).toBe(true);
      }
    }
    const splits = json<{ split_to_take_uids: Record<string, string[]> }>(
      'egoexo4d/annotations/splits.json',
    ).split_to_take_uids;
    const rooms = (split: string) =>
      takes.filter(({ take_uid: uid }) => splits[split].includes(uid)).map(({ capture }) => capture.capture_name);
    expect(rooms('train').filter((room) => rooms('val').includes(room))).toEqual([]);
    const { annotations } = json<{
      annotations: Record<string, { rejected: boolean; descriptions: { text: string; timestamp: number }[] }[]>;
    }>('egoexo4d/annotations/atomic_descriptions_train.json');
    expect(Object.keys(annotations)).toEqual(splits.train);
    for (const passes of Object.values(annotations)) {
      expect(passes.filter(({ rejected }) => !rejected)).toHaveLength(2);
      for (const { text, timestamp } of passes.flatMap(({ descriptions }) => descriptions)) {
        expect(text).toMatch(/^C [a-z ]+\.$/);
        expect(timestamp).toBeGreaterThan(0);
      }
    }
  });

  it('have trajectories and gaze with the columns of Project Aria MPS', () => {
    const take = join(world, 'egoexo4d/takes/train_000');
    const rows = readFileSync(join(take, 'trajectory/closed_loop_trajectory.csv'), 'utf8')
      .trim()
      .split('\n')
      .map((row) => row.split(','));
    expect(rows[0]).toHaveLength(28);
    expect(rows.every((row) => row.length === 28)).toBe(true);
    const [, x, y, z, w] = [0, ...rows[5].slice(6, 10).map(Number)];
    expect(Math.hypot(x, y, z, w)).toBeCloseTo(1, 6);
    expect(readFileSync(join(take, 'eye_gaze/general_eye_gaze.csv'), 'utf8')).toMatch(
      /^tracking_timestamp_us,yaw_rads_cpf,pitch_rads_cpf,/,
    );
    expect(existsSync(join(take, 'ground-truth/depth/000016.png'))).toBe(true);
  });
});

describe('question files', () => {
  it('EgoMCQ: five clips of different text; inter from five videos, intra from one', () => {
    type Clip = { video_uid: string; clip_start: number; clip_end: number; clip_text: string };
    const questions = Object.values(
      json<Record<string, { answer: number; types: number; query: Clip; choices: Record<string, Clip> }>>(
        'egoclip/egomcq.json',
      ),
    );
    expect(questions).toHaveLength(20);
    for (const { answer, types, query, choices } of questions) {
      const clips = Object.values(choices);
      expect(choices[answer]).toEqual(query);
      expect(new Set(clips.map(({ clip_text: text }) => text)).size).toBe(5);
      expect(new Set(clips.map(({ video_uid: uid }) => uid)).size).toBe(types === 1 ? 5 : 1);
      for (const { video_uid: uid } of clips)
        expect(existsSync(join(world, 'egoclip/videos', `${uid}.mp4`))).toBe(true);
    }
  });

  it('EgoSchema: options are distinct, answers are spread over the five places, every video is there', () => {
    const questions = json<Record<string, string>[]>('egoschema/questions.json');
    const answers = json<Record<string, number>>('egoschema/subset_answers.json');
    expect(questions.length).toBeGreaterThan(8);
    for (const question of questions) {
      expect(new Set([0, 1, 2, 3, 4].map((index) => question[`option ${index}`])).size).toBe(5);
      expect(existsSync(join(world, 'egoschema/videos', `${question.q_uid}.mp4`))).toBe(true);
    }
    const places = [0, 1, 2, 3, 4].map((place) => Object.values(answers).filter((answer) => answer === place).length);
    expect(Math.max(...places) - Math.min(...places)).toBeLessThanOrEqual(1);
  });

  it('EgoIT: the four fields and the conversation, with clips that exist', () => {
    type Item = {
      video: string;
      instruction: string;
      question: string;
      answer: string;
      conversations: { from: string; value: string }[];
    };
    for (const { video, instruction, question, answer, conversations } of json<Item[]>('egoit/egoit_train.json')) {
      expect(existsSync(join(world, 'egoit', video))).toBe(true);
      expect(conversations[0].value).toBe(['<video>', instruction, question].filter(Boolean).join('\n'));
      expect(conversations[1]).toEqual({ from: 'gpt', value: answer });
    }
  });
});
