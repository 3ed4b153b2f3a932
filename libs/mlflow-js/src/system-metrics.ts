import { execFile } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';

/** Values under MLflow's own names, which its interface shows in a tab of their own. */
export type SystemMetrics = Record<`system/${string}`, number>;

const mebibyte = 2 ** 20;
const megabyte = 1e6;

/**
 * A function that reads the machine's load each time it is called: CPU since the last call, memory, disk, network since the
 * first call, and each NVIDIA GPU where `nvidia-smi` is at hand.
 */
export function systemMetrics(): () => Promise<SystemMetrics> {
  let times = cpuTimes();
  const firstTraffic = networkBytes();
  let gpus = true;
  return async () => {
    const now = cpuTimes();
    const busy = now.busy - times.busy;
    const total = now.total - times.total;
    times = now;
    const metrics: SystemMetrics = {
      'system/cpu_utilization_percentage': total > 0 ? (100 * busy) / total : 0,
      ...memory(),
      ...disk(),
    };
    const traffic = networkBytes();
    if (traffic && firstTraffic) {
      metrics['system/network_receive_megabytes'] = (traffic.received - firstTraffic.received) / megabyte;
      metrics['system/network_transmit_megabytes'] = (traffic.sent - firstTraffic.sent) / megabyte;
    }
    if (gpus) {
      const found = await gpuMetrics();
      if (found) Object.assign(metrics, found);
      else gpus = false;
    }
    return metrics;
  };
}

function cpuTimes(): { busy: number; total: number } {
  let [busy, total] = [0, 0];
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    busy += all - times.idle;
    total += all;
  }
  return { busy, total };
}

function memory(): SystemMetrics {
  const used = totalmem() - availableMemory();
  return {
    'system/system_memory_usage_megabytes': used / megabyte,
    'system/system_memory_usage_percentage': (100 * used) / totalmem(),
  };
}

/** Linux counts caches as used; what programs can have is "available". */
function availableMemory(): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB/m.exec(readSystemFile('/proc/meminfo'))?.[1];
  return kibibytes ? Number(kibibytes) * 1024 : freemem();
}

function disk(): SystemMetrics {
  const { bsize, blocks, bavail, bfree } = statfsSync('.');
  const used = (blocks - bfree) * bsize;
  return {
    'system/disk_usage_percentage': (100 * used) / (used + bavail * bsize),
    'system/disk_usage_megabytes': used / megabyte,
    'system/disk_available_megabytes': (bavail * bsize) / megabyte,
  };
}

function networkBytes(): { received: number; sent: number } | undefined {
  const lines = readSystemFile('/proc/net/dev').split('\n').slice(2).filter((line) => line.includes(':') && !line.trim().startsWith('lo:')); // prettier-ignore
  if (lines.length === 0) return undefined;
  let [received, sent] = [0, 0];
  for (const line of lines) {
    const fields = line.split(':')[1].trim().split(/\s+/).map(Number);
    received += fields[0];
    sent += fields[8];
  }
  return { received, sent };
}

function readSystemFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // not Linux
  }
}

const query = '--query-gpu=index,memory.used,memory.total,utilization.gpu,power.draw,power.limit';

async function gpuMetrics(): Promise<SystemMetrics | undefined> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', [query, '--format=csv,noheader,nounits'], {
      timeout: 5000,
    });
    return parseGpus(stdout);
  } catch {
    return undefined;
  }
}

/** @param csv lines of `index, MiB used, MiB there, percent busy, watts, watts allowed`; what a card doesn't tell is left out */
export function parseGpus(csv: string): SystemMetrics {
  const metrics: SystemMetrics = {};
  for (const line of csv.trim().split('\n')) {
    const [index, used, total, utilization, power, limit] = line.split(',').map(Number);
    const add = (name: string, value: number) => {
      if (Number.isFinite(value)) metrics[`system/gpu_${index}_${name}`] = value;
    };
    add('memory_usage_megabytes', (used * mebibyte) / megabyte);
    add('memory_usage_percentage', (100 * used) / total);
    add('utilization_percentage', utilization);
    add('power_usage_watts', power);
    add('power_usage_percentage', (100 * power) / limit);
  }
  return metrics;
}
