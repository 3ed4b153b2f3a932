/** Style of the page of tables. Colours meet WCAG AA on both grounds. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1f2937; --soft: #4b5563; --line: #d1d5db; --ground: #fff; --accent: #1d4ed8; --good: #166534; --fair: #854d0e; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --soft: #a9b1bd; --line: #374151; --ground: #111827; --accent: #93c5fd; --good: #86efac; --fair: #fde68a; --bad: #fca5a5; } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 1rem; } h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: .85rem; margin: .8rem 0 0; } a { color: var(--accent); } h2 a { color: inherit; text-decoration-color: var(--line); }
.note { color: var(--soft); max-width: 90ch; } ul.note { font-size: .85rem; margin: .2rem 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1rem; padding: 0; list-style: none; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; min-width: 100%; }
th, td { padding: .35rem .6rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody th { text-align: left; font-weight: 500; min-width: 9rem; max-width: 32rem; } thead th { border-bottom: 2px solid var(--soft); vertical-align: bottom; }
small { display: block; color: var(--soft); font-weight: 400; font-size: .78rem; }
th button { all: unset; cursor: pointer; font-weight: 600; } th button:focus-visible, a:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
th[aria-sort=ascending] button::after { content: " \\2191"; } th[aria-sort=descending] button::after { content: " \\2193"; }
.status { white-space: nowrap; color: var(--soft); } .scaled { color: var(--accent); } .reproduced { color: var(--good); } .close { color: var(--fair); } .missed { color: var(--bad); }
@media print { nav { display: none; } .scroll { overflow: visible; } section { break-inside: avoid; } }
`;

/** Makes every column head a button that sorts: numbers by value, the rest as text; empty cells last. */
export const pageScript = `
for (const table of document.querySelectorAll('table')) {
  const body = table.tBodies[0];
  for (const head of table.querySelectorAll('thead th')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of table.querySelectorAll('thead th')) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const key = (row) => {
        const cell = row.cells[head.cellIndex];
        const text = cell.dataset.value ?? cell.textContent.trim();
        const number = parseFloat(text.replaceAll(',', ''));
        return { empty: text === '' || text === '-', number, text };
      };
      const sign = up ? 1 : -1;
      const rows = [...body.rows].map((row) => ({ row, key: key(row) }));
      rows.sort(({ key: a }, { key: b }) =>
        a.empty !== b.empty ? (a.empty ? 1 : -1)
          : sign * (Number.isNaN(a.number) || Number.isNaN(b.number) ? a.text.localeCompare(b.text) : a.number - b.number));
      body.append(...rows.map(({ row }) => row));
    });
  }
}
`;
