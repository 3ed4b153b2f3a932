import type { Ek100Retrieval } from '@egolab/ego-data';
import type { Random } from '@egolab/foundation';
import type { Relevancy } from '@egolab/metrics';
import type { ClipRequest } from '@egolab/video';
import type { StagePicture } from '../pictures.ts';
import type { FrozenEncoder } from './frozen.ts';
import { sheet, type SheetFrame, type SheetRow } from './sheet.ts';

/** Texts and the clips that are most like them, the best first. */
export interface Retrieved {
  readonly text: string;
  /** indices of clips, and whether each says what the text says */
  readonly clips: readonly { readonly clip: number; readonly right: boolean }[];
}

/** The clips of largest similarity to some captions. */
export function retrievedClips(
  similarities: Float32Array,
  { clips, captions }: Ek100Retrieval,
  { table, classes, videos, texts }: Relevancy,
  random: Random,
  { captions: count, top }: { captions: number; top: number },
): Retrieved[] {
  const drawn = random.shuffle(captions.map((_, caption) => caption)).slice(0, count);
  return drawn.map((caption) => {
    const scores = clips.map((_, clip) => similarities[clip * captions.length + caption]);
    const ranked = scores.map((_, clip) => clip).sort((a, b) => scores[b] - scores[a] || a - b);
    const right = (clip: number) => table[texts[caption] * classes + videos[clip]] === 1;
    return {
      text: captions[caption].text,
      clips: ranked.slice(0, top).map((clip) => ({ clip, right: right(clip) })),
    };
  });
}

/** Captions and the clips that are retrieved for them, by their middle frames. */
export async function retrievalPicture(
  { model, reader }: Pick<FrozenEncoder, 'model' | 'reader'>,
  { examples, requests }: { readonly examples: readonly Retrieved[]; readonly requests: readonly ClipRequest[] },
): Promise<StagePicture> {
  const { image_size: side, num_frames: time } = model.config.vision_config;
  const bytes = side * side * 3;
  const rows: SheetRow[] = [];
  for (const { text, clips } of examples) {
    const videos = await reader.readMany(clips.map(({ clip }) => requests[clip]));
    const middle = Math.floor(time / 2) * bytes;
    const frames = clips.map(({ right }, i): SheetFrame => {
      return { data: videos[i].subarray(middle, middle + bytes), side, border: right ? 'right' : 'wrong' };
    });
    rows.push({ lines: [`“${text}”`], frames });
  }
  return {
    name: 'retrieval',
    title: 'Retrieved clips',
    caption:
      'Captions of EPIC-KITCHENS-100’s format, drawn by the seed, and the clips of largest similarity, the best first, by their middle frames. Green: verb and nouns are the caption’s (relevancy 1); red: they are not.',
    alt: `Captions with ${examples[0]?.clips.length ?? 0} retrieved frames each.`,
    bytes: sheet(rows),
  };
}
