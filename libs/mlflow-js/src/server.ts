import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { UserError, writeFileAtomic } from '@egolab/foundation';
import { MlflowClient } from './client.ts';

export interface ServerOptions {
  /** the workspace, with `.venv` and `.egolab`; the current folder by default */
  root?: string;
  /** 5000 by default */
  port?: number;
  /** holds the SQLite store and the artifacts; `.egolab/mlflow` under the root by default */
  folder?: string;
}

export interface ServerStatus {
  running: boolean;
  uri?: string;
  pid?: number;
  folder: string;
  /** whether it answers */
  healthy: boolean;
}

const host = '127.0.0.1';
const startPatience = 180_000; // Python is slow to start on a busy machine

interface State {
  pid: number;
  port: number;
}

const folderOf = ({ root = '.', folder }: ServerOptions) => resolve(folder ?? join(root, '.egolab/mlflow'));
const stateFile = (folder: string) => join(folder, 'server.json');
const logFile = (folder: string) => join(folder, 'server.log');

/**
 * Start MLflow's own server on this machine: SQLite and local artifacts, reachable from here only. Does nothing when it runs.
 * @throws UserError when another program has the port, when MLflow isn't installed, or when the server doesn't come up
 */
export async function startServer(options: ServerOptions = {}): Promise<ServerStatus> {
  const folder = folderOf(options);
  const status = await serverStatus(options);
  const port = options.port ?? 5000;
  if (status.running) {
    const asked = `http://${host}:${port}`;
    if (options.port === undefined || status.uri === asked) return status;
    throw new UserError({
      what: `the MLflow server of this workspace runs at ${status.uri}, not at ${asked}`,
      where: folder,
      mend: 'stop it first: `egolab mlflow stop`',
    });
  }
  const python = resolve(options.root ?? '.', '.venv/bin/python');
  if (!existsSync(python))
    throw new UserError({ what: 'MLflow is not installed', where: python, mend: 'run `npm run setup`' });
  if (!(await portFree(port))) {
    throw new UserError({
      what: `port ${port} is taken by another program`,
      where: `${host}:${port}`,
      mend: `choose another one (\`egolab mlflow start --port ${port + 1}\`), or point MLFLOW_TRACKING_URI to a server that runs already`,
    });
  }
  mkdirSync(join(folder, 'artifacts'), { recursive: true });
  const pid = launch(python, folder, port);
  writeFileAtomic(stateFile(folder), JSON.stringify({ pid, port } satisfies State));
  await untilHealthy(folder, pid, port);
  return serverStatus(options);
}

function launch(python: string, folder: string, port: number): number {
  const log = openSync(logFile(folder), 'a');
  const { PYTHONDONTWRITEBYTECODE: _slow, MLFLOW_TRACKING_URI: _client, ...env } = process.env; // compiling Python anew at each start costs seconds
  const args = ['-m', 'mlflow', 'server', '--host', host, '--port', String(port), '--workers', '1'];
  const stores = [
    '--backend-store-uri',
    `sqlite:///${join(folder, 'mlflow.db')}`,
    '--serve-artifacts',
    '--artifacts-destination',
    join(folder, 'artifacts'),
  ];
  const child = spawn(python, [...args, ...stores], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' },
  });
  closeSync(log);
  child.unref();
  child.on('error', () => {}); // seen as a server that doesn't answer
  return child.pid ?? 0;
}

async function untilHealthy(folder: string, pid: number, port: number): Promise<void> {
  const client = new MlflowClient(`http://${host}:${port}`);
  for (const started = Date.now(); Date.now() - started < startPatience; await wait(200)) {
    if (await client.healthy()) return;
    if (!isServer(pid)) break;
  }
  const log = readFileSync(logFile(folder), 'utf8').trim().split('\n').slice(-5).join('\n  ');
  await stopServer({ folder });
  throw new UserError({
    what: 'the MLflow server did not come up',
    where: logFile(folder),
    mend: `its last words:\n  ${log}`,
  });
}

/** Stop the workspace's server; what it was doing is finished first. @returns whether there was one */
export async function stopServer(options: ServerOptions = {}): Promise<boolean> {
  const folder = folderOf(options);
  const state = readState(folder);
  rmSync(stateFile(folder), { force: true });
  if (!state || !isServer(state.pid)) return false;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(-state.pid, signal); // the group: its workers too
    } catch {
      return true; // gone meanwhile
    }
    for (let waited = 0; waited < 10_000 && isServer(state.pid); waited += 100) await wait(100);
    if (!isServer(state.pid)) break;
  }
  return true;
}

export async function serverStatus(options: ServerOptions = {}): Promise<ServerStatus> {
  const folder = folderOf(options);
  const state = readState(folder);
  if (!state || !isServer(state.pid)) return { running: false, folder, healthy: false };
  const uri = `http://${host}:${state.port}`;
  return { running: true, uri, pid: state.pid, folder, healthy: await new MlflowClient(uri).healthy() };
}

function readState(folder: string): State | undefined {
  return existsSync(stateFile(folder)) ? (JSON.parse(readFileSync(stateFile(folder), 'utf8')) as State) : undefined;
}

/** The number may belong to another program by now, e.g. after a restart of the machine. */
function isServer(pid: number): boolean {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self') || /mlflow/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

function portFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
