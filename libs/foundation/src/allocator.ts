/**
 * What glibc's allocator is told before a program that trains starts: keep what tensors free, and ask for huge pages. By itself glibc gives
 * each large tensor back to the system when it is freed, and a step then faults in and clears the same gigabytes again and again.
 * Elsewhere than on glibc nothing reads it.
 */
const TUNABLES = {
  hugetlb: 1, // madvise: pages of 2 MiB where the system has them
  mmap_max: 0, // no tensor is a mapping of its own, which would go when it is freed
  trim_threshold: 2 ** 40,
  top_pad: 2 ** 26,
};

/** The environment for a program that trains; what the user has set for glibc stays as it is. */
export function trainingEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const tunables = Object.entries(TUNABLES).map(([name, value]) => `glibc.malloc.${name}=${value}`);
  return { GLIBC_TUNABLES: tunables.join(':'), ...environment };
}
