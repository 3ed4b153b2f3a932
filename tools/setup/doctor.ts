import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ffmpegPath } from '@egolab/video';
import { MlflowClient, maskUri, serverStatus, trackingUri } from 'mlflow-js';
import { chosenDevice, libtensorflowReady } from './libtensorflow.mjs';
import { paths, root } from './paths.mjs';
import { roboticsReady } from './robotics.mjs';

/** One thing that egolab needs. */
export interface Finding {
  name: string;
  found: boolean;
  /** whether egolab works without it */
  optional?: boolean;
  /** version, place or number */
  detail: string;
  /** how to get it, when it isn't found */
  mend?: string;
}

export interface Report {
  /** whether everything that isn't optional is there */
  ready: boolean;
  findings: Finding[];
}

const execute = promisify(execFile);
const setup = 'run `npm run setup`';

/** Look at everything that setup provides and at the machine; changes nothing. */
export async function doctor(): Promise<Report> {
  const [tools, library, machine, server] = await Promise.all([python(), tensorflow(), devices(), mlflowServer()]);
  const findings = [node(), ...tools, library, ...machine, ffmpeg(), server, ...models(), robotics()];
  return { ready: findings.every(({ found, optional }) => found || optional), findings };
}

/** The report as text, one line a finding and one more for what is to do. */
export function formatReport({ ready, findings }: Report): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, found, optional, detail, mend }) => {
    const mark = found ? 'ok ' : optional ? '-  ' : 'NO ';
    return [
      `${mark} ${name.padEnd(width)}  ${detail}`,
      ...(found || !mend ? [] : [`    ${' '.repeat(width)}  ${mend}`]),
    ];
  });
  return [...lines, '', ready ? 'Everything needed is there.' : `Something is missing: ${setup}.`].join('\n');
}

function node(): Finding {
  const version = process.versions.node;
  return {
    name: 'Node',
    found: Number(version.split('.')[0]) >= 20,
    detail: version,
    mend: 'install Node 20 or newer',
  };
}

async function python(): Promise<Finding[]> {
  const script =
    'import json, platform\nfrom importlib.metadata import version\nprint(json.dumps([platform.python_version(), version("dvc"), version("mlflow")]))';
  const output = await outputOf(paths.python, ['-c', script]);
  const [own, dvc, mlflow] = output ? (JSON.parse(output) as string[]) : [];
  const found = own !== undefined;
  const finding = (name: string, detail?: string): Finding => ({
    name,
    found,
    detail: detail ?? `not in ${paths.venv}`,
    mend: setup,
  });
  return [finding('Python (.venv)', own), finding('DVC', dvc), finding('MLflow', mlflow)];
}

/** An op is run in a process of its own, so that a library that crashes is a finding too. */
async function tensorflow(): Promise<Finding> {
  const verifier = fileURLToPath(new URL('verify.ts', import.meta.url));
  const name = 'TensorFlow';
  try {
    const { stdout } = await execute(process.execPath, ['--import', 'tsx', verifier], {
      cwd: root,
      env: { ...process.env, TSX_TSCONFIG_PATH: `${root}/tsconfig.base.json` },
    });
    const { version, device } = JSON.parse(stdout) as { version: string; device: string };
    return { name, found: true, detail: `libtensorflow ${version} on ${device === 'cuda' ? 'CUDA' : 'CPU'}` };
  } catch (error) {
    const [line = 'unknown failure'] = String((error as { stderr?: string }).stderr ?? error).split('\n').filter((text) => text.includes('rror')); // prettier-ignore
    return { name, found: false, detail: `doesn't run: ${line.trim()}`, mend: setup };
  }
}

async function devices(): Promise<Finding[]> {
  const [first] = cpus();
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const findings: Finding[] = [
    {
      name: 'CPU',
      found: true,
      detail: `${cpus().length} x ${first?.model.trim() ?? 'unknown'}, ${gigabytes(freemem())} of ${gigabytes(totalmem())} free`,
    },
  ];
  const gpus =
    (await outputOf('nvidia-smi', ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader']))?.split(
      '\n',
    ) ?? [];
  const set = libtensorflowReady('cuda');
  for (const gpu of gpus)
    findings.push({
      name: 'GPU',
      found: set,
      optional: true,
      detail: gpu,
      mend: 'it is not used: run `EGOLAB_DEVICE=cuda npm run setup`',
    });
  if (gpus.length === 0)
    findings.push({
      name: 'GPU',
      found: false,
      optional: true,
      detail: chosenDevice() === 'cuda' ? 'a driver, but `nvidia-smi` finds none' : 'none',
    });
  return findings;
}

function ffmpeg(): Finding {
  try {
    return { name: 'ffmpeg', found: true, detail: ffmpegPath() };
  } catch (error) {
    return { name: 'ffmpeg', found: false, detail: (error as Error).message.split('\n')[0], mend: setup };
  }
}

async function mlflowServer(): Promise<Finding> {
  const name = 'MLflow server';
  const mend = 'start it with `egolab mlflow start`; until then runs are journalled and lose nothing';
  const own = await serverStatus({ root });
  const uri = trackingUri(own.uri);
  const found = await new MlflowClient(uri).healthy();
  return { name, found, optional: true, detail: `${maskUri(uri)} ${found ? 'answers' : "doesn't answer"}`, mend };
}

function models(): Finding[] {
  const files = { SmolLM2: 'SmolLM2-135M-Instruct.Q4_1.gguf', MiniLM: 'all-MiniLM-L6-v2/model.safetensors' };
  return Object.entries(files).map(([name, file]) => {
    const path = `${paths.models}/${file}`;
    const found = existsSync(path);
    return {
      name,
      found,
      detail: found ? `${path} (${(statSync(path).size / 1e6).toFixed(0)} MB)` : `${path} is not there`,
      mend: setup,
    };
  });
}

/** gymnasium-robotics, which only stage `franka-kitchen` needs. */
function robotics(): Finding {
  const found = roboticsReady();
  const detail = found ? paths.robotics : `${paths.robotics} is not there; only stage franka-kitchen needs it`;
  return { name: 'Robotics', found, optional: true, detail, mend: 'run `node tools/setup/robotics.mjs`' };
}

/** What a program prints, or nothing when it can't run. */
async function outputOf(program: string, args: string[]): Promise<string | undefined> {
  try {
    return (await execute(program, args)).stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
