import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resumeRun, serverStatus, startRun } from 'mlflow-js';
import type { OpenTracker } from './tracker.ts';

/** Records go to a local journal and from there to the MLflow server, now or when it is back. */
export const openMlflow: OpenTracker = async ({
  experiment,
  server,
  name,
  params,
  tags,
  journal,
  runId,
  parentRunId,
  say,
}) => {
  const trackingUri = server ?? (await embeddedServer(journal));
  const known = runId !== null && existsSync(join(journal, runId));
  const run = known
    ? await resumeRun({ runId, journal, trackingUri })
    : await startRun({ experiment, runName: name, journal, trackingUri, params, tags, parentRunId });
  return {
    runId: run.runId,
    logMetrics: (record, step) => run.logMetrics({ ...record }, step),
    logParams: (values) => run.logParams({ ...values }),
    setTags: (values) => run.setTags({ ...values }),
    logArtifact: (file, path) => run.logArtifact(file, path),
    logDataset: ({ name: dataset, digest, source, context }) =>
      run.logDataset({ name: dataset, digest, sourceType: 'local', source: { uri: source }, context }),
    async finish(status) {
      const { pending, problem } = await run.finish(status);
      if (problem)
        say(
          `${pending} tracking records wait for the MLflow server (${problem}); \`npx egolab mlflow start\` and \`npx egolab mlflow sync\` deliver them`,
        );
    },
  };
};

/** Address of this workspace's own server, if it runs; its records are beside the journal. */
export async function embeddedServer(journal: string): Promise<string | undefined> {
  return (await serverStatus({ folder: dirname(journal) })).uri;
}
