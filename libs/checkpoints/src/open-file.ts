import { UserError } from '@egolab/foundation';
import type { Checkpoint } from './checkpoint.ts';
import { GgufCheckpoint } from './gguf-checkpoint.ts';
import { openPytorch } from './pytorch/pytorch.ts';
import { RandomAccessFile } from './random-access-file.ts';
import { openSafetensors } from './safetensors.ts';

/** Open one file of weights by what its first bytes say that it is; a safetensors file starts with a length, so it is what is left. */
export function openFile(path: string): Checkpoint {
  const start = firstBytes(path, 4);
  if (start === 'GGUF') return new GgufCheckpoint(path);
  if (start === 'PK\x03\x04') return openPytorch(path);
  if (start === '\x80\x02\x8a\x0a')
    throw new UserError({
      what: 'a PyTorch checkpoint in the format before PyTorch 1.6',
      where: path,
      mend: 'load it with PyTorch and save it again',
    });
  return openSafetensors(path);
}

function firstBytes(path: string, count: number): string {
  const file = new RandomAccessFile(path);
  try {
    return file.size < count ? '' : Buffer.from(file.read(0, count, 'the magic number')).toString('latin1');
  } finally {
    file.close();
  }
}
