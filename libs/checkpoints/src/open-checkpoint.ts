import { existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { UserError } from '@egolab/foundation';
import type { Checkpoint } from './checkpoint.ts';
import { openFile } from './open-file.ts';
import { INDEX_FILES, openFolder } from './sharded.ts';

/**
 * Open weights on disk: a folder in Hugging Face format, a safetensors file, a GGUF file, or what `torch.save` wrote. What a file
 * is, its first bytes say, not its name.
 */
export function openCheckpoint(path: string): Checkpoint {
  if (!existsSync(path)) {
    throw new UserError({
      what: 'there is no such checkpoint',
      where: path,
      mend: 'name a .safetensors, .gguf or .bin file, or the folder that holds the weights',
    });
  }
  if (statSync(path).isDirectory()) return openFolder(path);
  if (INDEX_FILES.includes(basename(path))) return openFolder(dirname(path));
  return openFile(path);
}
