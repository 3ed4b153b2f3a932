export { ApiError, MlflowClient, Unavailable, type MetricEntry, type RunInfo } from './client.ts';
export { maskUri, trackingUri, defaultTrackingUri } from './address.ts';
export { startRun, resumeRun, Run, type FinishResult, type RunOptions, type RunStatus } from './run.ts';
export type { Dataset } from './records.ts';
export { sync, type SyncResult } from './sync.ts';
export { startServer, stopServer, serverStatus, type ServerOptions, type ServerStatus } from './server.ts';
export { systemMetrics, type SystemMetrics } from './system-metrics.ts';
export { cleanName } from './names.ts';
