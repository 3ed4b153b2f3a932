import { Option, type Command } from 'commander';
import { define, group, handle, type Answer } from '../command.ts';
import { integer } from '../values.ts';

export function addMlflow(egolab: Command): void {
  const mlflow = group(egolab, 'mlflow', 'the embedded MLflow server, and delivery of records that wait for it');

  const start = define(mlflow, 'start', {
    description: 'start the server on this machine',
    example: 'npx egolab mlflow start --port 5001',
  });
  start.addOption(new Option('--port <n>', 'TCP port (default: 5000)').argParser(integer(1, 65535)));
  handle<{ port?: number; json?: boolean }>(start, async ({ port }) => {
    const { startServer } = await import('mlflow-js');
    process.stderr.write('starting the MLflow server …\n');
    return statusAnswer(await startServer({ root: await root(), port }));
  });

  const stop = define(mlflow, 'stop', { description: 'stop it', example: 'npx egolab mlflow stop' });
  handle(stop, async () => {
    const { stopServer } = await import('mlflow-js');
    const stopped = await stopServer({ root: await root() });
    return { json: { stopped }, text: stopped ? 'the MLflow server is stopped' : "the MLflow server wasn't running" };
  });

  const status = define(mlflow, 'status', {
    description: 'whether it runs, and where',
    example: 'npx egolab mlflow status --json',
  });
  handle(status, async () => {
    const { serverStatus } = await import('mlflow-js');
    return statusAnswer(await serverStatus({ root: await root() }));
  });

  const sync = define(mlflow, 'sync', {
    description: 'deliver the records that wait',
    example: 'npx egolab mlflow sync',
  });
  handle(sync, async () => {
    const { sync: deliver } = await import('mlflow-js');
    const { embeddedServer, workspace } = await import('../pipelines.ts');
    const result = await deliver(workspace.journal, { trackingUri: await embeddedServer(workspace.journal) });
    const { delivered, pending, rejected, problem } = result;
    return {
      json: result,
      text: [
        `delivered ${delivered} records; ${pending} wait, ${rejected} were refused`,
        ...(problem
          ? [problem, '  start it (`npx egolab mlflow start`), or set MLFLOW_TRACKING_URI; what waits is kept']
          : []),
      ].join('\n'),
      exitCode: problem ? 2 : 0,
    };
  });
}

async function root(): Promise<string> {
  return (await import('../pipelines.ts')).workspace.root;
}

function statusAnswer(status: { running: boolean; healthy: boolean; uri?: string; pid?: number }): Answer {
  const text = status.running
    ? `MLflow runs at ${status.uri} (process ${status.pid})${status.healthy ? '' : ", but doesn't answer"}`
    : "MLflow isn't running; `npx egolab mlflow start` starts it";
  return { json: status, text };
}
