import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  egoExoClips,
  egoExoFigures,
  paperStatistics,
  readTakes,
  type Bar,
  type ClipStatistics,
  type EgoExoFigures,
  type NamedShare,
} from '@egolab/ego-data';
import type { StagePicture } from '../pictures.ts';
import type { Progress } from '../progress.ts';
import type { Metrics } from '../stage.ts';
import { barChart } from './bar-chart.ts';
import type { DataSettings } from './data-settings.ts';

export interface DatasetStatistics {
  readonly metrics: Metrics;
  readonly pictures: readonly StagePicture[];
}

/**
 * Supplement A from what is on disk: the numbers of Ego-ExoClip's training split, with cameras and hours as Table 10 has them, and
 * Figures 7 to 11. Nothing where there is no Ego-Exo4D.
 *
 * @param folder of Ego-Exo4D
 */
export function egoExoStatistics(folder: string, data: DataSettings, progress: Progress): DatasetStatistics {
  const takesFile = join(folder, 'takes.json');
  if (!existsSync(takesFile)) {
    progress.note(`Ego-ExoClip: not on disk (${takesFile})`);
    return { metrics: {}, pictures: [] };
  }
  const { clips, statistics } = egoExoClips({
    root: folder,
    split: 'train',
    missingVideos: 'skip',
    ...data.egoExoClip,
  });
  const cameras = clips.map(({ exoVideos }) => exoVideos.length).sort((a, b) => a - b);
  return {
    metrics: {
      egoExoClip: { ...numbersOf(statistics), exoCameras: { fewest: cameras[0], most: cameras[cameras.length - 1] } },
    },
    pictures: picturesOf(egoExoFigures(clips, readTakes(takesFile)), statistics),
  };
}

function numbersOf({ groups, videos, videoHours, takeHours, narrations, ...rest }: ClipStatistics): Metrics {
  const { egoExoPairs, clip, words, scenarios } = rest;
  return {
    groups,
    videos,
    videoHours,
    takeHours,
    narrations,
    egoExoPairs,
    clip: { ...clip },
    words: { ...words },
    scenarios: Object.keys(scenarios).length,
  };
}

function picturesOf(figures: EgoExoFigures, { clip, words }: ClipStatistics): StagePicture[] {
  const paper = paperStatistics;
  const two = (value: number) => value.toFixed(2);
  return [
    {
      name: 'durations',
      title: 'Durations of clips (Figure 7)',
      caption: `A row a quarter of a second, the last one holds longer clips; its bar is the number of clips. Mean ${two(clip.mean)} s, deviation ${two(clip.std)} s, ${two(clip.under1s)} % below 1 s (the paper's Ego-ExoClip: ${paper.clip.mean} s, ${paper.clip.std} s, ${paper.clip.under1s} %).`,
      alt: `Histogram of clip durations, mean ${two(clip.mean)} seconds`,
      bytes: barChart(histogram(figures.durations, 's'), String),
    },
    {
      name: 'words',
      title: 'Words of narrations (Figure 8)',
      caption: `A row a number of words; its bar is the number of narrations. Mean ${two(words.mean)}, deviation ${two(words.std)}, ${two(words.from10to20)} % of 10 to 20 words (the paper's: ${paper.words.mean}, ${paper.words.std}, ${paper.words.from10to20} %).`,
      alt: `Histogram of narration lengths, mean ${two(words.mean)} words`,
      bytes: barChart(histogram(withoutEmptyEnds(figures.words), 'words'), String),
    },
    shares('institutions', 'Institutions (Figure 9)', 'institution', figures.institutions),
    shares('tasks', 'Tasks (Figure 10)', 'task', figures.tasks),
    shares('scenarios', 'Scenarios (Figure 11)', 'scenario', figures.scenarios),
  ];
}

function histogram(bars: readonly Bar[], unit: string) {
  return bars.map(({ from, to, count }) => {
    const name =
      to === Infinity ? `${from} ${unit} and more` : to - from === 1 ? `${from} ${unit}` : `${from} to ${to} ${unit}`;
    return { name, value: count };
  });
}

/** From the first to the last bar that holds anything. */
function withoutEmptyEnds(bars: readonly Bar[]): readonly Bar[] {
  const first = bars.findIndex(({ count }) => count > 0);
  const last = bars.findLastIndex(({ count }) => count > 0);
  return bars.slice(Math.max(0, first), last + 1);
}

function shares(name: string, title: string, what: string, found: readonly NamedShare[]): StagePicture {
  return {
    name,
    title,
    caption: `A row a${/^[aeiou]/.test(what) ? 'n' : ''} ${what}, the most frequent first; its bar is its share of the ${found.reduce((sum, { groups }) => sum + groups, 0)} groups of one egocentric and several exocentric videos.`,
    alt: `Shares of groups by ${what}: ${found
      .slice(0, 3)
      .map(({ name, percent }) => `${name} ${percent.toFixed(0)} %`)
      .join(', ')}`,
    bytes: barChart(
      found.map(({ name, percent }) => ({ name, value: percent })),
      (value) => `${value.toFixed(1)} %`,
    ),
  };
}
