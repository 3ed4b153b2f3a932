import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { npyBytes, UserError } from '@egolab/foundation';
import {
  egteaClip,
  examples,
  failure,
  mask,
  nlqResult,
  nlqResults,
  nlqTruth,
  npy,
  rightMasks,
  rightNlq,
  score,
  type Files,
} from './egodtm-examples.ts';

const textFiles = Object.entries(examples).flatMap(([benchmark, { files }]) =>
  Object.keys(files).flatMap((name) => (name.endsWith('.npy') ? [] : [[benchmark, name] as const])),
);
const text = (benchmark: string, name: string) => examples[benchmark].files[name] as string;

it.each(Object.entries(examples))('%s scores a small example as by hand', async (benchmark, example) => {
  const scores = await score(benchmark, example);
  expect(Object.keys(scores)).toEqual(Object.keys(example.scores));
  for (const [key, value] of Object.entries(example.scores)) expect(scores[key]).toBeCloseTo(value, 10);
});

describe.each(textFiles)('%s, %s', (benchmark, name) => {
  const content = text(benchmark, name);

  it.each([
    ['CRLF', content.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${content}`],
  ])('means the same with %s', async (_, changed) => {
    const scores = await score(benchmark, examples[benchmark], { [name]: changed });
    for (const [key, value] of Object.entries(examples[benchmark].scores)) expect(scores[key]).toBeCloseTo(value, 10);
  });

  it('is refused in Windows-1252', async () => {
    const foreign = Buffer.from(content.replace(/é|[a-z]/, 'é'), 'latin1');
    expect(await failure(benchmark, { [name]: foreign })).toMatch(new RegExp(`${name}: not UTF-8 text: line \\d`));
  });

  it('is refused when it is cut', async () => {
    for (const share of [0, 0.3, 0.6, 0.8]) {
      const cut = Buffer.from(content).subarray(0, Math.floor(content.length * share));
      expect(await failure(benchmark, { [name]: cut })).toMatch(/\.(csv|txt|json|npy)/);
    }
  });

  it('is refused when it is not there', async () => {
    const { files } = examples[benchmark];
    const others = Object.fromEntries(Object.entries(files).filter(([other]) => other !== name));
    const kept = { ...examples[benchmark], files: { ...others, ...(name.startsWith('pred') && { [name]: '' }) } };
    await expect(score(benchmark, kept)).rejects.toThrow(UserError);
  });
});

describe.each(['ek100-mir', 'egtea', 'charades-ego'])('%s predictions', (benchmark) => {
  const right = examples[benchmark].files['predictions.npy'] as Buffer;
  const columns = { 'ek100-mir': 2, egtea: 3, 'charades-ego': 157 }[benchmark]!;
  const zeros = (rows: number, width: number) => npyBytes([rows, width], new Float32Array(rows * width));

  it.each<[string, Uint8Array, RegExp]>([
    ['a row too few', zeros(2, columns), /expected 3 \w+ x \d+ \w+, got \[2, \d+\]/],
    ['a column too many', zeros(3, columns + 1), /expected 3 \w+ x \d+ \w+, got \[3, \d+\]/],
    ['one axis', npyBytes([3 * columns], new Float32Array(3 * columns)), /expected 3 .* got \[\d+\]/],
    ['float64', npyBytes([3, columns], new Float64Array(3 * columns)), /expected float32, got float64/],
    ['integers', npyBytes([3, columns], new Int32Array(3 * columns)), /expected float32, got int32/],
    ['NaN', npyBytes([3, columns], new Float32Array(3 * columns).fill(NaN, columns + 1, columns + 2)), /row 1 \(.+\), column 1: the score is NaN/],
    ['a cut file', right.subarray(0, right.length - 2), /expected \d+ bytes of data/],
    ['another format', Buffer.from('PK not numpy'), /not a NumPy array file/],
  ])('%s', async (_, content, message) => {
    expect(await failure(benchmark, { 'predictions.npy': content })).toMatch(message);
  }); // prettier-ignore
});

// -- what can be wrong with one ------------------------------------------------------------------------------------------

const edit = (benchmark: string, name: string, from: string, to: string): Files => {
  const content = text(benchmark, name);
  expect(content).toContain(from);
  return { [name]: content.replace(from, to) };
};
const clips = 'EPIC_100_retrieval_test.csv';
const captions = 'EPIC_100_retrieval_test_sentence.csv';
const charades = 'CharadesEgo_v1_test_only1st.csv';
const json = (name: string, value: unknown): Files => ({ [name]: JSON.stringify(value) });

it.each<[string, string, Files, RegExp]>([
  ['ek100-mir', 'transposed', { 'predictions.npy': npy([[1, 0, 0], [0, 1, 0]]) }, /got \[2, 3\]\n.*transposed/],
  ['ek100-mir', 'a duplicate id', edit('ek100-mir', clips, 'P01_10', 'P01_1'), /test\.csv, line 3, narration_id: "P01_1" is there twice/],
  ['ek100-mir', 'a duplicate caption', edit('ek100-mir', captions, 'P01_2', 'P01_1'), /sentence\.csv, line 3, narration_id: "P01_1" is there twice/],
  ['ek100-mir', 'an unknown id', edit('ek100-mir', captions, 'P01_2', 'P09_9'), /sentence\.csv, line 3, narration_id: "P09_9" is no clip/],
  ['ek100-mir', 'text for a class', edit('ek100-mir', clips, 'put café,1', 'put café,put'), /line 4 \(P01_2\), verb_class: expected a whole number of at least 0, got "put"/],
  ['ek100-mir', 'a list cut short', edit('ek100-mir', clips, '[9]', '[9'), /line 4 \(P01_2\), all_noun_classes: expected a list/],
  ['ek100-mir', 'no nouns', edit('ek100-mir', clips, '[9]', '[]'), /all_noun_classes: expected a list/],
  ['ek100-mir', 'text among the nouns', edit('ek100-mir', clips, '[9]', "['cup']"), /all_noun_classes: expected a list/],
  ['ek100-mir', 'no time', edit('ek100-mir', clips, '00:00:01.89', '1,89'), /not a whole table.*line 2/],
  ['ek100-mir', 'another header', edit('ek100-mir', clips, 'verb_class', 'verb_clas'), /"verb_class" is missing \(did you mean "verb_clas"/],
  ['egtea', 'a class that there is not', edit('egtea', 'test_split1.txt', ' 2 1 3', ' 4 1 3'), /test_split1\.txt, line 3, action: action 4 of 3/],
  ['egtea', 'class 0', edit('egtea', 'test_split1.txt', ' 2 1 3', ' 0 1 3'), /line 3, action: expected a whole number of at least 1, got "0"/],
  ['egtea', 'text for a class', edit('egtea', 'test_split1.txt', ' 2 1 3', ' take 1 3'), /line 3, action: expected a whole number of at least 1, got "take"/],
  ['egtea', 'a clip twice', edit('egtea', 'test_split1.txt', egteaClip(3), egteaClip(1)), /line 3, clip: ".*" is there twice/],
  ['egtea', 'a number of a class twice', edit('egtea', 'action_idx.txt', 'utensil 2', 'utensil 1'), /action_idx\.txt, line 2: expected the numbers 1 to 3, each once; got 1 again/],
  ['egtea', 'a class missing', edit('egtea', 'action_idx.txt', 'Take eating_utensil 2 \n', ''), /line 2: expected the numbers 1 to 2, each once; got 3/],
  ['charades-ego', 'an id twice', edit('charades-ego', charades, '\nB,', '\nA,'), /line 3, id: "A" is there twice/],
  ['charades-ego', 'a class that there is not', edit('charades-ego', charades, 'c007 0.00', 'c157 0.00'), /line 4 \(C\), actions: expected an action such as .* got "c157 0.00 1.00"/],
  ['charades-ego', 'an action without times', edit('charades-ego', charades, 'c007 0.00 1.00', 'c007'), /\(C\), actions: expected an action/],
  ['egonlq', 'a missing query', { 'predictions.json': nlqResults(rightNlq.slice(1)) }, /predictions\.json: 1 of 3 queries have no prediction, first query 0 of annotation a in clip c/],
  ['egonlq', 'an unknown query', { 'predictions.json': nlqResults([...rightNlq, nlqResult(3, [[0, 1]])]) }, /results\.2: there is no query 3 of annotation a/],
  ['egonlq', 'a query twice', { 'predictions.json': nlqResults([...rightNlq, rightNlq[0]]) }, /results\.2: query 0 of annotation a in clip c is there twice/],
  ['egonlq', 'text for a time', { 'predictions.json': nlqResults([nlqResult(0, [['0', 9]]), rightNlq[1]]) }, /predictions\.json: .*at results\.0\.predicted_times\.0\.0: .*number.*string/],
  ['egonlq', 'no windows', { 'predictions.json': nlqResults([nlqResult(0, []), rightNlq[1]]) }, /at results\.0\.predicted_times/],
  ['egonlq', 'a window of one time', { 'predictions.json': nlqResults([nlqResult(0, [[1]]), rightNlq[1]]) }, /at results\.0\.predicted_times\.0/],
  ['egonlq', 'NaN', { 'predictions.json': nlqResults(rightNlq).replace('[0,9]', '[NaN,9]') }, /at results\.0\.predicted_times\.0\.0, line 1: NaN is not a number in JSON/],
  ['egonlq', 'another challenge', { 'predictions.json': nlqResults(rightNlq).replace('ego4d_nlq_challenge', 'mq') }, /at challenge/],
  ['egonlq', 'an annotation twice', edit('egonlq', 'nlq_val.json', '"annotations":[', `"annotations":[${JSON.stringify(nlqTruth.videos[0].clips[0].annotations[0])},`), /nlq_val\.json, videos\.0\.clips\.0\.annotations\.1: the annotation a of clip c is there twice/],
  ['egonlq', 'text for a truth', edit('egonlq', 'nlq_val.json', '"clip_start_sec":20', '"clip_start_sec":"20"'), /language_queries\.2\.clip_start_sec/],
  ['hoi-masks', 'an unknown image', json('predictions.json', [{ ...rightMasks[0], image_id: 6 }]), /predictions\.json, 0\.image_id: 6 is not among/],
  ['hoi-masks', 'an unknown category', json('predictions.json', [{ ...rightMasks[0], category_id: 3 }]), /0\.category_id: 3 is not among/],
  ['hoi-masks', 'a mask of another size', json('predictions.json', [{ ...rightMasks[0], segmentation: { size: [4, 5], counts: [20] } }]), /0\.segmentation\.size: expected a mask of its image's size 4x4, got 4x5/],
  ['hoi-masks', 'runs that don’t fill it', json('predictions.json', [mask(1, [3, 4])]), /0\.segmentation\.counts: expected runs that fill 4x4 = 16 pixels, got 7/],
  ['hoi-masks', 'counts of another encoding', json('predictions.json', [{ ...rightMasks[0], segmentation: { size: [4, 4], counts: '~~' } }]), /0\.segmentation\.counts: not compressed COCO counts/],
  ['hoi-masks', 'text for a score', json('predictions.json', [mask(1, [16], '0.5')]), /predictions\.json: .*at 0\.score: .*number.*string/],
  ['hoi-masks', 'NaN', { 'predictions.json': JSON.stringify(rightMasks).replace('0.5', 'NaN') }, /at 0\.score, line 1: NaN is not a number/],
  ['hoi-masks', 'boxes only', json('predictions.json', [{ image_id: 5, category_id: 1, bbox: [0, 0, 1, 1], score: 1 }]), /at 0\.segmentation/],
  ['hoi-masks', 'an annotation twice', edit('hoi-masks', 'truth.json', '"id":2,"image_id"', '"id":1,"image_id"'), /truth\.json, annotations\.1\.id: the id 1 is there twice/],
  ['hoi-masks', 'three categories', edit('hoi-masks', 'truth.json', '"name":"hand"}', '"name":"hand"},{"id":3,"name":"glove"}'), /truth\.json, categories: expected the two categories hand and object/],
  ['hoi-masks', 'an annotation of no image', edit('hoi-masks', 'truth.json', '"image_id":5', '"image_id":9'), /annotations\.0\.image_id: 9 is not among/],
  ['egomcq', 'a missing question', json('predictions.json', { q1: [1, 0], q2: [1, 0] }), /1 of 3 questions have no prediction, first "q3"/],
  ['egomcq', 'an unknown question', json('predictions.json', { q1: [1, 0], q2: [1, 0], q3: [1, 0], q4: [1, 0] }), /unknown question id "q4"/],
  ['egomcq', 'a question twice', edit('egomcq', 'predictions.json', '"q2"', '"q1"'), /at q1, line 1: the key is there twice/],
  ['egomcq', 'a question of the truth twice', edit('egomcq', 'egomcq.json', '"q2"', '"q1"'), /egomcq\.json: .*at q1, line 1: the key is there twice/],
  ['egomcq', 'six scores', json('predictions.json', { q1: [1, 0, 0, 0, 0, 0], q2: [1, 0], q3: [1, 0] }), /question "q1": expected 2 scores, got 6/],
  ['egomcq', 'text for a score', json('predictions.json', { q1: ['1', 0], q2: [1, 0], q3: [1, 0] }), /predictions\.json: q1: expected an option index or a list/],
  ['egomcq', 'text for a time', edit('egomcq', 'egomcq.json', '"clip_start":"0"', '"clip_start":"x"'), /at q1\.query\.clip_start: expected a number/],
  ['egomcq', 'no questions', json('egomcq.json', {}), /egomcq\.json: no questions/],
  ['egomcq', 'NaN', edit('egomcq', 'predictions.json', '0.9', 'NaN'), /at q1\.0, line 1: NaN is not a number/],
  ['egomcq', 'an answer that is no choice', edit('egomcq', 'egomcq.json', '"answer":1', '"answer":2'), /at q2\.answer: the answer is not among the choices/],
  ['egomcq', 'no answer', edit('egomcq', 'egomcq.json', '"answer":1,', ''), /at q2\.answer/],
  ['egomcq', 'text for a type', edit('egomcq', 'egomcq.json', '"types":2', '"types":"2"'), /at q3\.types/],
])('%s refuses %s', async (benchmark, _, changed, message) => {
  expect(await failure(benchmark, changed)).toMatch(message);
}); // prettier-ignore

// -- what only one has ----------------------------------------------------------------------------------------------------

it('EK-100: an order of rows of one’s own is followed', async () => {
  const { files } = examples['ek100-mir'];
  const [header, first, second, third] = text('ek100-mir', clips).split('\n');
  const turned = { ...files, [clips]: [header, third, first, second].join('\n') };
  const scores = { 'predictions.npy': npy([[0, 1], [1, 0], [0.75, 0.25]]) }; // prettier-ignore
  expect(await score('ek100-mir', { ...examples['ek100-mir'], files: { ...turned, ...scores } })).toEqual(
    examples['ek100-mir'].scores,
  );
});

it('EGTEA: the mean over three splits, and a split that there is not', async () => {
  const { files } = examples['egtea'];
  const example = {
    ...examples['egtea'],
    files: {
      ...files,
      'predictions.npy': npy([[0.9, 0.1, 0], [0.2, 0.1, 0.7], [0, 1, 0], [1, 0, 0], [1, 0, 0]]), // prettier-ignore
      'test_split2.txt': `${egteaClip(4)} 1 1 1\n`,
      'test_split3.txt': `${egteaClip(5)} 3 1 1\n`,
    },
  };
  const scores = await score('egtea', example, {}, { split: 'all' });
  expect(scores['mean_acc']).toBeCloseTo((50 + 100 + 0) / 3, 10);
  expect(scores['top1_acc']).toBeCloseTo((200 / 3 + 100 + 0) / 3, 10);
  await expect(score('egtea', example, {}, { split: '2' })).rejects.toThrow(
    /expected 1 clips x 3 classes, got \[5, 3\]/,
  );
  expect(await failure('egtea', {}, { split: '4' })).toMatch(/--split: expected 1, 2, 3, all, got "4"/);
  expect(await failure('egomcq', {}, { split: '1' })).toMatch(/egomcq takes no --split\n.*belongs to .*egtea/);
});

const real = new URL('../../../../../../shared/real/ek100', import.meta.url).pathname;
it.skipIf(!existsSync(real))('EK-100: the published files and their goldens (needs ../shared/real)', async () => {
  const [rows, columns] = [9668, 3842];
  const similarities = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) similarities[i * columns + j] = ((7919 * i + 104729 * j) % 1000003) / 1000003;
  const files = {
    'predictions.npy': npyBytes([rows, columns], similarities),
    [clips]: readFileSync(join(real, clips)),
    [captions]: readFileSync(join(real, captions)),
  };
  const scores = await score('ek100-mir', { files, annotations: '', scores: {} });
  expect(scores['mAP_v2t']).toBeCloseTo(5.69453, 4);
  expect(scores['mAP_t2v']).toBeCloseTo(5.59581, 4);
  expect(scores['nDCG_v2t']).toBeCloseTo(10.80317, 4);
  expect(scores['nDCG_t2v']).toBeCloseTo(10.94321, 4);
});
