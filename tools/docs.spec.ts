import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const pages = [
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'README.md',
];

/** Targets of links, and paths that stand in code spans: files and folders of the repository, but for what the reader is told to write. */
function paths(text: string): { linked: string[]; named: string[] } {
  const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target);
  const spans = [...text.matchAll(/`((?:libs|pipelines|experiments|tools|docs)\/[\w./-]+)`/g)].map(([, path]) => path);
  const made = new Set([...text.matchAll(/Save this as `([^`]+)`/g)].map(([, path]) => path));
  return { linked: links.filter((target) => !/^https?:/.test(target)), named: spans.filter((path) => !made.has(path)) };
}

describe.each(pages)('%s', (page) => {
  const { linked, named } = paths(readFileSync(join(root, page), 'utf8'));

  it('links to files that exist', () => {
    expect(linked.filter((target) => !existsSync(resolve(root, dirname(page), target)))).toEqual([]);
  });

  it('names paths that exist', () => {
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

it.each(['exo2ego', 'egodtm', 'egom2p'])('docs/%s.md gives each statement a file and a test', (paper) => {
  const rows = readFileSync(join(root, `docs/${paper}.md`), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| paper') && !line.startsWith('| ---'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows.length).toBeGreaterThan(10);
  for (const [statement, file, test] of rows) {
    expect(file, statement).toMatch(/\.(ts|yaml)\)/);
    expect(test, statement).toMatch(/\.spec\.ts\)/);
  }
});
