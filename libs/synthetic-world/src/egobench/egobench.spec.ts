import {
  readCharadesClasses,
  readCharadesEgo,
  readEgoExoLearn,
  readEgoPlan,
  readEgoPlanIt,
  readEgoTaskQa,
  readEgoTimeQa,
  readEk100Retrieval,
  readOpenEqa,
  readQaEgo4dClosed,
  readQaEgo4dOpen,
  readSomethingSomething,
  readVlnQa,
} from '@egolab/ego-data';
import { Random } from '@egolab/foundation';
import { readVideo } from '@egolab/video';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { worldConfigSchema } from '../config.ts';
import { generateWorld } from '../generate.ts';
import { kitchenAction } from '../language/kitchen.ts';
import { planTake, type PlannedTake, studioOf } from '../recording/plan.ts';
import { ratesAt } from '../take/simulate.ts';
import { instants } from '../take/take.ts';
import { categories } from '../world/objects.ts';
import { distance } from '../world/vector.ts';
import { numbered } from '../write/part.ts';
import { charadesClass, charadesClassNames } from './charades.ts';
import { askMemory, balanceAnswers } from './memory.ts';
import { tellActions } from './told.ts';
import { wordedQuestions } from './texts.ts';
import { vlnClips } from './vln-qa.ts';

const config = worldConfigSchema.parse({
  seed: 6,
  size: 16,
  samples: 1,
  takeDuration: [20, 24],
  rooms: { train: 2, heldOut: 2 },
  exo2Ego: false,
  egoBench: {
    takes: { train: 1, test: 2 },
    long: { train: 1, test: 2, duration: [40, 44] },
    ek100: { trainTakes: 0, testTakes: 1 },
    egtea: { takes: 2 },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'egolab-egobench-'));
const root = join(folder, 'world', 'egobench');
const studio = studioOf(config);
const draw = (name: string, index: number, duration: [number, number] = [40, 50]) =>
  planTake({ ...studio, rooms: { train: 12, heldOut: 4 } }, `${name}_${index}`, 'train', index, duration);
const many = Array.from({ length: 60 }, (_, index) => draw('spec', index));

beforeAll(async () => {
  await generateWorld(config, join(folder, 'world'), { workers: 2 });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('files', () => {
  const there = (...path: string[]) => expect(existsSync(join(root, ...path))).toBe(true);

  it('read as the published ones do, with the videos that they name', async () => {
    const closed = readQaEgo4dClosed(join(root, 'qaego4d/annotations.QaEgo4D_test_close.json'));
    expect(readQaEgo4dOpen(join(root, 'qaego4d/annotations.QaEgo4D_test.json'))).toHaveLength(closed.length);
    expect(readEgoTimeQa(join(root, 'qaego4d/annotations.EgoTimeQA.json')).length).toBeGreaterThan(3);
    for (const { clipUid } of closed) there('qaego4d/videos', `${clipUid}.mp4`);
    for (const kind of ['direct', 'indirect']) {
      for (const split of ['train', 'val', 'test'])
        for (const { videoId, view } of readEgoTaskQa(join(root, 'egotaskqa', kind, `${split}_qas.json`)))
          there('egotaskqa/qa_videos', videoId, `${view}.mp4`);
    }
    for (const { videoId } of readEgoPlan(join(root, 'egoplan/EgoPlan_validation.json')))
      there('egoplan/videos', `${videoId}.mp4`);
    expect(readEgoPlanIt(join(root, 'egoplan/EgoPlan_IT.json')).length).toBeGreaterThan(0);
    for (const { video } of readVlnQa(join(root, 'vlnqa/egocentric_navigation.json'))) there('vlnqa/videos', video);
    for (const { episode } of readOpenEqa(join(root, 'openeqa/open-eqa-v0.json')))
      there('openeqa/videos', `${episode}.mp4`);
    for (const { videoUid } of readEgoExoLearn(join(root, 'egoexolearn/fine_annotation_trainval_en.csv')))
      there('egoexolearn/videos', `${videoUid}.mp4`);
    const something = (split: string) =>
      readSomethingSomething(
        join(root, `ssv2/something-something-v2-${split}.json`),
        join(root, 'ssv2/something-something-v2-labels.json'),
      );
    const clips = [...something('train'), ...something('validation')];
    for (const { id } of clips) there('ssv2/videos', `${id}.webm`);
    expect((await readVideo(join(root, 'ssv2/videos', `${clips[0].id}.webm`))).numFrames).toBeGreaterThan(8);
    expect(readEk100Retrieval(join(root, 'ek100')).clips.length).toBeGreaterThan(5);
  });

  it('Charades-Ego: 157 classes, and windows that hold their actions', () => {
    expect(readCharadesClasses(join(root, 'charades-ego/Charades_v1_classes.txt'))).toEqual(charadesClassNames);
    for (const split of ['train', 'test']) {
      for (const { id, actions } of readCharadesEgo(join(root, `charades-ego/CharadesEgo_v1_${split}_only1st.csv`))) {
        there('charades-ego/videos', `${id}.mp4`);
        expect(actions.length).toBeGreaterThanOrEqual(4);
        for (const { start, end } of actions) expect(end).toBeGreaterThan(start);
      }
    }
  });
});

/** The state of the world at a time, as the simulation has it. */
function stateAt(planned: PlannedTake, time: number) {
  const shown = [...instants(planned.take, 8, ratesAt(8))];
  return shown[Math.max(0, Math.min(shown.length - 1, Math.round(time * 8)))].state;
}

describe('answers are right by the state of the world', () => {
  const index = (planned: PlannedTake, text: string) =>
    planned.take.plan.placements.findIndex(({ category }) => text.split(' ').includes(category));

  it('QAEgo4D: things are where they were put, and were picked up', () => {
    let checked = 0;
    for (const planned of many.slice(0, 12)) {
      const { take } = planned;
      for (const { question, answer, wrong, end } of askMemory(planned, new Random(0))) {
        expect(new Set([answer, ...wrong]).size).toBe(1 + wrong.length);
        const state = stateAt(planned, end);
        if (question.startsWith('Where')) {
          const object = state.objects[index(planned, question.slice(0, -1))];
          const inside = object.inside < 0 ? undefined : take.plan.placements[object.inside].category;
          const near = [...take.room.stations].sort(
            (a, b) =>
              distance([...a.stand.slice(0, 2), 0] as never, [object.position[0], object.position[1], 0]) -
              distance([...b.stand.slice(0, 2), 0] as never, [object.position[0], object.position[1], 0]),
          )[0];
          expect(answer).toBe(inside ? `${inside === 'box' ? 'in' : 'on'} the ${inside}` : `on the ${near.name}`);
          checked++;
        } else if (question.startsWith('What did I pick up')) {
          expect(state.objects[index(planned, answer)].heldBy).not.toBeNull();
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(60);
  });

  it('EgoTaskQA and EgoPlan: what is asked for comes next', () => {
    for (const planned of many.slice(0, 10)) {
      const told = tellActions(planned);
      expect(told.every(({ past }) => /^[a-z ]+$/.test(past) && !past.includes('  '))).toBe(true);
    }
    const plans = readEgoPlan(join(root, 'egoplan/EgoPlan_validation.json'));
    expect(plans.length).toBeGreaterThan(5);
    const told = [0, 1].flatMap((index) => {
      const planned = planTake(studio, numbered('egobench_test', index), 'heldOut', index, config.takeDuration);
      return tellActions(planned).map((one) => ({ ...one, video: planned.take.uid }));
    });
    for (const { videoId, observationFrame, progress, options, answer } of plans) {
      expect(new Set(options).size).toBe(4);
      for (const { stopFrame } of progress) expect(stopFrame).toBeLessThanOrEqual(observationFrame);
      const next = told.filter(
        ({ video, action }) => video === videoId && Math.floor(action.start * config.fps) === observationFrame,
      );
      expect(next.map(({ step }) => step)).toContain(options[answer]);
    }
  });

  it('VLN-QA: the body turns, goes on or stands after the clip as the answer says', () => {
    const wrap = (angle: number) => Math.atan2(Math.sin(angle), Math.cos(angle));
    const answers = new Map<string, number>();
    for (const planned of many.slice(0, 25)) {
      const walks = planned.take.plan.actions.filter(({ verb }) => verb === 'walk to');
      const shown = [...instants(planned.take, 64)];
      vlnClips(planned, new Random(1)).forEach(({ end, answer }, i) => {
        const { yaw, stand } = planned.take.room.stations[walks[Math.floor(i / 2)].station];
        const { state } = shown[Math.min(shown.length - 1, Math.floor(end * 64))];
        const turn = wrap(yaw - state.yaw);
        const left = distance(stand, state.stand);
        if (answer === 'Stop') expect(left).toBeLessThan(0.02);
        else if (answer === 'Move forward') expect([Math.abs(turn) < 0.1, left > 0.05]).toEqual([true, true]);
        else expect(turn > 0).toBe(answer === 'Turn left and move forward');
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      });
    }
    expect(answers.size).toBe(4);
  });

  it('Charades-Ego: every action of the world has a class', () => {
    expect(new Set(charadesClassNames).size).toBe(157);
    for (const planned of many)
      for (const { fact } of tellActions(planned)) expect(charadesClass(fact)).toBeGreaterThanOrEqual(0);
    expect(categories).toHaveLength(12);
  });
});

describe('options', () => {
  it('of QAEgo4D do not tell by their text which one is right', () => {
    const asked = many.map((planned, i) => askMemory(planned, new Random(i)));
    const [past, future] = [asked.slice(0, 40), asked.slice(40)].map((part, i) =>
      balanceAnswers(part.flat(), new Random(i)),
    );
    const rate = new Map<string, [number, number]>();
    const kind = (question: string) => question.split(' ').slice(0, 4).join(' ');
    for (const { question, answer, wrong } of past) {
      for (const option of [answer, ...wrong]) {
        const [right, shown] = rate.get(kind(question) + option) ?? [0, 0];
        rate.set(kind(question) + option, [right + Number(option === answer), shown + 1]);
      }
    }
    const score = (question: string, option: string) => {
      const [right, shown] = rate.get(kind(question) + option) ?? [0, 0];
      return (right + 1) / (shown + 4);
    };
    const guessed = future.filter(({ question, answer, wrong }) =>
      wrong.every((option) => score(question, option) < score(question, answer)),
    );
    expect(future.length).toBeGreaterThan(100);
    expect(guessed.length / future.length).toBeLessThan(0.33);
  });
});

describe('texts for a language model', () => {
  const worded = many.flatMap(({ take }, i) => wordedQuestions(take, new Random(i)));
  const beginning = (question: string) => question.split(' ').slice(0, 3).join(' ');

  it('are worded as the questions of every task', () => {
    const read = new Set(worded.map(({ question }) => beginning(question)));
    const asked = [
      ...readQaEgo4dClosed(join(root, 'qaego4d/annotations.QaEgo4D_test_close.json')),
      ...readEgoTaskQa(join(root, 'egotaskqa/direct/test_qas.json')),
      ...readEgoTaskQa(join(root, 'egotaskqa/indirect/test_qas.json')),
      ...readEgoPlan(join(root, 'egoplan/EgoPlan_validation.json')),
      ...readVlnQa(join(root, 'vlnqa/egocentric_navigation.json')),
      ...readOpenEqa(join(root, 'openeqa/open-eqa-v0.json')),
    ];
    for (const { question } of asked) expect(read, question).toContain(beginning(question));
    const verbs = new Set(worded.map(({ answer }) => answer.split(' ')[0]));
    for (const { label } of readSomethingSomething(join(root, 'ssv2/something-something-v2-train.json')))
      expect(verbs, label).toContain(label.split(' ')[0]);
  });

  it('are answered by what they show', () => {
    const after = worded.filter(({ question }) => question.startsWith('What did I do right after'));
    expect(after.length).toBeGreaterThan(200);
    for (const { shown, answer } of after)
      expect(shown.slice(1).map((fact) => kitchenAction(fact).narration)).toContain(answer);
    const doing = worded.filter(({ question }) => question.startsWith('What action am I'));
    for (const { shown, answer } of doing) expect(charadesClassNames[charadesClass(shown[0])]).toBe(answer);
  });
});
