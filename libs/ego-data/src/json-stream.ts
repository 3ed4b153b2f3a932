import { readTextPieces, UserError } from '@egolab/foundation';

const quote = 0x22;
const backslash = 0x5c;
const opening = new Set([0x7b, 0x5b]); // { [
const closing = new Set([0x7d, 0x5d]); // } ]
const comma = 0x2c;

/**
 * The members of the JSON object or list that a file holds, one at a time: annotation files of web data sets are larger
 * than a string may be. Keys are member names, or "0", "1", … for a list.
 * @throws UserError for a missing file, another encoding, one that is cut, or is no object or list
 */
export function* streamJsonMembers(file: string): Generator<[string, unknown]> {
  const splitter = new MemberSplitter();
  let index = 0;
  const member = (text: string): [string, unknown] => {
    try {
      const whole = splitter.list
        ? { [String(index)]: JSON.parse(text) as unknown }
        : (JSON.parse(`{${text}}`) as Record<string, unknown>);
      index++;
      return Object.entries(whole)[0];
    } catch (error) {
      throw broken(file, `member ${index}: ${(error as Error).message}`, error);
    }
  };
  for (const piece of readTextPieces(file)) {
    for (const text of splitter.push(piece)) yield member(text);
  }
  if (!splitter.finished)
    throw broken(file, splitter.begun ? 'the text ends in the middle' : 'expected an object or a list');
}

function broken(file: string, what: string, cause?: unknown): UserError {
  return new UserError({
    what: `not valid JSON: ${what}`,
    where: file,
    mend: 'the file may be cut: download it again',
    cause,
  });
}

/** Cuts the text of one JSON object or list at the commas between its members. */
class MemberSplitter {
  /** whether the file holds a list */
  list = false;
  begun = false;
  finished = false;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private text = '';

  push(chunk: string): string[] {
    const members: string[] = [];
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const code = chunk.charCodeAt(i);
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (code === backslash) this.escaped = true;
        else if (code === quote) this.inString = false;
      } else if (code === quote) this.inString = true;
      else if (opening.has(code)) {
        if (this.depth++ > 0) continue;
        this.begun = true;
        this.list = code === 0x5b;
        from = i + 1;
      } else if (code === comma && this.depth === 1) {
        members.push(this.text + chunk.slice(from, i));
        this.text = '';
        from = i + 1;
      } else if (closing.has(code) && --this.depth === 0) {
        const last = this.text + chunk.slice(from, i);
        if (last.trim()) members.push(last);
        this.finished = true;
        return members;
      }
    }
    this.text += chunk.slice(from);
    return members;
  }
}
