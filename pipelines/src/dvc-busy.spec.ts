import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { whenDvcIsFree } from './dvc-busy.ts';
import { workspaceAt, type Workspace } from './workspace.ts';

let workspace: Workspace;
let said: string[];
const folder = (stage: string) => join(workspace.artifacts, 'micro', stage);
const lock = (locks: object) => writeFileSync(join(workspace.root, '.dvc/tmp/rwlock'), JSON.stringify(locks));
/** ends the wait when it is told of it */
const say = (text: string) => {
  said.push(text);
  lock({});
};

const living = { pid: process.pid, cmd: 'dvc repro' };
const dead = { pid: 2 ** 30, cmd: 'dvc repro' };

beforeEach(() => {
  workspace = workspaceAt(mkdtempSync(join(tmpdir(), 'egolab-dvc-busy-')));
  mkdirSync(join(workspace.root, '.dvc/tmp'), { recursive: true });
  said = [];
});

describe('whenDvcIsFree', () => {
  it('waits for who writes or reads a stage that is to be run, and for who writes what it reads', async () => {
    const file = join(folder('datasets'), 'source.json');
    for (const [locks, needed] of [
      [{ write: { [file]: living } }, { stages: [folder('datasets')] }],
      [{ read: { [file]: [dead, living] } }, { stages: [folder('datasets')] }],
      [{ write: { [file]: living } }, { stages: [folder('stage1')], inputs: [folder('datasets')] }],
    ] as const) {
      said = [];
      lock(locks);
      await whenDvcIsFree(workspace, needed, say);
      expect(said).toEqual([`process ${process.pid} is using ${file}`]);
    }
  });

  it("doesn't wait for readers of what it reads, for the dead, for other stages or without locks", async () => {
    await whenDvcIsFree(workspace, { stages: [folder('datasets')] }, say);
    const file = join(folder('datasets'), 'source.json');
    lock({ read: { [file]: [living] }, write: { [join(folder('datasets2'), 'source.json')]: living } });
    await whenDvcIsFree(workspace, { stages: [folder('stage1')], inputs: [folder('datasets')] }, say);
    lock({ write: { [file]: dead } });
    await whenDvcIsFree(workspace, { stages: [folder('datasets')] }, say);
    writeFileSync(join(workspace.root, '.dvc/tmp/rwlock'), '{"wri');
    await whenDvcIsFree(workspace, { stages: [folder('datasets')] }, say);
    expect(said).toEqual([]);
  });
});
