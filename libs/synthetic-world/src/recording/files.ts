import { type Image, pngBytes } from '@egolab/video';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Write one of thousands of small files. A world counts only once its manifest is there, so no file needs to be forced to
 * the disk on its own.
 */
export function writeSmallFile(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

export const writeSmallPng = (path: string, image: Image<Uint8Array | Uint16Array>): void =>
  writeSmallFile(path, pngBytes(image));
