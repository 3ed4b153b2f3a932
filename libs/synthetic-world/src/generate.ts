import { readJsonFile, sha256, UserError, writeFileAtomic } from '@egolab/foundation';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { type WorldConfig, type WorldConfigInput, worldConfigSchema } from './config.ts';
import { egoBenchParts } from './egobench/parts.ts';
import { egoDtmParts } from './egodtm/parts.ts';
import { egoM2pParts } from './egom2p/parts.ts';
import { exo2EgoPart } from './write/exo2ego.ts';
import type { Part } from './write/part.ts';
import { runJobs } from './write/pool.ts';

/** Raised when the same configuration gives other files. */
const VERSION = 1;
const MANIFEST = 'manifest.json';
const UNFINISHED = 'unfinished.json';

export interface WorldManifest {
  readonly version: number;
  readonly config: WorldConfig;
  readonly counts: Record<string, number>;
  /** path below the world's folder -> SHA-256 */
  readonly files: Record<string, string>;
}

export interface GenerateOptions {
  /** rendering threads; default: one per core */
  readonly workers?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Generate the world into `outDir`: `egoexo4d/ egoclip/ egoschema/ egoit/ web/ text/` and `manifest.json`. The bytes
 * depend on the configuration only. A complete world of the same configuration is kept as it is, an unfinished one is
 * made anew.
 *
 * @throws UserError when `outDir` holds something else
 */
export async function generateWorld(
  input: WorldConfigInput,
  outDir: string,
  { workers = availableParallelism(), onProgress = () => undefined }: GenerateOptions = {},
): Promise<WorldManifest> {
  const config = worldConfigSchema.parse(input);
  const present = prepare(outDir, config);
  if (present) return present;
  const parts = planParts(config, outDir);
  const records = await runJobs(
    parts.flatMap(({ jobs }) => jobs),
    workers,
    onProgress,
  );
  const counts: Record<string, number> = {};
  for (const { jobs, write } of parts) Object.assign(counts, write(records.splice(0, jobs.length)));
  const manifest: WorldManifest = { version: VERSION, config, counts, files: hashFiles(outDir) };
  writeFileAtomic(join(outDir, MANIFEST), JSON.stringify(manifest, null, 1));
  rmSync(join(outDir, UNFINISHED), { force: true });
  return manifest;
}

/** The manifest of a world that is already there and complete; otherwise an empty folder, marked as unfinished. */
function prepare(outDir: string, config: WorldConfig): WorldManifest | undefined {
  if (existsSync(join(outDir, MANIFEST))) {
    const manifest = readWorldManifest(outDir);
    if (JSON.stringify(manifest.config) === JSON.stringify(config) && manifest.version === VERSION) return manifest;
    throw new UserError({
      what: 'holds a synthetic world of another configuration',
      where: outDir,
      mend: 'choose another folder, or delete this one',
    });
  }
  const found = existsSync(outDir) ? readdirSync(outDir) : [];
  if (found.length > 0 && !found.includes(UNFINISHED)) {
    throw new UserError({
      what: `expected an empty folder, found ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}`,
      where: outDir,
      mend: 'choose another folder',
    });
  }
  for (const entry of found) if (entry !== UNFINISHED) rmSync(join(outDir, entry), { recursive: true });
  writeFileAtomic(join(outDir, UNFINISHED), JSON.stringify({ config }));
  return undefined;
}

/** The manifest of a complete world. */
export function readWorldManifest(outDir: string): WorldManifest {
  const manifest = readJsonFile(join(outDir, MANIFEST)) as WorldManifest;
  const missing = Object.keys(manifest.files ?? {}).find((file) => !existsSync(join(outDir, file)));
  if (!manifest.files || missing)
    throw new UserError({
      what: `incomplete: ${missing ?? 'the list of files'} is missing`,
      where: outDir,
      mend: 'delete the folder and generate it again',
    });
  return manifest;
}

function planParts(config: WorldConfig, outDir: string): Part[] {
  return [
    ...(config.exo2Ego === false ? [] : [exo2EgoPart(config, outDir)]),
    ...(config.egoBench ? egoBenchParts(config, config.egoBench, join(outDir, 'egobench')) : []),
    ...(config.egoM2p ? egoM2pParts(config, config.egoM2p, join(outDir, 'egom2p')) : []),
    ...(config.egoDtm ? egoDtmParts(config, config.egoDtm, join(outDir, 'egodtm')) : []),
  ];
}

function hashFiles(outDir: string): Record<string, string> {
  const paths = (readdirSync(outDir, { recursive: true }) as string[])
    .map((path) => join(outDir, path))
    .filter((path) => statSync(path).isFile());
  const listed = paths
    .map((path) => relative(outDir, path))
    .filter((path) => path !== UNFINISHED)
    .sort();
  return Object.fromEntries(listed.map((path) => [path, sha256(readFileSync(join(outDir, path)))]));
}
