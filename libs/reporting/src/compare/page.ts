import { pageStyle } from '../page/style.ts';

/** Colours of lines, on a light ground and on a dark one; each at least 3:1 against it. */
const LIGHT = ['#1d4ed8', '#b91c1c', '#15803d', '#7e22ce', '#b45309', '#0e7490', '#be185d', '#475569'];
const DARK = ['#93c5fd', '#fca5a5', '#86efac', '#d8b4fe', '#fcd34d', '#67e8f9', '#f9a8d4', '#cbd5e1'];
/** Lines also differ by their dashes, for those who can't tell colours apart. */
const DASHES = ['none', '7 3', '2 2', '9 3 2 3', '4 2'];

/** Class that gives a variant's lines their colour and dashes. */
export const lineClass = (variant: number): string => `c${variant % LIGHT.length} d${variant % DASHES.length}`;

const variables = (colours: readonly string[]) => colours.map((colour, i) => `--series-${i + 1}: ${colour};`).join(' ');

/** Style of a comparison's page: that of the tables, and charts. */
export const compareStyle = `${pageStyle}
:root { ${variables(LIGHT)} } @media (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
${LIGHT.map((_, i) => `.c${i} { --line-colour: var(--series-${i + 1}); }`).join(' ')}
${DASHES.map((dash, i) => `.d${i} polyline, .d${i} .swatch { stroke-dasharray: ${dash}; }`).join(' ')}
.setting { text-align: left; font-family: ui-monospace, monospace; font-size: .8rem; } td.setting { white-space: normal; overflow-wrap: anywhere; min-width: 4rem; max-width: 16rem; } td.delta small { white-space: nowrap; }
.better { color: var(--good); } .worse { color: var(--bad); } .missing { color: var(--soft); font-style: italic; }
tr.more > td { padding-top: 0; text-align: left; white-space: normal; } .account :is(th, td) { position: static; min-width: 0; white-space: normal; } tr.head > * { border-bottom: 0; } tr.more .account { position: sticky; left: .6rem; max-width: min(68rem, calc(100vw - 3.5rem)); }
summary { cursor: pointer; color: var(--accent); font-size: .85rem; } summary:focus-visible, .plot:focus-visible, .keys button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.account code { font-size: .92em; overflow-wrap: anywhere; } .account table { min-width: 0; font-size: .85rem; } .account h4 { font-size: .85rem; margin: .8rem 0 .2rem; } .account ul { margin: .2rem 0; padding-left: 1.2rem; font-size: .85rem; overflow-wrap: anywhere; }
.diff { font-family: ui-monospace, monospace; } .diff del { color: var(--bad); } .diff ins { color: var(--good); text-decoration: none; }
.claims { list-style: none; padding: 0; } .claims > li { padding: .6rem 0; border-bottom: 1px solid var(--line); max-width: 90ch; }
.verdict { display: inline-block; min-width: 6.2rem; font-weight: 600; } .held { color: var(--good); } .reversed { color: var(--bad); } .undecided { color: var(--soft); }
.keys { display: flex; flex-wrap: wrap; gap: .4rem; padding: 0; list-style: none; } .keys button { font: inherit; font-size: .85rem; color: inherit; background: none; border: 1px solid var(--line); border-radius: .4rem; padding: .2rem .6rem; cursor: pointer; display: flex; align-items: center; gap: .4rem; }
.keys button[aria-pressed=true] { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.swatch { width: 26px; height: 8px; flex: none; stroke: var(--line-colour); stroke-width: 3; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 1.2rem; }
.plot { margin: 0; } .plot figcaption { font-weight: 600; font-size: .85rem; } .plot svg { width: 100%; height: auto; display: block; touch-action: pan-y; } .readout { margin: 0; min-height: 2.6em; font-size: .78rem; line-height: 1.3; color: var(--soft); }
svg text { fill: var(--soft); font: 10px system-ui, sans-serif; } svg .name { font-size: 11px; font-weight: 600; fill: var(--ink); } svg .value { font-size: 11px; paint-order: stroke; stroke: var(--ground); stroke-width: 3px; stroke-linejoin: round; }
svg .grid { stroke: var(--line); } svg .axis, svg .tick { stroke: var(--soft); } svg .cursor { stroke: var(--ink); stroke-dasharray: 2 2; }
.line polyline { fill: none; stroke: var(--line-colour); stroke-width: 1.8; stroke-linejoin: round; } .line .seed { stroke-width: .8; stroke-opacity: .45; stroke-dasharray: none; }
.parallel .line polyline { stroke-width: 2.2; } .parallel { display: block; } .parallel .line:hover polyline { stroke-width: 4; } .line.dim { opacity: .12; }
@media print { .keys button { border: 0; } .readout { display: none; } .plot { break-inside: avoid; } summary { list-style: none; } }
`;

/** What the page does beyond being read: values of curves, lines brought out by the legend, everything open on paper. */
export const compareScript = `
const titles = JSON.parse(document.getElementById('variants').textContent);
for (const plot of document.querySelectorAll('.plot')) {
  const { from, to, low, high, width, lines } = JSON.parse(plot.dataset.curves);
  const steps = [...new Set(lines.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const [svg, cursor, readout] = ['svg', '.cursor', '.readout'].map((name) => plot.querySelector(name));
  let at = -1;
  const nearest = (values, step) => values.reduce((best, value, i) => Math.abs(value - step) < Math.abs(values[best] - step) ? i : best, 0);
  const show = (index) => {
    at = Math.max(0, Math.min(steps.length - 1, index));
    const place = width * (from + (high > low ? (steps[at] - low) / (high - low) : 0.5) * (to - from));
    cursor.setAttribute('x1', place); cursor.setAttribute('x2', place); cursor.setAttribute('visibility', 'visible');
    readout.textContent = 'step ' + Math.round(steps[at]) + ': ' + lines.map(({ variant, x, y }) => titles[variant] + ' ' + y[nearest(x, steps[at])]).join(', ');
  };
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width - from) / (to - from);
    show(nearest(steps, low + share * (high - low)));
  });
  plot.addEventListener('keydown', (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1, Home: -steps.length, End: steps.length }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    show(at + move);
  });
}
const buttons = [...document.querySelectorAll('.keys button')];
for (const button of buttons) button.addEventListener('click', () => {
  const pressed = button.getAttribute('aria-pressed') !== 'true';
  for (const twin of buttons) if (twin.dataset.variant === button.dataset.variant) twin.setAttribute('aria-pressed', pressed);
  const picked = new Set(buttons.filter((each) => each.getAttribute('aria-pressed') === 'true').map((each) => each.dataset.variant));
  for (const line of document.querySelectorAll('.line')) line.classList.toggle('dim', picked.size > 0 && !picked.has(line.dataset.variant));
});
let closed = [];
addEventListener('beforeprint', () => { closed = [...document.querySelectorAll('details:not([open])')]; for (const each of closed) each.open = true; });
addEventListener('afterprint', () => { for (const each of closed) each.open = false; });
`;
