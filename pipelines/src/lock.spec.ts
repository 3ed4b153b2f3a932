import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UserError } from '@egolab/foundation';
import { lockFolder, lockWhenFree } from './lock.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'egolab-lock-'));

it('lets one work at a time, and leaves nothing but the lock', () => {
  const place = folder();
  const release = lockFolder(place, 'the stage');
  expect(readdirSync(place)).toEqual(['lock']);
  expect(() => lockFolder(place, 'the stage')).toThrow(UserError);
  expect(readdirSync(place)).toEqual(['lock']);
  release();
  expect(readdirSync(place)).toEqual([]);
});

it.each(['', '4194304 1', `${process.pid} 0`, 'no number'])('takes over what a killed process left: %j', (left) => {
  const place = folder();
  writeFileSync(join(place, 'lock'), left);
  lockFolder(place, 'the stage')();
  expect(existsSync(join(place, 'lock'))).toBe(false);
});

it('waits until it is free', async () => {
  const place = folder();
  const release = lockFolder(place, 'the stage');
  const said: string[] = [];
  const waiting = lockWhenFree(place, (holder) => {
    said.push(holder);
    release();
  });
  (await waiting)();
  expect(said).toHaveLength(1);
  expect(readdirSync(place)).toEqual([]);
});
