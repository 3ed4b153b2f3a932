// An Nx plugin. Where a target lacks the configuration that is asked for, Nx runs its default one and says nothing: `--configuration=smal`
// would train `micro`. The pipelines are told what was asked for and refuse it (pipelines/src/asked-configuration.ts).

export const name = 'egolab-asked-configuration';

export function preTasksExecution(_options, { argv }) {
  const asked = askedConfiguration(argv);
  if (asked !== undefined) process.env.EGOLAB_CONFIGURATION = asked;
}

/** The configuration of `nx run project:target[:configuration] [--configuration=c | --configuration c | -c c]`; undefined: none is named. */
export function askedConfiguration(argv) {
  const flags = ['--configuration', '-c'];
  const words = argv.slice(2);
  for (const [i, word] of words.entries()) {
    if (flags.includes(word)) return words[i + 1];
    const flag = flags.find((each) => word.startsWith(`${each}=`));
    if (flag) return word.slice(flag.length + 1);
  }
  const target = words.find((word) => /^[\w./@-]+(:[\w-]+){2}$/.test(word));
  return target?.split(':')[2];
}
