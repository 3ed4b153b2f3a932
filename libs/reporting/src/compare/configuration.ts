/** A configuration, dotted key by dotted key. */
export type FlatConfiguration = ReadonlyMap<string, unknown>;

/** Where configurations differ: one key, its value in each of them (undefined where it has none). */
export interface VaryingKey {
  key: string;
  values: readonly unknown[];
}

/** `{ a: { b: 1 } }` as `a.b -> 1`; a list is one value. */
export function flatten(value: unknown, prefix = ''): FlatConfiguration {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return new Map([[prefix, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, child]) => [...flatten(child, prefix === '' ? key : `${prefix}.${key}`)]),
  );
}

/**
 * The keys in which configurations differ, in the order of the first that has them. Seeds are compared elsewhere. A section that some
 * configurations don't have at all (a stage that they skip) is one difference; its keys count among those that have it.
 */
export function varyingKeys(configurations: readonly FlatConfiguration[]): VaryingKey[] {
  const keys = [...new Set(configurations.flatMap((each) => [...each.keys()]))].filter((key) => key !== 'seed');
  const sections = [...new Set(keys.map(sectionOf))];
  return sections.flatMap((section) => {
    const has = configurations.map((each) => [...each.keys()].some((key) => sectionOf(key) === section));
    const own = keys
      .filter((key) => sectionOf(key) === section)
      .map((key) => ({ key, values: configurations.map((each) => each.get(key)) }))
      .filter(({ values }) => differ(values.filter((_, i) => has[i])));
    return differ(has) ? [{ key: section, values: has.map((there) => (there ? 'used' : undefined)) }, ...own] : own;
  });
}

const sectionOf = (key: string) => key.split('.')[0];
const differ = (values: readonly unknown[]) => new Set(values.map((value) => JSON.stringify(value))).size > 1;

/** A value as a table shows it; undefined: the configuration has no such key. */
export function valueText(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Changed keys as an outline: sections once, below them `key: before -> after`. */
export interface DiffNode {
  name: string;
  before?: unknown;
  after?: unknown;
  children: DiffNode[];
}

/** The varying keys as a tree, with a configuration's value and the baseline's. A key below which nothing else varies stays one line. */
export function nestedDiff(keys: readonly VaryingKey[], index: number, baseline: number): DiffNode[] {
  const root: DiffNode = { name: '', children: [] };
  for (const { key, values } of keys) {
    if (JSON.stringify(values[index]) === JSON.stringify(values[baseline])) continue;
    let node = root;
    for (const name of key.split('.')) {
      let next = node.children.find((child) => child.name === name);
      if (!next) node.children.push((next = { name, children: [] }));
      node = next;
    }
    Object.assign(node, { before: values[baseline], after: values[index] });
  }
  return root.children.map(joined);
}

/** A section with a single child is written on one line: `guidance.kl`. */
function joined(node: DiffNode): DiffNode {
  const children = node.children.map(joined);
  const [only] = children;
  return children.length === 1 ? { ...only, name: `${node.name}.${only.name}` } : { ...node, children };
}
