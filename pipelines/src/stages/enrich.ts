import { mkdirSync } from 'node:fs';
import { enrichCaption, type Issues, overlayFrames } from '@egolab/caption-enrichment';
import { SkipLog } from '@egolab/ego-data';
import { CAPTIONS, type EnrichedCaption, writeCaptions } from '../egodtm/clip-files.ts';
import { byVideo, decodeChosen, egoClipFolder, readHeldOutClips, readTrainingClips } from '../egodtm/engine/clips.ts';
import { engineOf, enrichSettings, openDetector } from '../egodtm/engine/settings.ts';
import { noteSkipped } from '../egodtm/engine/skipped.ts';
import { trainDetector } from '../egodtm/engine/train-detector.ts';
import { clipRow } from '../egodtm/engine/picture.ts';
import { spread } from '../egodtm/paint.ts';
import { sheet, type SheetRow } from '../egodtm/sheet.ts';
import { pictureOutputs, type StagePicture, writePictures } from '../pictures.ts';
import { defineStage, type StageResult } from '../stage.ts';
import { worldDataSettings } from '../world-datasets.ts';

/** Clips that the picture is chosen from, and those that it shows. */
const CANDIDATES = 24;
const SHOWN = 4;

const picture = (rows: readonly SheetRow[]): StagePicture => ({
  name: 'tracks',
  title: 'Tracks and enriched captions',
  caption:
    'Clips of the training split with the original and the enriched caption. Left hands are blue, right hands orange, objects green and violet; boxes go around the masks, and a mark above a hand says that it touches something.',
  alt: 'Frames with masks and boxes of hands and objects, below their captions.',
  bytes: sheet(rows),
});

/**
 * Spatial-aware textual enrichment (EgoDTM section 3.3): detect hands and objects, track them, generate a caption that says where
 * they are and how they move, and refuse it when it contradicts the tracks.
 */
export const enrich = defineStage({
  name: 'enrich',
  title: 'Enriched captions',
  paper: 'EgoDTM section 3.3',
  params: enrichSettings,
  sections: { 'egodtm-data': worldDataSettings },
  inputs: { data: 'egodtm-datasets' },
  outputs: [CAPTIONS, 'issues.json', 'detector', ...pictureOutputs],
  history: ['loss'], // of the detector
  async run(context) {
    const { params, config, inputs, out, progress, signal } = context;
    const folder = egoClipFolder(config['egodtm-data'], inputs.data);
    const { clips, skipped: unread } = await readTrainingClips(folder);
    noteSkipped(progress, 'EgoClip', unread);
    const detectorFolder = out.path('detector');
    mkdirSync(detectorFolder); // stays empty when no detector is trained
    let trained: StageResult = { metrics: {} };
    if (params.detectorTraining) {
      const heldOut = await readHeldOutClips(folder);
      trained = await trainDetector(context, params.detectorTraining, { clips, heldOut }, folder, detectorFolder);
    }
    signal.throwIfAborted();
    const detector = openDetector(params.detector, folder, params.detectorTraining ? detectorFolder : null);
    const engine = engineOf(params, detector);

    const issues: Issues = new Map();
    const skips = new SkipLog();
    const captions: EnrichedCaption[] = [];
    const rows = new Map<number, SheetRow>();
    const candidates = new Set(spread([...clips.keys()], CANDIDATES));
    const phase = progress.phase(
      `enriching captions (${detector.name}, ${engine.tracker.name}, ${engine.generator.name})`,
      clips.length,
    );
    for (const group of byVideo(clips)) {
      signal.throwIfAborted();
      const decoded = await decodeChosen(group, { numFrames: params.numFrames, sampler: 'avion' });
      for (const [i, { clip, text }] of group.entries()) {
        const { enriched, reason, tracks } = await enrichCaption(engine, decoded[i], text, issues);
        if (candidates.has(clip) && tracks && enriched !== null)
          rows.set(clip, clipRow(overlayFrames(decoded[i], tracks), [`“${text}”`, `“${enriched}”`]));
        captions.push({ clip, original: text, enriched, reason });
        if (reason !== null) skips.add(`clip ${clip}`, reason);
        phase.advance();
      }
    }
    phase.end();
    detector.dispose?.();
    engine.generator.dispose?.();
    const { byReason, first } = skips.report();
    noteSkipped(progress, 'enrich', { byReason });
    writeCaptions(
      out.folder,
      captions.sort((a, b) => a.clip - b.clip),
    );
    writePictures(out, rows.size > 0 ? [picture(spread([...rows.values()], SHOWN))] : []);
    const onTheWay = Object.fromEntries(issues);
    out.write('issues.json', `${JSON.stringify({ byReason, onTheWay, first }, null, 1)}\n`);
    const enriched = captions.filter((caption) => caption.enriched !== null).length;
    const rejected = captions.filter(({ reason }) => reason?.startsWith('rejected')).length;
    const counts = { clips: clips.length, enriched, rejected, skipped: clips.length - enriched - rejected };
    const metrics = { ...trained.metrics, ...counts, notEnrichedBecause: byReason, onTheWay };
    return { metrics, history: trained.history ?? [] };
  },
});
