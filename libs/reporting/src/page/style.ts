/** Style of the report and of the page of tables. Text meets WCAG AA on both grounds. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf7; --panel: #fff; --tint: #f0f3f9; --ink: #1d1f23; --soft: #585e69; --line: #dcd8cf; --rule: #8b8577;
  --accent: #1f4f99; --good: #17663f; --fair: #7d4c06; --bad: #a8231b;
  --series-1: #1f4f99; --series-2: #b3261e; --series-3: #1b7a52; --series-4: #7a3fa0;
  --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, Charter, 'Source Serif 4', 'Liberation Serif', Georgia, serif;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', 'Helvetica Neue', Arial, sans-serif;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', 'Liberation Mono', Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14161b; --panel: #1a1d24; --tint: #1e2531; --ink: #e7e5e0; --soft: #a7acb7; --line: #353a45; --rule: #7d8493;
    --accent: #95bdf7; --good: #86d3aa; --fair: #e8c47c; --bad: #f39a92;
    --series-1: #95bdf7; --series-2: #f39a92; --series-3: #86d3aa; --series-4: #cba6ee;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 17px/1.55 var(--serif); }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; background: var(--panel); padding: .4rem .8rem; z-index: 3; }
.layout { max-width: 1380px; margin: 0 auto; padding: 0 1.25rem 4rem; }
main { min-width: 0; } body > main { max-width: 1200px; margin: 0 auto; padding: 0 1.25rem 4rem; }
h1, h2, h3, h4 { line-height: 1.2; font-weight: 600; text-wrap: balance; }
h1 { font-size: 2.1rem; margin: 2.4rem 0 .4rem; letter-spacing: -.01em; } h1 + section > h2:first-child { margin-top: 0; border: 0; padding: 0; font-size: 1.2rem; font-weight: 500; color: var(--soft); }
h2 { font-size: 1.6rem; margin: 3.6rem 0 .3rem; padding-top: 1rem; border-top: 3px double var(--rule); }
h3 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; } h4 { font-size: 1.02rem; margin: 1.8rem 0 .4rem; }
:is(h2, h3, h4) > a { color: inherit; text-decoration: none; } :is(h2, h3, h4) > a:hover { text-decoration: underline; }
p { margin: .5rem 0; max-width: 72ch; } .lead { font-size: 1.05rem; } .soft, .note { color: var(--soft); } .note { font-size: .88rem; max-width: 84ch; }
code, pre { font-family: var(--mono); font-size: .82em; } code { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .8rem; max-height: 26rem; overflow: auto; background: var(--panel); border: 1px solid var(--line); font-size: .75rem; line-height: 1.45; }
ul.note { margin: .3rem 0; padding-left: 1.1rem; } ul.note li { margin: .15rem 0; overflow-wrap: anywhere; }
.label { font: 600 .72rem/1.3 var(--sans); letter-spacing: .06em; text-transform: uppercase; color: var(--soft); margin: 1rem 0 0; }

nav { font: .84rem/1.4 var(--sans); } nav ul { list-style: none; margin: 0; padding: 0; } nav a { text-decoration: none; color: var(--soft); display: block; padding: .16rem 0; }
nav a:hover { color: var(--accent); text-decoration: underline; } nav > ul > li > a { color: var(--ink); font-weight: 600; }
nav details { display: none; margin: 0; } nav summary { color: var(--soft); font-size: .84rem; padding: .16rem 0; }
nav > ul { display: flex; flex-wrap: wrap; gap: 0 1.2rem; padding: .8rem 0; border-bottom: 1px solid var(--line); } nav ul ul { display: none; }
@media (min-width: 1100px) {
  .layout { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 3rem; }
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 2.6rem 0 2rem; }
  nav > ul { display: block; border: 0; padding: 0; } nav > ul > li { margin-bottom: .9rem; } nav ul ul { display: block; padding-left: .7rem; border-left: 1px solid var(--line); } nav details { display: block; padding-left: .7rem; border-left: 1px solid var(--line); }
}

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9.5rem), 1fr)); gap: 0; margin: 1.3rem 0; border: solid var(--line); border-width: 1px 0; font-family: var(--sans); font-size: .86rem; }
.facts > div { padding: .6rem .9rem .6rem 0; } .facts dt { font-size: .72rem; letter-spacing: .05em; text-transform: uppercase; color: var(--soft); } .facts dd { margin: .1rem 0 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }

@media (min-width: 900px) { section > .facts { grid-template-columns: repeat(4, 1fr); } }

.scroll { overflow-x: auto; margin: .7rem 0; background: var(--panel); border: solid var(--rule); border-width: 2px 0; }
table { border-collapse: separate; border-spacing: 0; min-width: 100%; font: .84rem/1.4 var(--sans); font-variant-numeric: tabular-nums; }
th, td { padding: .42rem .75rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; } td { white-space: nowrap; } td.text, td.long { white-space: normal; min-width: 6rem; } td.long { min-width: 14rem; text-align: left; } td code { overflow-wrap: normal; }
thead th { vertical-align: bottom; font-weight: 600; border-bottom: 1px solid var(--rule); max-width: 11rem; }
th:first-child, td.text, th.text { text-align: left; } tbody th { font-weight: 500; min-width: 8.5rem; max-width: 26rem; position: sticky; left: 0; background: var(--panel); }
tr.ours > * { background: var(--tint); } tr.baseline > th { font-style: italic; } td.own { background: var(--tint); }
td small, th small { display: block; color: var(--soft); font-weight: 400; font-style: normal; font-size: .75rem; line-height: 1.35; }  td.text small { white-space: normal; }
a.value { color: inherit; font-weight: 700; text-decoration: underline dotted; } a.value:hover { color: var(--accent); }
th button { all: unset; cursor: pointer; } th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; } th button:hover { color: var(--accent); }
th button::after { content: '\\a0\\2195'; color: var(--soft); opacity: .55; font-weight: 400; } th[aria-sort=ascending] button::after { content: '\\a0\\2191'; opacity: 1; } th[aria-sort=descending] button::after { content: '\\a0\\2193'; opacity: 1; }
small.group { text-transform: uppercase; letter-spacing: .04em; font-size: .68rem; margin: .5rem 0 .25rem; } table:not(.sorted) small.repeated { display: none; }
.beneath { columns: 27rem; column-gap: 2.5rem; margin-top: .9rem; } .beneath > div { break-inside: avoid; padding-bottom: .8rem; } .beneath .label { margin: 0; }
.legend { font-size: .88rem; max-width: 84ch; margin: .4rem 0; color: var(--soft); } .legend > div { display: grid; grid-template-columns: 9.5rem 1fr; gap: .8rem; padding: .18rem 0; } .legend dt { font: 600 .84rem/1.6 var(--sans); color: var(--ink); } .legend dd { margin: 0; }
.status { white-space: nowrap; color: var(--soft); } .scaled { color: var(--accent); } .reproduced, .better { color: var(--good); } .close, .undecided { color: var(--fair); } .missed, .worse { color: var(--bad); } .held { color: var(--good); } .reversed { color: var(--bad); }
.verdict { white-space: nowrap; } .verdict + .verdict { margin-top: .1rem; } td .verdict { display: block; }
.whisker { display: block; width: 12rem; height: 1.5rem; margin-top: .1rem; }

.claims { list-style: none; padding: 0; margin: .6rem 0; max-width: 90ch; font-size: .92rem; } .claims > li { padding: .45rem 0; border-bottom: 1px solid var(--line); } .claims b { display: inline-block; min-width: 5.6rem; font: 600 .84rem var(--sans); } .claims small { display: block; color: var(--soft); font-size: .84rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 1rem; margin: .8rem 0; } .chart { display: block; width: 100%; height: auto; color: var(--soft); background: var(--panel); border: 1px solid var(--line); padding: .4rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: 1.2rem; margin: 1rem 0; } figure { margin: 0; min-width: 0; } figure img { display: block; max-width: 100%; margin: 0 auto; height: auto; }
.plate { width: fit-content; max-width: 100%; background: #fff; border: 1px solid var(--line); padding: .6rem; } figcaption { font-size: .88rem; line-height: 1.45; margin-top: .4rem; color: var(--soft); } figcaption strong { color: var(--ink); }

details { margin: .5rem 0; } summary { cursor: pointer; font: .86rem/1.5 var(--sans); } summary:hover { color: var(--accent); } details details { margin-left: 1.1rem; }
details.table { border-bottom: 1px solid var(--line); margin: 0; padding: .15rem 0; } details.table > summary .soft { margin-left: .4rem; } .run { margin-top: .8rem; }
:target { scroll-margin-top: 1rem; } details:target > summary, :target > :is(h3, h4) { background: var(--tint); box-shadow: -.5rem 0 0 var(--tint), .5rem 0 0 var(--tint); }
@media (max-width: 600px) { .legend > div { grid-template-columns: 1fr; gap: 0; padding: .3rem 0; } body { font-size: 16px; } h1 { font-size: 1.65rem; margin-top: 1.4rem; } h2 { font-size: 1.35rem; } .layout { padding: 0 .9rem 3rem; } th, td { padding: .38rem .55rem; } tbody th { max-width: 42vw; min-width: 6.5rem; } }
@media print {
  @page { margin: 16mm 14mm; } body { font-size: 10.5pt; background: none; } nav, .skip, th button::after { display: none !important; } .layout { display: block; padding: 0; max-width: none; }
  .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding: 2pt 4pt; } tr, figure, .chart { break-inside: avoid; } h2, h3, h4, summary { break-after: avoid; } h2 { break-before: page; } tbody th { position: static; } a { color: inherit; }
}
`;
