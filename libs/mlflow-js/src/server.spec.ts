import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MlflowClient } from './client.ts';
import { startRun } from './run.ts';
import { serverStatus, startServer, stopServer } from './server.ts';
import { sync } from './sync.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const installed = existsSync(join(root, '.venv/bin/mlflow'));
const folder = mkdtempSync(join(tmpdir(), 'mlflow-server-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A port that nobody has just now. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe.skipIf(!installed)(
  `MLflow's own server${installed ? '' : ' (skipped: .venv/bin/mlflow is not there, run `npm run setup`)'}`,
  () => {
    let server: { root: string; folder: string; port: number };
    beforeAll(async () => {
      server = { root, folder: join(folder, 'mlflow'), port: await freePort() };
      await startServer(server);
    }, 240_000);
    afterAll(async () => {
      await stopServer(server);
    });

    it('takes runs, and misses nothing of one during whose middle third it was stopped', async () => {
      const journal = join(folder, 'journal');
      const { uri } = await serverStatus(server);
      const client = new MlflowClient(uri!);
      const parent = await startRun({
        experiment: 'integration',
        runName: 'parent',
        journal,
        trackingUri: uri,
        systemMetricsSeconds: 0,
        params: { rate: 1e-4 },
      });
      const run = await parent.child('child', {
        datasets: [
          { name: 'world', digest: 'abc', sourceType: 'local', source: { path: 'data/world' }, context: 'train' },
        ],
      });
      const logThird = (third: number) => {
        for (let step = third * 500; step < (third + 1) * 500; step++)
          run.logMetrics({ loss: step % 100 === 99 ? NaN : step, 'val/rgb@224': step }, step, 1_700_000_000_000 + step);
      };
      logThird(0);
      await expect.poll(() => run.serverRunId, { timeout: 20_000 }).toBeDefined();
      await stopServer(server);
      logThird(1);
      writeFileSync(join(folder, 'weights.bin'), Buffer.alloc(3_000_000, 7));
      run.logArtifact(join(folder, 'weights.bin'), 'model');
      run.registerModel('student', 'model');
      await startServer(server);
      logThird(2);
      await run.finish();
      await parent.finish();
      expect(await sync(journal, { trackingUri: uri })).toMatchObject({ pending: 0, rejected: 0 });

      const { info, data, inputs } = await client.getRun(run.serverRunId!);
      expect(info.status).toBe('FINISHED');
      const history = await client.metricHistory(info.run_id, 'loss');
      expect(history.map(({ step }) => step).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 1500 }, (_, step) => step),
      );
      expect(await client.metricHistory(info.run_id, 'val/rgb_at_224')).toHaveLength(1500);
      expect(data.tags).toContainEqual({ key: 'mlflow.parentRunId', value: parent.serverRunId });
      expect(inputs?.dataset_inputs).toHaveLength(1);
      expect(
        (await client.downloadArtifact(info.artifact_uri, 'model/weights.bin')).equals(Buffer.alloc(3_000_000, 7)),
      ).toBe(true);
      expect((await client.getRun(parent.serverRunId!)).data.params).toContainEqual({ key: 'rate', value: '0.0001' });
    }, 400_000);

    it('refuses a port that another program has', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as AddressInfo;
      const refusal = await startServer({ root, folder: join(folder, 'other'), port }).catch((error: Error) => error);
      other.close();
      expect(refusal).toMatchObject({
        name: 'UserError',
        what: `port ${port} is taken by another program`,
        mend: expect.stringMatching(/--port/) as string,
      });
    });
  },
);
