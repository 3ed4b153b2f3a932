import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRun {
  info: {
    run_id: string;
    experiment_id: string;
    artifact_uri: string;
    status: string;
    start_time: number;
    end_time?: number;
  };
  metrics: { key: string; value: unknown; step: number; timestamp: number }[];
  params: Map<string, string>;
  tags: Map<string, string>;
  datasets: { dataset: { name: string; digest: string } }[];
  artifacts: Map<string, Buffer>;
}

interface Call {
  method: string;
  path: string;
  body: Record<string, unknown>;
  headers: IncomingMessage['headers'];
}

const name = /^[/\w.\- :]*$/;

/** As much of an MLflow server as tells a good request from a bad one. Metrics are appended blindly, as MLflow's file store does. */
export class FakeServer {
  readonly runs = new Map<string, FakeRun>();
  readonly experiments = new Map<string, string>();
  readonly modelVersions: { name: string; source: string; run_id: string }[] = [];
  readonly calls: Call[] = [];
  /** decides about a request before it is served: answer this status, or 'lose' the answer after serving it */
  fault: ((call: Call) => number | 'lose' | undefined) | undefined;
  #server: Server | undefined;
  #port = 0;

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      void readBody(request).then((content) => {
        const url = new URL(request.url!, 'http://fake');
        const json =
          request.method === 'POST'
            ? (JSON.parse(content.toString()) as Record<string, unknown>)
            : Object.fromEntries(url.searchParams);
        const call: Call = { method: request.method!, path: url.pathname, body: json, headers: request.headers };
        this.calls.push(call);
        const fault = this.fault?.(call);
        if (typeof fault === 'number') return void response.writeHead(fault).end('fault');
        const [status, answer] = this.#serve(call, content);
        if (fault === 'lose') return void request.socket.destroy();
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => this.#server!.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Go away; `start` comes back at the same address with the same store. */
  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server!.close(resolve));
  }

  get uri(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get only(): FakeRun {
    if (this.runs.size !== 1) throw new Error(`expected one run, got ${this.runs.size}`);
    return [...this.runs.values()][0];
  }

  #serve({ method, path, body }: Call, content: Buffer): [number, object] {
    if (path === '/health') return [200, {}];
    const upload = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/[^/]+\/([^/]+)\/artifacts\/(.+)$/.exec(path);
    if (upload && method === 'PUT') {
      this.runs.get(upload[1])!.artifacts.set(decodeURIComponent(upload[2]), content);
      return [200, {}];
    }
    const endpoint = path.replace('/api/2.0/mlflow/', '');
    const run = this.runs.get(String(body['run_id']));
    const missing: [number, object] = [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no such run' }];
    switch (endpoint) {
      case 'experiments/get-by-name': {
        const id = this.experiments.get(String(body['experiment_name']));
        return id
          ? [200, { experiment: { experiment_id: id, lifecycle_stage: 'active' } }]
          : [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no such experiment' }];
      }
      case 'experiments/create':
        this.experiments.set(String(body['name']), String(this.experiments.size + 1));
        return [200, { experiment_id: String(this.experiments.size) }];
      case 'runs/create':
        return [200, { run: { info: this.#createRun(body).info } }];
      case 'runs/search': {
        const [, tag, value] = /tags\.`(.+)` = '(.+)'/.exec(String(body['filter']))!;
        return [200, { runs: [...this.runs.values()].filter((candidate) => candidate.tags.get(tag) === value) }];
      }
      case 'runs/update':
        if (!run) return missing;
        run.info.status = String(body['status']);
        if (body['end_time']) run.info.end_time = Number(body['end_time']);
        return [200, {}];
      case 'runs/log-batch':
        return run ? this.#logBatch(run, body) : missing;
      case 'runs/log-inputs':
        run!.datasets.push(...(body['datasets'] as FakeRun['datasets']));
        return [200, {}];
      case 'metrics/get-history':
        return [200, { metrics: run!.metrics.filter(({ key }) => key === body['metric_key']) }];
      case 'registered-models/create':
        return [200, {}];
      case 'model-versions/search':
        return [
          200,
          { model_versions: this.modelVersions.filter(({ run_id }) => `run_id='${run_id}'` === body['filter']) },
        ];
      case 'model-versions/create':
        this.modelVersions.push(body as unknown as FakeServer['modelVersions'][number]);
        return [200, {}];
      default:
        return [404, { error_code: 'ENDPOINT_NOT_FOUND', message: endpoint }];
    }
  }

  #createRun(body: Record<string, unknown>): FakeRun {
    const id = `server-run-${this.runs.size + 1}`;
    const experiment = String(body['experiment_id']);
    const tags = new Map((body['tags'] as { key: string; value: string }[]).map(({ key, value }) => [key, value]));
    const info = {
      run_id: id,
      experiment_id: experiment,
      artifact_uri: `mlflow-artifacts:/${experiment}/${id}/artifacts`,
      status: 'RUNNING',
      start_time: Number(body['start_time'] ?? 0),
    };
    const run: FakeRun = { info, metrics: [], params: new Map(), tags, datasets: [], artifacts: new Map() };
    this.runs.set(id, run);
    return run;
  }

  /** All or nothing, with MLflow's limits. */
  #logBatch(run: FakeRun, body: Record<string, unknown>): [number, object] {
    const metrics = body['metrics'] as FakeRun['metrics'];
    const params = body['params'] as { key: string; value: string }[];
    const tags = body['tags'] as { key: string; value: string }[];
    const bad = (message: string): [number, object] => [400, { error_code: 'INVALID_PARAMETER_VALUE', message }];
    if (
      metrics.length > 1000 ||
      params.length > 100 ||
      tags.length > 100 ||
      metrics.length + params.length + tags.length > 1000
    )
      return bad('too many entities');
    for (const { key } of [...metrics, ...params, ...tags])
      if (!name.test(key) || key.length > 250) return bad(`Invalid name: ${key}`);
    for (const { key, value } of metrics) if (value === null) return bad(`metric ${key} is null`);
    for (const { key, value } of params)
      if ((run.params.get(key) ?? value) !== value) return bad(`param ${key} changed`);
    run.metrics.push(...metrics);
    for (const { key, value } of params) run.params.set(key, value);
    for (const { key, value } of tags) run.tags.set(key, value);
    return [200, {}];
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
