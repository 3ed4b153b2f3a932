import { escape } from '@egolab/pictures';
import { pageScript } from './script.ts';
import { pageStyle } from './style.ts';

/** A line of the table of contents. */
export interface Contents {
  anchor: string;
  title: string;
  below?: readonly Contents[];
  /** a title of what is folded, and what that is */
  folded?: { title: string; below: readonly Contents[] };
}

/** One HTML file without outside references, which its own policy forbids: light and dark, for screens of any width and for paper. */
export function page(title: string, contents: readonly Contents[], main: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>${escape(title)}</title><style>${pageStyle}</style></head><body>
<a class="skip" href="#main">Skip to the content</a>
<div class="layout"><nav aria-label="Contents">${contentsHtml(contents)}</nav>
<main id="main">
${main}
</main></div><script>${pageScript}</script></body></html>
`;
}

function contentsHtml(contents: readonly Contents[]): string {
  const items = contents.map(
    ({ anchor, title, below = [], folded }) =>
      `<li><a href="#${anchor}">${escape(title)}</a>${below.length > 0 ? contentsHtml(below) : ''}${folded && folded.below.length > 0 ? `<details><summary>${escape(folded.title)}</summary>${contentsHtml(folded.below)}</details>` : ''}</li>`,
  );
  return `<ul>${items.join('')}</ul>`;
}

/** A heading that links to itself. */
export const heading = (level: 2 | 3 | 4, anchor: string, title: string): string =>
  `<h${level} id="${anchor}-title"><a href="#${anchor}">${escape(title)}</a></h${level}>`;

/** A table that scrolls sideways where it is wider than the page; cells are HTML. */
export function table(label: string, heads: readonly Head[], rows: readonly string[]): string {
  const head = heads.map(({ text, left, unsorted }) => {
    const kind = [left ? 'text' : '', unsorted ? 'unsorted' : ''].filter(Boolean).join(' ');
    return `<th scope="col"${kind && ` class="${kind}"`}>${escape(text)}</th>`;
  });
  return `<div class="scroll" role="region" aria-label="${escape(label)}" tabindex="0"><table class="sortable">
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

/** Head of a column. */
export interface Head {
  text: string;
  /** a column of text */
  left?: boolean;
  /** a column by which nobody sorts */
  unsorted?: boolean;
}

/** What is known of a thing, as pairs; values are HTML. */
export const facts = (pairs: readonly (readonly [string, string])[]): string =>
  `<dl class="facts">${pairs.map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${value}</dd></div>`).join('')}</dl>`;

/** A short labelled list; items are HTML. Nothing for none. */
export const list = (title: string, items: readonly string[]): string =>
  items.length === 0
    ? ''
    : `<div><p class="label">${escape(title)}</p><ul class="note">${items.map((item) => `<li>${item}</li>`).join('')}</ul></div>`;
