/** Where a JSON text breaks the format or says one thing twice. */
export interface JsonProblem {
  /** the address of the value in the text, `results.3.predicted_times`; empty at the top */
  readonly path: string;
  /** from 1 */
  readonly line: number;
  readonly what: string;
}

const space = /[ \t\n\r]*/y;
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const notJson = /-?(?:NaN|Infinity|nan|inf)\b/y;

/** An object or list that is open; `keys` only for an object. */
interface Open {
  readonly keys: Set<string> | undefined;
  at: string | number;
}

/**
 * The first place where a text is not JSON, or where an object has a key twice, which JSON.parse takes silently.
 * @returns undefined when the text is sound
 */
export function jsonProblem(text: string): JsonProblem | undefined {
  return new Scanner(text).scan();
}

class Scanner {
  private readonly open: Open[] = [];
  private at = 0;

  constructor(private readonly text: string) {}

  scan(): JsonProblem | undefined {
    const problem = this.value();
    if (problem) return problem;
    while (this.open.length > 0) {
      const found = this.next();
      if (found) return found;
    }
    this.skip(space);
    return this.at < this.text.length ? this.problem('text after the end') : undefined;
  }

  /** A value's beginning: all of a scalar, the opening bracket of the rest. */
  private value(): JsonProblem | undefined {
    this.skip(space);
    const first = this.text[this.at];
    if (first === '{' || first === '[') {
      this.at++;
      this.open.push({ keys: first === '{' ? new Set() : undefined, at: -1 });
      return undefined;
    }
    if (this.skip(string) || this.skip(scalar)) return undefined;
    const number = this.peek(notJson);
    return this.problem(number ? `${number} is not a number in JSON` : 'expected a value');
  }

  /** The next member of the innermost object or list, or its end. */
  private next(): JsonProblem | undefined {
    const inner = this.open[this.open.length - 1];
    const close = inner.keys ? '}' : ']';
    const first = inner.at === -1;
    this.skip(space);
    if (this.text[this.at] === close) {
      this.at++;
      this.open.pop();
      return undefined;
    }
    if (!first) {
      if (this.text[this.at] !== ',') return this.problem(`expected "," or "${close}"`);
      this.at++;
    }
    if (!inner.keys) inner.at = Number(inner.at) + 1;
    return (inner.keys && this.key(inner, inner.keys)) ?? this.value();
  }

  private key(inner: Open, keys: Set<string>): JsonProblem | undefined {
    this.skip(space);
    const quoted = this.peek(string);
    if (!quoted) return this.problem('expected a key in double quotes');
    const key = JSON.parse(quoted) as string;
    inner.at = key;
    if (keys.has(key)) return this.problem('the key is there twice');
    keys.add(key);
    this.at += quoted.length;
    this.skip(space);
    if (this.text[this.at] !== ':') return this.problem('expected ":"');
    this.at++;
    return undefined;
  }

  private peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  private skip(pattern: RegExp): boolean {
    const found = this.peek(pattern);
    this.at += found?.length ?? 0;
    return found !== undefined;
  }

  private problem(what: string): JsonProblem {
    const path = this.open.map(({ at }) => at).filter((at) => at !== -1);
    const line = this.text.slice(0, this.at).split('\n').length;
    const ended = this.at >= this.text.length;
    return { path: path.join('.'), line, what: ended ? `the text ends early (${what})` : what };
  }
}
