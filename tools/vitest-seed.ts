import fc from 'fast-check';

/** Property tests try the same cases in every run; another seed is one `fc.assert(…, { seed })` away. */
fc.configureGlobal({ seed: 20251122 });
