/**
 * Makes every head of a sortable table a button: numbers by value, the rest as text, empty cells last; up, down, and as it was. A link into
 * something folded unfolds it.
 */
export const pageScript = `
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = table.querySelectorAll('thead th:not(.unsorted)');
  for (const head of heads) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const next = { ascending: 'descending', descending: null }[head.getAttribute('aria-sort')];
      const order = next === undefined ? 'ascending' : next;
      for (const other of heads) other.removeAttribute('aria-sort');
      table.classList.toggle('sorted', order !== null);
      if (order === null) return body.append(...original);
      head.setAttribute('aria-sort', order);
      const sign = order === 'ascending' ? 1 : -1;
      const rows = original.map((row) => {
        const cell = row.cells[head.cellIndex];
        const text = cell.dataset.value ?? cell.textContent.trim();
        return { row, text, number: parseFloat(text.replaceAll(',', '')), empty: text === '' || text === '-' };
      });
      const numeric = rows.every(({ empty, number }) => empty || !Number.isNaN(number));
      rows.sort((a, b) => a.empty !== b.empty ? (a.empty ? 1 : -1) : sign * (numeric ? a.number - b.number || 0 : a.text.localeCompare(b.text)));
      body.append(...rows.map(({ row }) => row));
    });
  }
}
const unfold = () => {
  let target = null;
  try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  target.scrollIntoView();
};
addEventListener('hashchange', unfold);
unfold();
`;
