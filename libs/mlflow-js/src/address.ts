import { UserError } from '@egolab/foundation';

/** Where the embedded server listens unless told otherwise. */
export const defaultTrackingUri = 'http://127.0.0.1:5000';

/** The tracking server's address: `MLFLOW_TRACKING_URI`, else what was configured, else the embedded server's. */
export function trackingUri(configured?: string, environment: NodeJS.ProcessEnv = process.env): string {
  const uri = environment['MLFLOW_TRACKING_URI'] || configured || defaultTrackingUri;
  let protocol: string | undefined;
  try {
    protocol = new URL(uri).protocol;
  } catch {
    protocol = undefined;
  }
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new UserError({
      what: `expected an http(s) address, got "${maskUri(uri)}"`,
      where: environment['MLFLOW_TRACKING_URI'] ? 'MLFLOW_TRACKING_URI' : 'tracking URI',
      mend: 'runs are tracked through a server: start one on that store (`mlflow server --backend-store-uri …`), or use `egolab mlflow start`',
    });
  }
  return uri.replace(/\/+$/, '');
}

/** The address without user name and password, for messages and logs. */
export const maskUri = (uri: string): string => uri.replace(/\/\/[^/@]*@/, '//***@');

/**
 * The Authorization header: credentials in the address, else `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`,
 * else `MLFLOW_TRACKING_TOKEN`.
 */
export function authorization(uri: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const { username, password } = new URL(uri);
  if (username) return basic(decodeURIComponent(username), decodeURIComponent(password));
  const user = environment['MLFLOW_TRACKING_USERNAME'];
  if (user) return basic(user, environment['MLFLOW_TRACKING_PASSWORD'] ?? '');
  const token = environment['MLFLOW_TRACKING_TOKEN'];
  return token ? `Bearer ${token}` : undefined;
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
