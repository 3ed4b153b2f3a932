import { vi } from 'vitest';

// what other devices run
vi.mock('@egolab/runtime', async (original) => ({ ...(await original<object>()), fusedKernels: false }));
await import('./attention.spec.ts');
