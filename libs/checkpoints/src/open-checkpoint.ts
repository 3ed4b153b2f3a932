import { existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { UserError } from '@egolab/foundation';
import type { Checkpoint } from './checkpoint.ts';
import { GgufCheckpoint } from './gguf-checkpoint.ts';
import { RandomAccessFile } from './random-access-file.ts';
import { INDEX_FILE, openFolder } from './sharded.ts';
import { openSafetensors } from './safetensors.ts';

/**
 * Open weights on disk: a folder in Hugging Face format, a safetensors file, or a GGUF file. What a file is, its first
 * bytes say, not its name.
 */
export function openCheckpoint(path: string): Checkpoint {
  if (!existsSync(path)) {
    throw new UserError({
      what: 'there is no such checkpoint',
      where: path,
      mend: 'name a .safetensors or .gguf file, or the folder that holds the weights',
    });
  }
  if (statSync(path).isDirectory()) return openFolder(path);
  if (basename(path) === INDEX_FILE) return openFolder(dirname(path));
  return isGguf(path) ? new GgufCheckpoint(path) : openSafetensors(path);
}

function isGguf(path: string): boolean {
  const file = new RandomAccessFile(path);
  try {
    return file.size >= 4 && Buffer.from(file.read(0, 4, 'the magic number')).toString('latin1') === 'GGUF';
  } finally {
    file.close();
  }
}
