import { createReadStream, statSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { authorization, maskUri } from './address.ts';
import type { Dataset, MetricRecord } from './records.ts';

/** The server can't be reached, or refuses us for now: what was to be sent has to wait. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** The server answered that the request itself is wrong; sending it again won't help. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** MLflow's error code, such as RESOURCE_DOES_NOT_EXIST */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

export interface RunInfo {
  run_id: string;
  experiment_id: string;
  artifact_uri: string;
  status: string;
}

export interface MetricEntry {
  key: string;
  value: number;
  step: number;
  timestamp: number;
}

interface KeyValue {
  key: string;
  value: string;
}

const requestTimeout = 30_000;
const uploadIdleTimeout = 120_000;

/** MLflow's REST interface (version 2.0 of the API, servers from 2.x on), as far as tracking needs it. */
export class MlflowClient {
  readonly #uri: string;
  readonly #headers: Record<string, string>;
  /** the server's address without credentials */
  readonly address: string;

  /** @param uri http(s) address; credentials in it or in MLFLOW_TRACKING_USERNAME/PASSWORD/TOKEN are sent, never shown */
  constructor(uri: string) {
    const url = new URL(uri);
    const credentials = authorization(uri);
    url.username = url.password = '';
    this.#uri = url.href.replace(/\/+$/, '');
    this.#headers = credentials ? { authorization: credentials } : {};
    this.address = maskUri(this.#uri);
  }

  /** The id of the experiment of that name, which is made, or taken out of the bin, if need be. */
  async experimentId(name: string): Promise<string> {
    try {
      const { experiment } = await this.#get<{ experiment: { experiment_id: string; lifecycle_stage: string } }>(
        'experiments/get-by-name',
        { experiment_name: name },
      );
      if (experiment.lifecycle_stage === 'deleted')
        await this.#post('experiments/restore', { experiment_id: experiment.experiment_id });
      return experiment.experiment_id;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'RESOURCE_DOES_NOT_EXIST') throw error;
    }
    try {
      return (await this.#post<{ experiment_id: string }>('experiments/create', { name })).experiment_id;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'RESOURCE_ALREADY_EXISTS') return this.experimentId(name); // made by someone else meanwhile
      throw error;
    }
  }

  /** @param startTime milliseconds; without it MLflow would show 1970 */
  async createRun(
    experimentId: string,
    runName: string,
    startTime: number,
    tags: Record<string, string>,
  ): Promise<RunInfo> {
    const body = { experiment_id: experimentId, run_name: runName, start_time: startTime, tags: pairs(tags) };
    return (await this.#post<{ run: { info: RunInfo } }>('runs/create', body)).run.info;
  }

  /** Runs of the experiment whose tag has that value. */
  async findRuns(experimentId: string, tag: string, value: string): Promise<RunInfo[]> {
    const filter = `tags.\`${tag}\` = '${value}'`;
    const { runs = [] } = await this.#post<{ runs?: { info: RunInfo }[] }>('runs/search', {
      experiment_ids: [experimentId],
      filter,
      max_results: 10,
    });
    return runs.map((run) => run.info);
  }

  async getRun(runId: string): Promise<{
    info: RunInfo;
    data: { metrics?: MetricEntry[]; params?: KeyValue[]; tags?: KeyValue[] };
    inputs?: { dataset_inputs?: unknown[] };
  }> {
    return (await this.#get<{ run: Awaited<ReturnType<MlflowClient['getRun']>> }>('runs/get', { run_id: runId })).run;
  }

  async updateRun(runId: string, status: string, endTime?: number): Promise<void> {
    await this.#post('runs/update', { run_id: runId, status, end_time: endTime });
  }

  /** At most `limits.*PerBatch` of each. */
  async logBatch(
    runId: string,
    metrics: MetricRecord[],
    params: Record<string, string>,
    tags: Record<string, string>,
  ): Promise<void> {
    const entries = metrics.map(([key, value, step, timestamp]) => ({ key, value, step, timestamp }));
    await this.#post('runs/log-batch', { run_id: runId, metrics: entries, params: pairs(params), tags: pairs(tags) });
  }

  /** Every value that the server holds of a metric. */
  async metricHistory(runId: string, key: string): Promise<MetricEntry[]> {
    const all: MetricEntry[] = [];
    let token: string | undefined;
    do {
      const query = { run_id: runId, metric_key: key, max_results: '25000', ...(token ? { page_token: token } : {}) };
      const page = await this.#get<{ metrics?: MetricEntry[]; next_page_token?: string }>('metrics/get-history', query);
      for (const entry of page.metrics ?? [])
        all.push({ ...entry, step: Number(entry.step ?? 0), timestamp: Number(entry.timestamp) }); // int64 may be text
      token = page.next_page_token;
    } while (token);
    return all;
  }

  async logInputs(
    runId: string,
    { name, digest, sourceType, source, schema, profile, context }: Dataset,
  ): Promise<void> {
    const dataset = { name, digest, source_type: sourceType, source: JSON.stringify(source), schema, profile };
    const tags = context ? [{ key: 'mlflow.data.context', value: context }] : [];
    await this.#post('runs/log-inputs', { run_id: runId, datasets: [{ dataset, tags }] });
  }

  /** A new version of a registered model, which is made if need be; none if this run has registered that artifact already. */
  async registerModel(name: string, runId: string, source: string): Promise<void> {
    try {
      await this.#post('registered-models/create', { name });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
    }
    const { model_versions: versions = [] } = await this.#get<{ model_versions?: { name: string; source: string }[] }>(
      'model-versions/search',
      { filter: `run_id='${runId}'` },
    );
    if (versions.some((version) => version.name === name && version.source === source)) return;
    await this.#post('model-versions/create', { name, source, run_id: runId });
  }

  /**
   * Stream a file to the run's artifacts through the server's proxy.
   * @param artifactUri the run's `artifact_uri`, as the server gave it
   * @throws ApiError when the server leaves uploads to its clients (`--no-serve-artifacts`)
   */
  async uploadArtifact(artifactUri: string, path: string, file: string): Promise<void> {
    const root = /^mlflow-artifacts:(?:\/\/[^/]+)?\/(.+)$/.exec(artifactUri)?.[1];
    if (root === undefined)
      throw new ApiError(
        400,
        'NOT_PROXIED',
        `the server keeps artifacts at ${maskUri(artifactUri)} and doesn't take uploads: start it with --serve-artifacts`,
      );
    const target = [...root.split('/'), ...path.split('/')].map(encodeURIComponent).join('/');
    await this.#put(`${this.#uri}/api/2.0/mlflow-artifacts/artifacts/${target}`, file);
  }

  /** The bytes of an artifact that the server proxies. */
  async downloadArtifact(artifactUri: string, path: string): Promise<Buffer> {
    const root = artifactUri.replace(/^mlflow-artifacts:(\/\/[^/]+)?\//, '');
    const response = await this.#fetch(`${this.#uri}/api/2.0/mlflow-artifacts/artifacts/${root}/${path}`, {});
    if (!response.ok) throw failure(response.status, await response.text());
    return Buffer.from(await response.arrayBuffer());
  }

  async healthy(): Promise<boolean> {
    try {
      return (await fetch(`${this.#uri}/health`, { headers: this.#headers, signal: AbortSignal.timeout(2000) })).ok;
    } catch {
      return false;
    }
  }

  #get<T>(endpoint: string, query: Record<string, string>): Promise<T> {
    return this.#json(`${endpoint}?${new URLSearchParams(query)}`, { method: 'GET' });
  }

  #post<T>(endpoint: string, body: object): Promise<T> {
    return this.#json(endpoint, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  }

  async #json<T>(endpoint: string, init: RequestInit): Promise<T> {
    const response = await this.#fetch(`${this.#uri}/api/2.0/mlflow/${endpoint}`, init);
    const text = await response.text().catch((error: Error) => {
      throw new Unavailable(`the answer broke off (${error.message})`);
    });
    const answer = parsed(text);
    if (answer === undefined && (response.ok || response.status === 404))
      throw new Unavailable(`no MLflow server answers at ${this.address}`);
    if (!response.ok) throw failure(response.status, text);
    return answer as T;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, {
        ...init,
        headers: { ...this.#headers, ...init.headers },
        signal: AbortSignal.timeout(requestTimeout),
      });
    } catch (error) {
      const { cause, message } = error as Error & { cause?: { code?: string } };
      throw new Unavailable(`${this.address} can't be reached (${cause?.code ?? message})`);
    }
  }

  /** `fetch` would send a stream without its length. */
  #put(url: string, file: string): Promise<void> {
    const { size } = statSync(file);
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const unreachable = (error: Error) =>
        reject(new Unavailable(`${this.address} can't be reached (${error.message})`));
      const sent = request(
        url,
        { method: 'PUT', headers: { ...this.#headers, 'content-length': size }, timeout: uploadIdleTimeout },
        (response) => {
          readText(response).then(
            (text) =>
              (response.statusCode ?? 500) < 300 ? resolve() : reject(failure(response.statusCode ?? 500, text)),
            unreachable,
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no progress')));
      sent.on('error', unreachable);
      const content = createReadStream(file);
      content.on('error', (error) => {
        sent.destroy();
        reject(error);
      });
      content.pipe(sent);
    });
  }
}

/** Which failures may pass by waiting: the server's own, too many requests, and refused credentials, which the user can mend. */
function failure(status: number, text: string): Error {
  const body = (parsed(text) ?? {}) as { error_code?: string; message?: string };
  const code = body.error_code ?? `HTTP_${status}`;
  const message =
    body.message ??
    text
      .replace(/<[^>]*>|\s+/g, ' ')
      .replace(/ +/g, ' ')
      .trim()
      .slice(0, 200); // a proxy's page
  if (status === 401)
    return new Unavailable(
      `MLflow wants other credentials (401): set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN`,
    );
  if (status === 403)
    return new Unavailable(
      `MLflow refuses us (403): wrong credentials, or a host name that the server's --allowed-hosts lacks`,
    );
  if (status >= 500 || status === 408 || status === 429)
    return new Unavailable(`MLflow fails for now (${status} ${code}: ${message})`);
  return new ApiError(status, code, message);
}

/** Undefined for what isn't JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const pairs = (values: Record<string, string>): KeyValue[] =>
  Object.entries(values).map(([key, value]) => ({ key, value }));
