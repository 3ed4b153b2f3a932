/** What a Python literal in a CSV cell can hold. */
export type PythonValue = string | number | boolean | null | PythonValue[];

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '0': '\0' };
const keywords: Record<string, boolean | null> = { True: true, False: false, None: null };

/**
 * Read a Python literal such as `[93]`, `['it\'s', "a 'b'"]` or `[['0:00:16.300', '0:00:32.566']]`, as pandas writes
 * lists into CSV cells. Lists, tuples, strings, numbers, True, False and None; nothing is evaluated.
 * @throws Error saying where the text stops being one
 */
export function parsePythonLiteral(text: string): PythonValue {
  let at = 0;
  const fail = (expected: string): never => {
    throw new Error(`expected ${expected} at character ${at} of ${JSON.stringify(text.slice(0, 80))}`);
  };
  const space = () => {
    while (/\s/.test(text[at] ?? '')) at++;
  };

  const string = (): string => {
    const quote = text[at++];
    let content = '';
    while (text[at] !== quote) {
      if (at >= text.length) fail(`a closing ${quote}`);
      const character = text[at++];
      if (character !== '\\') {
        content += character;
        continue;
      }
      const code = /^(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/i.exec(text.slice(at, at + 5));
      if (code) {
        content += String.fromCharCode(parseInt(code[1] ?? code[2], 16));
        at += code[0].length;
      } else {
        content += escapes[text[at]] ?? text[at];
        at++;
      }
    }
    at++;
    return content;
  };

  const list = (close: string): PythonValue[] => {
    const items: PythonValue[] = [];
    at++;
    for (space(); text[at] !== close; space()) {
      items.push(value());
      space();
      if (text[at] === ',') at++;
      else if (text[at] !== close) fail(`"," or "${close}"`);
    }
    at++;
    return items;
  };

  const value = (): PythonValue => {
    space();
    const first = text[at];
    if (first === '[') return list(']');
    if (first === '(') return list(')');
    if (first === "'" || first === '"') return string();
    const word = /^(?:True|False|None|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(text.slice(at));
    if (!word) return fail('a list, text, number, True, False or None');
    at += word[0].length;
    return word[0] in keywords ? keywords[word[0]] : Number(word[0]);
  };

  const result = value();
  space();
  if (at < text.length) fail('the end');
  return result;
}
