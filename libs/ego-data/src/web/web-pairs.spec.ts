import { createWriteStream, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pack } from 'tar-stream';
import { decodeFrames, writePng, writeVideo } from '@egolab/video';
import { webPairs } from '../index.ts';
import { exampleFolder } from '../example-folder.ts';
import { streamJsonMembers } from '../json-stream.ts';
import { seconds } from './formats.ts';
import { indexTar, readTarMember } from './tar-index.ts';

const from = async (annotations: string, content: unknown, media: readonly string[]) => {
  const root = exampleFolder({
    [annotations]: content,
    ...Object.fromEntries(media.map((name) => [`media/${name}`, ''])),
    'media/.keep': '',
  });
  const { pairs, skipped } = await webPairs({ annotations: join(root, annotations), media: join(root, 'media') });
  const short = pairs.map(({ media: file, ...pair }) => ({
    ...pair,
    media: String(file).slice(join(root, 'media').length + 1),
  }));
  return { pairs: short, skipped };
};

describe('annotation files with the column names of their releases', () => {
  it('Panda-70M: lists of times and captions a row', async () => {
    const csv =
      'videoID,url,timestamp,caption,matching_score\n' +
      `"v1","https://x","[['0:00:16.300', '0:00:32.566'], ['0:01:44.100', '0:01:49.066']]","['A dog''s ""walk"".', ""It's a man.""]","[0.45, 0.44]"\n`.replace(
        "''",
        "\\'",
      ) +
      `"cut","u","[['0:00:01.000', '0:00:02.000']]","['A cat.']","[0.4]"\n"v3","u","[['a', 'b']]","['x']","[1]"\n"v4","u","[]","['x']","[1]"\n`;
    const { pairs, skipped } = await from('panda.csv', csv, ['v1.mp4', 'cut_0.mp4']);
    expect(pairs).toEqual([
      { id: 'v1_0', kind: 'video', media: 'v1.mp4', text: `A dog's "walk".`, start: 16.3, end: 32.566 },
      { id: 'v1_1', kind: 'video', media: 'v1.mp4', text: "It's a man.", start: 104.1, end: 109.066 },
      { id: 'cut_0', kind: 'video', media: 'cut_0.mp4', text: 'A cat.' },
    ]);
    expect(skipped.byReason).toEqual({
      'timestamp or caption is not a list of times or texts': 1,
      'timestamp and caption are not lists of one length': 1,
    });
  });

  it('WebVid: page folder and caption in "name"', async () => {
    const csv =
      'videoid,contentUrl,duration,page_dir,name\n7,u,PT00H00M20S,000001_000050,A lake.\n8,u,PT,p,"Gone, away."\n9,u,PT,p,\n';
    const { pairs, skipped } = await from('webvid.csv', csv, ['000001_000050/7.mp4']);
    expect(pairs).toEqual([{ id: '7', kind: 'video', media: '000001_000050/7.mp4', text: 'A lake.' }]);
    expect(skipped.byReason).toEqual({ 'media file missing': 1, 'no text': 1 });
    expect(skipped.first[0].item).toMatch(/webvid\.csv entry 2 \(p\/8\.mp4\)/);
  });

  it('VIDAL: one JSON object, the polished caption', async () => {
    const json = {
      abc: { folder: 'f9', mplug: 'long', polish_mplug: 'divers roll', ofa: ['a', 'b'], sound_mplug: 's', raw: '#r' },
      def: { folder: 'f9', polish_mplug: '', raw: 'title' },
    };
    const { pairs } = await from('vidal.json', json, ['f9/abc.mp4', 'def.mp4']);
    expect(pairs).toEqual([
      { id: 'abc', kind: 'video', media: 'f9/abc.mp4', text: 'divers roll' },
      { id: 'def', kind: 'video', media: 'def.mp4', text: 'title' },
    ]);
  });

  it('InternVid: JSON lines, cut clips or whole videos', async () => {
    const line = (id: string) =>
      JSON.stringify({
        YoutubeID: id,
        Start_timestamp: '00:00:10.000',
        End_timestamp: '00:00:12.500',
        Caption: `on ${id}`,
        UMT_Score: 0.4,
      });
    const { pairs } = await from('internvid.jsonl', `${line('a')}\n${line('b')}\n`, [
      'a_00:00:10.000_00:00:12.500.mp4',
      'b.mp4',
    ]);
    expect(pairs[0]).toMatchObject({ media: 'a_00:00:10.000_00:00:12.500.mp4', text: 'on a' });
    expect(pairs[0].start).toBeUndefined();
    expect(pairs[1]).toMatchObject({ media: 'b.mp4', start: 10, end: 12.5 });
  });

  it('CC-3M: no header, images named by line', async () => {
    const tsv = 'a very typical bus station\thttp://x/1.jpg\nsierra looked "stunning"\thttp://x/2.jpg\tnamed.png\n';
    const { pairs } = await from('Train_GCC-training.tsv', tsv, ['1.jpg', 'named.png']);
    expect(pairs).toEqual([
      { id: '1', kind: 'image', media: '1.jpg', text: 'a very typical bus station' },
      { id: '2', kind: 'image', media: 'named.png', text: 'sierra looked "stunning"' },
    ]);
  });

  it('DCI: a folder of JSON files', async () => {
    const root = exampleFolder({
      'annotations/0.json': {
        image: 'sa_1.jpg',
        short_caption: 'A street.',
        extra_caption: 'It is wet.',
        mask_data: {},
      },
      'photos/sa_1.jpg': '',
    });
    const { pairs } = await webPairs({ annotations: join(root, 'annotations'), media: join(root, 'photos') });
    expect(pairs).toEqual([
      { id: 'sa_1.jpg', kind: 'image', media: join(root, 'photos/sa_1.jpg'), text: 'A street.\nIt is wet.' },
    ]);
  });

  it('a plain table', async () => {
    const { pairs } = await from('captions.csv', 'video,caption,start,end\na.mp4,A man.,1,2\nb.png,A cup.,,\n', [
      'a.mp4',
      'b.png',
    ]);
    expect(pairs).toEqual([
      { id: '1', kind: 'video', media: 'a.mp4', text: 'A man.', start: 1, end: 2 },
      { id: '2', kind: 'image', media: 'b.png', text: 'A cup.' },
    ]);
  });

  it('bad input is told in one message', async () => {
    await expect(from('t.csv', 'a,b\n1,2\n', [])).rejects.toThrow(/t\.csv: no known columns: got a, b/);
    await expect(from('t.csv', 'video,text\n../../x.mp4,hi\n', [])).rejects.toThrow(/leaves the dataset root/);
    await expect(from('t.json', '{"a": {"folder": "x"', [])).rejects.toThrow(
      /t\.json: not valid JSON: the text ends in the middle/,
    );
    await expect(from('t.jsonl', '{"a": 1}\n{"b"', [])).rejects.toThrow(/no known columns|line 2/);
    await expect(webPairs({ annotations: 'none.csv', media: exampleFolder({}) })).rejects.toThrow(
      /none\.csv: there is no such file/,
    );
  });
});

it('reads times', () => {
  expect(['1:02:03.5', '02:03', '7', 7, '', 'x', '1:2:3:4'].map(seconds)).toEqual([
    3723.5,
    123,
    7,
    7,
    undefined,
    undefined,
    undefined,
  ]);
});

it('names the line of a table or of JSON that is in another encoding', async () => {
  for (const name of ['a.csv', 'a.json', 'a.jsonl']) {
    const root = exampleFolder({ 'media/.keep': '' });
    writeFileSync(join(root, name), Buffer.from('video,text\nv.mp4,caf\xe9\n', 'latin1'));
    await expect(webPairs({ annotations: join(root, name), media: join(root, 'media') })).rejects.toThrow(
      new RegExp(`${name}: not UTF-8 text: line 2`),
    );
  }
});

it('streams the members of JSON larger than its chunks', async () => {
  const value = Object.fromEntries(
    Array.from({ length: 3000 }, (_, i) => [`k"${i}`, { text: `{[,"\\ é${i}`, list: [i, [i]], empty: {} }]),
  );
  const root = exampleFolder({ 'a.json': value, 'b.json': ` [1, "a,b", {"c": [2]}] `, 'c.json': ' { } ' });
  const members = async (name: string) => {
    const all: [string, unknown][] = [];
    for (const member of streamJsonMembers(join(root, name))) all.push(member);
    return all;
  };
  expect(Object.fromEntries(await members('a.json'))).toEqual(value);
  expect(await members('b.json')).toEqual([
    ['0', 1],
    ['1', 'a,b'],
    ['2', { c: [2] }],
  ]);
  expect(await members('c.json')).toEqual([]);
});

async function writeTar(path: string, entries: Readonly<Record<string, string | Buffer>>): Promise<void> {
  const archive = pack();
  const file = archive.pipe(createWriteStream(path));
  for (const [name, content] of Object.entries(entries)) archive.entry({ name }, content);
  archive.finalize();
  await finished(file);
}

describe('WebDataset shards', () => {
  it('are indexed by their headers, long names included', async () => {
    const path = join(exampleFolder({}), 'names.tar');
    const long = `${'folder/'.repeat(40)}é.txt`;
    const entries = { 'a.txt': 'one', [long]: 'two', 'b/c.json': '{}'.padEnd(700) };
    await writeTar(path, entries);
    const members = indexTar(path);
    expect(members.map(({ name }) => name)).toEqual(Object.keys(entries));
    expect(members.map((member) => readTarMember(member).toString())).toEqual(Object.values(entries));
  });

  it('give pairs whose media are decoded in place', async () => {
    const root = exampleFolder({});
    const frames = { data: new Uint8Array(4 * 16 * 16 * 3).fill(200), numFrames: 4, height: 16, width: 16 };
    await writeVideo(join(root, 'v.mp4'), frames, { fps: 8 });
    writePng(join(root, 'i.png'), { data: new Uint8Array(48).fill(60), height: 4, width: 4, channels: 3 });
    await writeTar(join(root, '00000.tar'), {
      '000.mp4': readFileSync(join(root, 'v.mp4')),
      '000.txt': 'a grey wall\n',
      '000.json': '{"duration": 1}',
      '001.png': readFileSync(join(root, 'i.png')),
      '001.json': '{"caption": "a dark square"}',
      '002.json': '{"status": "failed_to_download"}',
      '003.jpg': 'x',
      '004.jpg': 'x',
      '004.json': '{"capt',
    });
    const { pairs, skipped } = await webPairs({ shards: root });
    expect(pairs.map(({ id, kind, text }) => [id, kind, text])).toEqual([
      ['000', 'video', 'a grey wall'],
      ['001', 'image', 'a dark square'],
    ]);
    expect(skipped.byReason).toEqual({
      'no media in the sample: its download failed': 1,
      'no text': 1,
      'its json is not valid JSON': 1,
    });
    const options = { numFrames: 2, sampler: 'videollama2-v1', size: 8 } as const;
    expect((await decodeFrames(pairs[0].media, options)).data.every((value) => Math.abs(value - 200) <= 2)).toBe(true);
    expect((await decodeFrames(pairs[1].media, options)).data.every((value) => value === 60)).toBe(true);
  });

  it('that are cut, compressed or missing are named', async () => {
    const root = exampleFolder({});
    const path = join(root, 'a.tar');
    await writeTar(path, { 'a.txt': 'x'.repeat(3000) });
    writeFileSync(join(root, 'a.tar.gz'), gzipSync(readFileSync(path)));
    await expect(webPairs({ shards: join(root, 'a.tar.gz') })).rejects.toThrow(
      /a\.tar\.gz: not an uncompressed tar archive/,
    );
    truncateSync(path, 2000);
    await expect(webPairs({ shards: [path] })).rejects.toThrow(/a\.tar: the tar archive is cut/);
    await expect(webPairs({ shards: join(root, 'none') })).rejects.toThrow(/there is no such shard or folder/);
    await expect(webPairs({ shards: exampleFolder({ x: '' }) })).rejects.toThrow(/holds no \.tar shard/);
  });
});
