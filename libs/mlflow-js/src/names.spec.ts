import { describe, expect, it } from 'vitest';
import { authorization, maskUri, trackingUri } from './address.ts';
import { cleanName, cut, encodeValue, flatten } from './names.ts';
import { parseGpus } from './system-metrics.ts';

describe('names and values', () => {
  it.each([
    ['val/rgb@224', 'val/rgb_at_224'],
    ['usage (%)', 'usage _percent_'],
    ['/a//../b/', 'a/b'],
    ['x'.repeat(300), 'x'.repeat(250)],
    ['loss', 'loss'],
  ])('%s becomes %s', (name, clean) => expect(cleanName(name)).toBe(clean));

  it('a name of nothing is refused', () => expect(() => cleanName('//')).toThrow('MLflow needs a name'));

  it('non-finite numbers become text', () =>
    expect([NaN, Infinity, -Infinity, 1.5].map(encodeValue)).toEqual(['NaN', 'Infinity', '-Infinity', 1.5]));

  it('nested parameters get dotted names', () => {
    expect(flatten({ a: { b: 1, c: [1, 'x'] }, d: null, e: undefined, f: 'text' })).toEqual({
      'a.b': '1',
      'a.c': '[1,"x"]',
      d: 'null',
      f: 'text',
    });
  });

  it('what is cut is marked', () => expect(cut('abcdef', 4)).toBe('abc…'));
});

describe('the address', () => {
  it('comes from the environment first', () => {
    expect(trackingUri('http://a:1', { MLFLOW_TRACKING_URI: 'https://b/' })).toBe('https://b');
    expect(trackingUri('http://a:1/', {})).toBe('http://a:1');
    expect(trackingUri(undefined, {})).toBe('http://127.0.0.1:5000');
  });

  it.each(['sqlite:///mlflow.db', 'mlruns', 'databricks'])('%s is no server', (uri) => {
    expect(() => trackingUri(undefined, { MLFLOW_TRACKING_URI: uri })).toThrow(
      /MLFLOW_TRACKING_URI: expected an http\(s\) address/,
    );
  });

  it('is shown without credentials', () => expect(maskUri('http://user:pa%40ss@host:1/x')).toBe('http://***@host:1/x'));

  it('credentials come from the address, then user and password, then the token', () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const environment = { MLFLOW_TRACKING_USERNAME: 'u', MLFLOW_TRACKING_PASSWORD: 'p', MLFLOW_TRACKING_TOKEN: 't' };
    expect(authorization('http://a:b%40@host', environment)).toBe(basic('a:b@'));
    expect(authorization('http://host', environment)).toBe(basic('u:p'));
    expect(authorization('http://host', { MLFLOW_TRACKING_TOKEN: 't' })).toBe('Bearer t');
    expect(authorization('http://host', {})).toBeUndefined();
  });
});

it('nvidia-smi is read, and what a card does not tell is left out', () => {
  expect(parseGpus('0, 1000, 2000, 50, 100.5, 400\n1, 0, 2000, 0, [N/A], [N/A]\n')).toEqual({
    'system/gpu_0_memory_usage_megabytes': 1048.576,
    'system/gpu_0_memory_usage_percentage': 50,
    'system/gpu_0_utilization_percentage': 50,
    'system/gpu_0_power_usage_watts': 100.5,
    'system/gpu_0_power_usage_percentage': 25.125,
    'system/gpu_1_memory_usage_megabytes': 0,
    'system/gpu_1_memory_usage_percentage': 0,
    'system/gpu_1_utilization_percentage': 0,
  });
});
