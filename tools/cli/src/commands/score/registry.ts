/** Values to report, under the keys of `egolab score`'s table; NaN (null in JSON) where the truth holds nothing to measure. */
export type Scores = Record<string, number>;

/** What the user named on the command line. */
export interface ScoreFiles {
  readonly predictions: string;
  readonly annotations: string;
}

/** The benchmark's own options, defaults filled in, values checked. */
export type ScoreOptions = Readonly<Record<string, string>>;

/** What a benchmark's file exports as `score`; every mistake in the files is a UserError. */
export type Score = (files: ScoreFiles, options: ScoreOptions) => Scores | Promise<Scores>;

/** `--<name> <value>`; several benchmarks may have options of one name. */
export interface BenchmarkOption {
  readonly description: string;
  /** the accepted values; anything, such as a file, when not given */
  readonly values?: readonly string[];
  readonly default?: string;
}

export interface Benchmark {
  /** for the help: what `--predictions` and `--annotations` name */
  readonly predictions: string;
  readonly annotations: string;
  readonly options?: Readonly<Record<string, BenchmarkOption>>;
  /** the benchmark's file, loaded when it is asked for */
  readonly load: () => Promise<{ readonly score: Score }>;
}

const choices = 'JSON {question id: index} or {question id: [score per option]}';

const candidates: BenchmarkOption = {
  description: 'stored candidates, whose order the indices mean (default: five options, the right one first)',
};

/** The benchmarks of `egolab score`; each is one file beside this one. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  'ek100-mir': {
    predictions: '.npy float32 [videos, texts] similarities, in the order of the two CSVs',
    annotations: 'folder of EPIC_100_retrieval_test.csv and EPIC_100_retrieval_test_sentence.csv',
    load: () => import('./ek100-mir.ts'),
  },
  egomcq: {
    predictions: 'JSON {question id: [score per choice]}',
    annotations: 'egomcq.json',
    load: () => import('./egomcq.ts'),
  },
  egtea: {
    predictions: '.npy float32 [clips, classes], in the order of the split file',
    annotations: 'folder of action_idx.txt and test_split1.txt (… 2, 3)',
    options: { split: { description: 'test split', values: ['1', '2', '3', 'all'], default: '1' } },
    load: () => import('./egtea.ts'),
  },
  egoschema: {
    predictions: choices,
    annotations: 'subset_answers.json',
    load: () => import('./egoschema.ts'),
  },
  'qaego4d-closed': {
    predictions: choices,
    annotations: 'annotations.QaEgo4D_test_close.json; options are [answer, ...wrong_answers]',
    load: () => import('./qaego4d-closed.ts'),
  },
  'qaego4d-open': {
    predictions: 'JSON {question id: text}',
    annotations: 'annotations.QaEgo4D_test.json',
    options: {
      judge: {
        description: 'who marks: a chat model (folder or .gguf), or http(s) address of an OpenAI-compatible API',
      },
      'judge-model': { description: "the model's name at that address; its key comes from OPENAI_API_KEY" },
    },
    load: () => import('./qaego4d-open.ts'),
  },
  egotaskqa: {
    predictions: choices,
    annotations: 'direct/test_qas.json or indirect/test_qas.json',
    options: { candidates },
    load: () => import('./egotaskqa.ts'),
  },
  egoplan: {
    predictions: choices,
    annotations: 'EgoPlan_validation.json',
    load: () => import('./egoplan.ts'),
  },
  'vln-qa': {
    predictions: `${choices}; an id is the place in the list, from 0`,
    annotations: 'egocentric_navigation.json of MVBench',
    load: () => import('./vln-qa.ts'),
  },
  'charades-ego-mcq': {
    predictions: choices,
    annotations: 'CharadesEgo_v1_test_only1st.csv',
    options: { candidates },
    load: () => import('./charades-ego-mcq.ts'),
  },
  'charades-ego': {
    predictions: '.npy float32 [videos, 157], in the order of the CSV',
    annotations: 'CharadesEgo_v1_test_only1st.csv',
    load: () => import('./charades-ego.ts'),
  },
  egonlq: {
    predictions: 'result JSON of the Ego4D NLQ challenge',
    annotations: 'nlq_val.json',
    load: () => import('./egonlq.ts'),
  },
  camera: {
    predictions: 'trajectory in TUM format',
    annotations: 'trajectory in TUM format, on the same clock',
    load: () => import('./camera.ts'),
  },
  gaze: {
    predictions: 'CSV t,x,y in [0, 1]',
    annotations: 'CSV t,x,y[,valid]',
    load: () => import('./gaze.ts'),
  },
  depth: {
    predictions: '.npy float32 [frames, height, width]',
    annotations: '.npy depth in metres, 0 or NaN where unknown',
    options: {
      align: {
        description: 'alignment of the sequence; affine-disparity takes inverse depth',
        values: ['none', 'median', 'affine-depth', 'affine-disparity'],
        default: 'none',
      },
      pool: { description: 'what means are taken over', values: ['sequence', 'frame'], default: 'sequence' },
    },
    load: () => import('./depth.ts'),
  },
  video: {
    predictions: 'mp4 or .npy uint8 [frames, height, width, 3]',
    annotations: 'the same',
    load: () => import('./video.ts'),
  },
  'hoi-masks': {
    predictions: 'COCO result JSON (run-length masks)',
    annotations: 'COCO ground-truth JSON of the categories hand and object',
    load: () => import('./hoi-masks.ts'),
  },
};
