// The first module of a worker thread: from here on TypeScript is imported from source. (`--import tsx` does nothing in a thread on Node 20.)
import { register } from 'tsx/esm/api';

register();
await import(process.argv[2]);
