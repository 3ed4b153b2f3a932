import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nearest, Random, readJsonFile, resolveInside, UserError, writeFileAtomic } from './index.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'egolab-foundation-'));

describe('Random', () => {
  it('repeats itself for a seed and differs between purposes', () => {
    const draw = (random: Random) => Array.from({ length: 4 }, () => random.uniform());
    expect(draw(new Random(7).split('a'))).toEqual(draw(new Random(7).split('a')));
    expect(draw(new Random(7).split('a'))).not.toEqual(draw(new Random(7).split('b')));
  });

  it('splits independently of what was drawn before', () => {
    const random = new Random(1);
    const before = random.split('x').uniform();
    random.uniform();
    expect(random.split('x').uniform()).toBe(before);
  });

  it('goes on from a stored state', () => {
    const random = new Random(3);
    random.normal();
    const stored = JSON.parse(JSON.stringify(random.state()));
    expect(new Random(0, stored).uniform()).toBe(random.uniform());
  });

  it('draws normals with mean 0 and deviation 1', () => {
    const random = new Random(5);
    const values = Array.from({ length: 20_000 }, () => random.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
});

describe('files', () => {
  it('replaces a file whole and leaves nothing beside it', () => {
    const path = join(folder(), 'a', 'b.txt');
    writeFileAtomic(path, 'old');
    writeFileAtomic(path, [Buffer.from('ne'), Buffer.from('w')]);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(join(path, '..'))).toEqual(['b.txt']);
  });

  it('keeps the old file when the new content fails half-way', () => {
    const path = join(folder(), 'b.txt');
    writeFileAtomic(path, 'old');
    const failing = function* () {
      yield Buffer.from('half');
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    expect(() => writeFileAtomic(path, failing())).toThrow(UserError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(join(path, '..'))).toEqual(['b.txt']);
  });

  it('says where no file can be', () => {
    const root = folder();
    writeFileAtomic(join(root, 'file'), '');
    for (const path of [root, join(root, 'file/below')])
      expect(() => writeFileAtomic(path, 'x')).toThrow(/it can't be written \(E(ISDIR|NOTDIR|EXIST)/);
    expect(readdirSync(root)).toEqual(['file']);
  });

  it('refuses paths that leave their root', () => {
    const root = folder();
    symlinkSync(tmpdir(), join(root, 'link'));
    for (const path of ['../x.mp4', '/etc/passwd', 'a/../../x', 'link']) {
      expect(() => resolveInside(root, path, 'takes.json')).toThrow(/leaves the dataset root/);
    }
    expect(existsSync(resolveInside(root, 'a..b/c.mp4', 'takes.json'))).toBe(false);
  });

  it('names a JSON file that is cut', () => {
    const path = join(folder(), 'cut.json');
    writeFileAtomic(path, '{"a": [1, 2');
    expect(() => readJsonFile(path)).toThrow(/cut\.json: not valid JSON/);
  });
});

it('offers the nearest name', () => {
  expect(nearest('stag2', ['stage1', 'stage2', 'initialize'])).toBe('stage2');
  expect(nearest('zzz', ['stage1'])).toBeUndefined();
});
