export * from './errors.ts';
export * from './files.ts';
export { jsonProblem, type JsonProblem } from './json.ts';
export { type NpyArray, npyBytes, type NpyData, type NpyDtype, parseNpy, readNpy, writeNpy } from './npy.ts';
export { parseNpz, readNpz } from './npz.ts';
export * from './random.ts';
export { readTextFile, readTextLines, readTextPieces, requireFile } from './text.ts';
export * from './workers.ts';
export { type ByteSource, ZipArchive, type ZipEntry } from './zip.ts';
