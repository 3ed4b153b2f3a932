import { vi } from 'vitest';

// the chains of TensorFlow ops that other devices run, held to the same fixtures as the fused kernels
vi.mock('@egolab/runtime', async (original) => ({ ...(await original<object>()), fusedKernels: false }));
await import('./llama.spec.ts');
