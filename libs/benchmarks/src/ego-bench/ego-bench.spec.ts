import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SentenceEncoder } from '@egolab/sentence-encoder';
import {
  answerChoices,
  answerClasses,
  answerClips,
  answerOpen,
  choicePrompt,
  choiceTasks,
  egoBenchTasks,
  meanOverTasks,
  openTasks,
  parseLetter,
  ResultsFile,
  scoreResults,
  TABLE_16_PROMPTS,
  type Answerer,
  type ChoiceQuestion,
} from './index.ts';

function folder(files: Record<string, unknown> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'egolab-bench-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

/** Every text is as similar as every other: the first in order are taken. */
const flat: SentenceEncoder = {
  embed: (texts) => ({ width: 1, data: new Float32Array(texts.length).fill(1) }),
  mostSimilar: (queries, pool, { k, allowed = () => true }) =>
    Array.from(queries.data, (_, query) =>
      [...pool.data.keys()].filter((candidate) => allowed(query, candidate)).slice(0, k),
    ),
  dispose: () => undefined,
};
const context = () => ({ sentenceEncoder: { name: 'flat', load: () => flat }, candidates: folder() });
const read = (name: string, files: Record<string, unknown>) =>
  choiceTasks.find((task) => task.name === name)!.read(folder(files), context());

describe('tasks', () => {
  const charades = Array.from({ length: 157 }, (_, i) => `c${String(i).padStart(3, '0')} Doing ${i}`).join('\n');
  const clip = (uid: string, text: string) => ({ video_uid: uid, clip_start: 1, clip_end: 2, clip_text: `#C ${text}` });

  it('QAEgo4D shuffles options by id: the right one is not always first', () => {
    const record = (i: number) => ({
      video_id: 'v',
      sample_id: `s${i}`,
      question: 'q',
      answer: 'a',
      moment_start_frame: 1,
      moment_end_frame: 2,
      wrong_answers: ['b', 'c', 'd'],
    });
    const files = { 'annotations.QaEgo4D_test_close.json': Array.from({ length: 20 }, (_, i) => record(i)) };
    const questions = read('qaego4d-closed', files);
    expect(questions).toEqual(read('qaego4d-closed', files));
    expect(questions.every(({ options, answer }) => options[answer] === 'a')).toBe(true);
    expect(new Set(questions.map(({ answer }) => answer)).size).toBe(4);
    expect(openTasks[0].read(folder({ 'annotations.QaEgo4D_test.json': [record(0)] }))[0].answers).toEqual(['a']);
  });

  it('EgoTaskQA and Charades-Ego find four wrong options', () => {
    const qa = (i: number) => ({
      question_id: i,
      question: 'q',
      answer: `answer ${i}`,
      interval: `v|fpv1|${i}|${i + 9}`,
    });
    const [first] = read('egotaskqa-direct', { 'direct/test_qas.json': Array.from({ length: 6 }, (_, i) => qa(i)) });
    expect([...first.options].sort()).toEqual(['answer 0', 'answer 1', 'answer 2', 'answer 3', 'answer 4']);
    expect(first.clip).toEqual({ videos: ['v|fpv1|0|9.mp4', 'v/fpv1.mp4'], frames: [1, 8] });
    const questions = read('charades-ego-mcq', {
      'Charades_v1_classes.txt': charades,
      'CharadesEgo_v1_test_only1st.csv': 'id,actions\nA,c005 1.00 4.50;c006 2 3\nB,\n',
    });
    expect(questions).toHaveLength(1);
    expect(questions[0]).toMatchObject({ id: 'A', clip: { start: 1, end: 4.5 } });
    expect(questions[0].options[questions[0].answer]).toBe('Doing 5');
  });

  it('EgoMCQ asks for a text: ten options, from the same video where it is intra', () => {
    const texts = Array.from({ length: 14 }, (_, i) => `C does ${i}`);
    const question = (types: number, uid: (i: number) => string) => ({
      answer: 1,
      query: clip(uid(1), texts[1]),
      choices: Object.fromEntries([0, 1, 2, 3, 4].map((i) => [i, clip(uid(i), texts[i])])),
      types,
    });
    const more = (from: number, uid: string) => ({
      answer: 0,
      query: clip(uid, texts[from]),
      choices: Object.fromEntries([0, 1, 2, 3, 4].map((i) => [i, clip(uid, texts[(from + i) % 14])])),
      types: 2,
    });
    const [intra, inter] = read('egomcq-v2t', {
      'egomcq.json': { 0: question(2, () => 'v'), 1: question(1, (i) => `u${i}`), 2: more(5, 'v'), 3: more(9, 'w') },
    });
    expect([intra.group, inter.group]).toEqual(['intra', 'inter']);
    for (const { options, answer } of [intra, inter]) {
      expect(new Set(options).size).toBe(10);
      expect(options[answer]).toBe('C does 1');
      expect(options).toEqual(expect.arrayContaining(texts.slice(0, 5)));
    }
    expect(intra.options).toEqual(expect.arrayContaining(texts.slice(5, 10)));
  });

  it('EgoPlan shows the progress and the observation', () => {
    const [question] = read('egoplan', {
      'EgoPlan_validation.json': [
        {
          sample_id: 1,
          video_source: 'EpicKitchens',
          video_id: 'P01_13',
          task_goal: 'g',
          question: 'q',
          answer: 'b',
          golden_choice_idx: 'B',
          choice_a: 'a',
          choice_b: 'b',
          choice_c: 'c',
          choice_d: 'd',
          current_observation_frame: 760,
          task_progress_metadata: [{ narration_text: 'x', start_frame: 36, stop_frame: 105 }],
        },
      ],
    });
    expect(question).toMatchObject({
      answer: 1,
      clip: { videos: ['P01_13.mp4', 'P01/P01_13.MP4'], frames: [35, 759] },
    });
  });
});

describe('prompts', () => {
  const options = ['in the drawer', 'C opens it', 'on the table'];

  it('lists options as Table 12 does, where asked', () => {
    const asked = { instruction: TABLE_16_PROMPTS.plain, listOptions: true };
    expect(choicePrompt({ question: 'Where?', options }, asked)).toBe(
      "Carefully observe the video and choose the best option for the question.\nWhere?\nOptions:\n(A) in the drawer\n(B) C opens it\n(C) on the table\nAnswer with the option's letter.",
    );
    expect(choicePrompt({ question: 'Where?', options }, { instruction: '', listOptions: false })).toBe('Where?');
  });

  it.each([
    ['B', 1],
    ['(c)', 2],
    [' B. ', 1],
    ['(A) in the drawer', 0],
    ['C. on the table', 2],
    ['The answer is (B).', 1],
    ['Answer: C', 2],
    ['The answer is a cup.', undefined],
    ['On the table.', 2],
    ['C opens the drawer', undefined],
    ['A person walks', undefined],
    ['D', undefined],
    ['', undefined],
  ])('reads %j as %s', (text, expected) => expect(parseLetter(text, options)).toBe(expected));
});

describe('results', () => {
  it('keeps what was there, drops a cut line, begins anew for another header', () => {
    const path = join(folder(), 'a', 'r.jsonl');
    const result = (id: string) => ({ id, group: 'all', answer: 0, predicted: 0 });
    const first = new ResultsFile(path, { model: 1 });
    first.add(result('a'));
    expect(() => first.add(result('a'))).toThrow(/has a result already/);
    first.add(result('b'));
    first.close();
    appendFileSync(path, '{"id": "c", "gro');
    const second = new ResultsFile(path, { model: 1 });
    expect(second.all().map(({ id }) => id)).toEqual(['a', 'b']);
    second.add(result('c'));
    second.close();
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(4);
    expect(new ResultsFile(path, { model: 2 }).all()).toEqual([]);
    const foreign = join(folder({ 'x.jsonl': '{"id": 1}\n' }), 'x.jsonl');
    expect(() => new ResultsFile(foreign, {})).toThrow(/not a file of results/);
  });
});

describe('answering', () => {
  const root = folder({ 'v.mp4': '' });
  const questions: ChoiceQuestion[] = ['a', 'b', 'c'].map((id) => ({
    id,
    group: id === 'c' ? 'intra' : 'inter',
    question: `q ${id}`,
    options: ['long answer', 'short'],
    answer: 1,
    clip: { videos: ['none.mp4', 'v.mp4'], start: 1, end: 2 },
  }));
  const answerer = (asked: string[], text = 'B'): Answerer => ({
    prefetch: () => undefined,
    likelihoods: (together) => {
      asked.push(...together.map(({ prompt }) => prompt ?? 'caption'));
      return Promise.resolve(
        together.map(() => [
          { logLikelihood: -4, numTokens: 4 },
          { logLikelihood: -3, numTokens: 1 },
        ]),
      );
    },
    generate: (_, prompt) => {
      asked.push(prompt);
      return Promise.resolve(text);
    },
  });
  const options = (results = join(folder(), 'r.jsonl')) => ({
    videos: root,
    results,
    header: {},
    instruction: '',
    scoring: 'likelihood' as const,
    listOptions: false,
    questionsAtATime: 1,
    references: [],
  });

  it('takes the likeliest option, per token or as a whole, and asks nothing twice', async () => {
    const asked: string[] = [];
    const settings = options();
    const perToken = { name: 't', likelihood: 'per-token' as const };
    await answerChoices(perToken, questions.slice(0, 2), answerer(asked), settings);
    const results = await answerChoices(perToken, questions, answerer(asked), settings);
    expect(asked).toEqual(['q a', 'q b', 'q c']);
    expect(results.map(({ predicted }) => predicted)).toEqual([0, 0, 0]);
    const whole = await answerChoices({ name: 't', likelihood: 'whole' }, questions, answerer([]), options());
    expect(whole.map(({ predicted }) => predicted)).toEqual([1, 1, 1]);
    expect(scoreResults(questions, whole)['inter'].score).toMatchObject({
      accuracy: 100,
      chance: 50,
      n: 2,
      reciprocalRank: { value: 100 },
    });
    const { score, outcomes } = scoreResults(questions, results)['intra'];
    expect(score).toMatchObject({ accuracy: 0, reciprocalRank: { value: 50 }, unparsed: 0 });
    expect(outcomes).toEqual({ accuracy: { c: 0 }, reciprocalRank: { c: 0.5 } });
  });

  it('reads letters; one that names nothing is wrong, not a guess', async () => {
    const asked: string[] = [];
    const task = { name: 't', likelihood: 'per-token' as const };
    const letter = { ...options(), scoring: 'letter' as const };
    const right = await answerChoices(task, questions, answerer(asked), letter);
    expect(asked[0]).toContain('(B) short');
    const { score } = scoreResults(questions, right)['inter'];
    expect(score.accuracy).toBe(100);
    expect(score.reciprocalRank).toBeUndefined();
    const vague = await answerChoices(task, questions, answerer([], 'C opens it'), {
      ...letter,
      results: options().results,
    });
    expect(scoreResults(questions, vague)['inter'].score).toMatchObject({ accuracy: 0, unparsed: 2 });
  });

  it('asks the same batches after an interruption, and gives the same results for any number at a time', async () => {
    const task = { name: 't', likelihood: 'per-token' as const };
    const scored: Answerer = {
      ...answerer([]),
      likelihoods: (together) =>
        Promise.resolve(
          together.map(({ prompt, answers }) =>
            answers.map((answer) => ({ logLikelihood: -[...(prompt + answer)].length, numTokens: answer.length })),
          ),
        ),
    };
    const batches: number[] = [];
    let left = 1;
    const killed: Answerer = {
      ...scored,
      likelihoods: (together) => {
        batches.push(together.length);
        return left-- > 0 ? scored.likelihoods(together) : Promise.reject(new Error('killed'));
      },
    };
    const settings = { ...options(), questionsAtATime: 2 };
    await expect(answerChoices(task, questions, killed, settings)).rejects.toThrow('killed');
    left = 9;
    const results = await answerChoices(task, questions, killed, settings);
    expect(batches).toEqual([2, 1, 1]);
    for (const questionsAtATime of [1, 2, 3])
      expect(await answerChoices(task, questions, scored, { ...options(), questionsAtATime })).toEqual(results);
  });

  it('asks which clip a text describes, and scores every class', async () => {
    const clip = (i: number) => ({ videos: ['v.mp4'], start: i, end: i + 1 });
    const later: Answerer = {
      ...answerer([]),
      likelihoods: (together) =>
        Promise.resolve(
          together.map(({ clip: { start }, answers }) =>
            answers.map((_, i) => ({ logLikelihood: -Math.abs(start! - 2 - i), numTokens: 2 })),
          ),
        ),
    };
    const asked = { ...options(), prompt: undefined, questionsAtATime: 2 };
    const texts = ['p', 'q', 'r'].map((id, answer) => ({
      id,
      group: 'all',
      text: id,
      clips: [1, 2, 3].map(clip),
      answer,
    }));
    const results = await answerClips({ name: 'egomcq' }, texts, later, asked);
    expect(results.map(({ predicted }) => predicted)).toEqual([1, 1, 1]);
    expect(results[0].scores).toEqual([-1, -0, -1]);
    expect(scoreResults(texts, results)['all'].score).toMatchObject({ n: 3, chance: 100 / 3, low: expect.any(Number) });
    const items = [1, 2].map((i) => ({ id: `${i}`, clip: clip(i) }));
    const classes = { question: 'Which?', classes: ['a', 'b'], items };
    const scores = await answerClasses({ name: 'c', likelihood: 'per-token' }, classes, later, options());
    expect(scores).toEqual([
      { id: '1', scores: [-0.5, -1] },
      { id: '2', scores: [-0, -0.5] },
    ]);
  });

  it('with references asks what the clip adds, not what is likely anyhow', async () => {
    // 'likely' is likely under every clip; 'right' is a little likelier under this one than under others
    const biased: Answerer = {
      ...answerer([]),
      likelihoods: (together) =>
        Promise.resolve(
          together.map(({ clip, answers }) =>
            answers.map((answer) => ({
              logLikelihood: answer === 'likely' ? -1 : clip.start === 1 ? -5 : -6,
              numTokens: 1,
            })),
          ),
        ),
    };
    const task = { name: 't', likelihood: 'per-token' as const };
    const asked = [{ ...questions[0], options: ['likely', 'right'] }];
    const [plain] = await answerChoices(task, asked, biased, options());
    expect(plain).toMatchObject({ predicted: 0, scores: [-1, -5] });
    const references = [3, 4].map((start) => ({ videos: ['v.mp4'], start, end: start + 1 }));
    const [ratio] = await answerChoices(task, asked, biased, { ...options(), references });
    expect(ratio).toMatchObject({ predicted: 1, scores: [0, 1] });
    const items = [{ id: 'x', clip: asked[0].clip }];
    const classes = { question: 'q', classes: ['likely', 'right'], items };
    expect(await answerClasses(task, classes, biased, { ...options(), references })).toEqual([
      { id: 'x', scores: [0, 1] },
    ]);
  });

  it('stops when it is told to, and keeps what was answered', async () => {
    const stop = new AbortController();
    const counting: Answerer = {
      ...answerer([]),
      likelihoods: (together) => {
        stop.abort(new Error('stopped'));
        return answerer([]).likelihoods(together);
      },
    };
    const task = { name: 't', likelihood: 'per-token' as const };
    const settings = options();
    await expect(answerChoices(task, questions, counting, { ...settings, signal: stop.signal })).rejects.toThrow(
      'stopped',
    );
    const asked: string[] = [];
    await answerChoices(task, questions, answerer(asked), settings);
    expect(asked).toEqual(['q b', 'q c']);
  });

  it('answers open questions, and says which video is missing', async () => {
    const open = [{ id: 'x', question: 'Why?', answers: ['so'], clip: { videos: ['v.mp4'] } }];
    expect(await answerOpen({ name: 'o' }, open, answerer([], 'because'), options())).toEqual([
      { id: 'x', text: 'because' },
    ]);
    const gone = [{ ...questions[0], clip: { videos: ['gone.mp4'] } }];
    const task = { name: 't', likelihood: 'whole' as const };
    await expect(answerChoices(task, gone, answerer([]), options())).rejects.toThrow(
      /the video of question a is missing: gone/,
    );
    const out = [{ ...questions[0], clip: { videos: ['../../etc/passwd'] } }];
    await expect(answerChoices(task, out, answerer([]), options())).rejects.toThrow(/leaves the dataset root/);
  });
});

describe('values', () => {
  it('the mean over tasks counts every task the same, and its questions say so one by one', () => {
    const setting = (name: string, benchmark: 'EgoMCQ' | 'EgoPlan', answers: number[], chance: number) => ({
      name,
      benchmark,
      chance,
      correct: Object.fromEntries(answers.map((right, i) => [`${i}`, right])),
    });
    const { score, outcomes } = meanOverTasks([
      setting('egomcq.inter', 'EgoMCQ', [1, 1, 1, 0], 20),
      setting('egomcq.intra', 'EgoMCQ', [1, 0], 20),
      setting('egoplan', 'EgoPlan', [0, 0, 0, 0, 1], 25),
    ])!;
    expect(score).toMatchObject({ n: 11, tasks: 2, settings: 3, chance: 22.5 });
    expect(score.accuracy).toBeCloseTo(100 * ((0.75 + 0.5) / 2 / 2 + 0.2 / 2), 10);
    const values = Object.values(outcomes);
    expect((100 * values.reduce((sum, value) => sum + value, 0)) / values.length).toBeCloseTo(score.accuracy, 10);
    expect(score.low).toBeLessThan(score.accuracy);
    expect(meanOverTasks([])).toBeUndefined();
  });

  it('grades the options of retrieval: what says nearly the same is nearly right', () => {
    const question = {
      id: 'a',
      group: 'all',
      question: 'q',
      options: ['x', 'y', 'z'],
      answer: 1,
      clip: { videos: [] },
    };
    const result = { id: 'a', group: 'all', answer: 1, predicted: 0, scores: [3, 2, 1] };
    const score = (relevancy: number[]) => scoreResults([{ ...question, relevancy }], [result])['all'].score;
    expect(score([1, 1, 0]).mAP!.value).toBe(100);
    expect(score([0, 1, 0]).mAP!.value).toBe(50);
    // gains 0.5 and 1 at ranks 1 and 2, against 1 and 0.5
    const ideal = 1 + 0.5 / Math.log2(3);
    expect(score([0.5, 1, 0]).nDCG!.value).toBeCloseTo((100 * (0.5 + 1 / Math.log2(3))) / ideal, 10);
  });

  it('has eight tasks, whose names differ', () => {
    expect(new Set(egoBenchTasks.map(({ benchmark }) => benchmark)).size).toBe(8);
    expect(new Set(egoBenchTasks.map(({ name }) => name)).size).toBe(egoBenchTasks.length);
  });
});
