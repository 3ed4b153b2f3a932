#!/usr/bin/env node
// Runs the TypeScript sources of the tree that this file is in, from any folder; a tsconfig of another tree would load its libraries.
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

process.env.TSX_TSCONFIG_PATH = fileURLToPath(new URL('../../tsconfig.base.json', import.meta.url));
register({ tsconfig: process.env.TSX_TSCONFIG_PATH });
const { main } = await import('./src/main.ts');
await main(process.argv);
