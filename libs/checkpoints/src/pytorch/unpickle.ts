/**
 * A reader of Python's pickles that builds data and runs nothing: names of classes and functions stay names, and what would call one
 * becomes a {@link Call}. So a hostile file can at most be refused.
 * Format: CPython's Lib/pickletools.py (protocols 2 to 5; the operations that pickles of weights use).
 */

/** `module.name` of a class or function; it is never looked up. */
export class Global {
  constructor(readonly name: string) {}
}

/** What a pickle would have made by calling `callee`; `state` is what it would have set on the result. */
export class Call {
  state: Pickled | undefined;
  /** items that a list- or dict-like result would have got */
  readonly entries = new Map<Pickled, Pickled>();
  constructor(
    readonly callee: Pickled,
    readonly args: Pickled,
  ) {}
}

/** A reference to something outside of the pickle; for PyTorch `('storage', type, key, location, elements)`. */
export class Persistent {
  constructor(readonly id: Pickled) {}
}

/** Tuples and lists are arrays, dicts are Maps, integers beyond 2^53 bigints. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Pickled[]
  | Map<Pickled, Pickled>
  | Set<Pickled>
  | Global
  | Call
  | Persistent;

/** @throws RangeError or Error for bytes that aren't such a pickle; the caller knows the file and says so */
export function unpickle(bytes: Uint8Array): Pickled {
  return new Unpickler(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).load();
}

class Unpickler {
  private at = 0;
  private stack: Pickled[] = [];
  private readonly marks: Pickled[][] = [];
  private readonly memo = new Map<number, Pickled>();

  constructor(private readonly bytes: Buffer) {}

  load(): Pickled {
    for (;;) {
      const opcode = this.uint(1);
      if (opcode === 0x2e /* . STOP */) return this.pop();
      const operation = OPERATIONS[opcode];
      if (!operation) throw new Error(`unknown operation 0x${opcode.toString(16)} at byte ${this.at - 1}`);
      operation(this);
    }
  }

  push(value: Pickled): void {
    this.stack.push(value);
  }

  pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined) throw new Error(`nothing on the stack at byte ${this.at}`);
    return value;
  }

  top(): Pickled {
    const value = this.stack.at(-1);
    if (value === undefined) throw new Error(`nothing on the stack at byte ${this.at}`);
    return value;
  }

  mark(): void {
    this.marks.push(this.stack);
    this.stack = [];
  }

  popMark(): Pickled[] {
    const items = this.stack;
    const before = this.marks.pop();
    if (!before) throw new Error(`no mark at byte ${this.at}`);
    this.stack = before;
    return items;
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new Error(`nothing remembered as ${index}`);
    this.push(value);
  }

  take(count: number): Buffer {
    if (count < 0 || this.at + count > this.bytes.length) throw new Error('the pickle is cut');
    return this.bytes.subarray(this.at, (this.at += count));
  }

  uint(width: number): number {
    return this.take(width).readUIntLE(0, width);
  }

  wide(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  text(count: number): string {
    return this.take(count).toString('utf8');
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new Error('the pickle is cut');
    const line = this.text(end - this.at);
    this.at++;
    return line;
  }

  /** Two's complement, least byte first. */
  long(count: number): number | bigint {
    const hex = Buffer.from(this.take(count)).reverse().toString('hex');
    const value = count === 0 ? 0n : BigInt.asIntN(8 * count, BigInt(`0x${hex}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  append(items: Pickled[]): void {
    const target = this.top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(item);
    else if (target instanceof Call) for (const item of items) target.entries.set(target.entries.size, item);
    else throw new Error(`items for something that isn't a list at byte ${this.at}`);
  }

  setItems(items: Pickled[]): void {
    const target = this.top();
    const entries = target instanceof Call ? target.entries : target;
    if (!(entries instanceof Map) || items.length % 2)
      throw new Error(`entries for something that isn't a dict at byte ${this.at}`);
    for (let i = 0; i < items.length; i += 2) entries.set(items[i], items[i + 1]);
  }

  /** `__setstate__`: kept where something was called, of no meaning to a dict (PyTorch's version numbers of modules). */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof Call) target.state = state;
  }

  call(): void {
    const args = this.pop();
    const callee = this.pop();
    this.push(
      callee instanceof Global && callee.name === 'collections.OrderedDict' ? new Map() : new Call(callee, args),
    );
  }
}

const tuple = (count: number) => (p: Unpickler) => p.push(Array.from({ length: count }, () => p.pop()).reverse());
const pairOf = (p: Unpickler) => {
  const value = p.pop();
  return [p.pop(), value];
};

const OPERATIONS: Readonly<Record<number, (p: Unpickler) => void>> = {
  0x80: (p) => void p.uint(1), // PROTO
  0x95: (p) => void p.wide(), // FRAME
  0x28: (p) => p.mark(), // ( MARK
  0x30: (p) => void p.pop(), // 0 POP
  0x31: (p) => void p.popMark(), // 1 POP_MARK
  0x32: (p) => p.push(p.top()), // 2 DUP
  0x4e: (p) => p.push(null), // N NONE
  0x88: (p) => p.push(true), // NEWTRUE
  0x89: (p) => p.push(false), // NEWFALSE
  0x4b: (p) => p.push(p.uint(1)), // K BININT1
  0x4d: (p) => p.push(p.uint(2)), // M BININT2
  0x4a: (p) => p.push(p.take(4).readInt32LE()), // J BININT
  0x8a: (p) => p.push(p.long(p.uint(1))), // LONG1
  0x8b: (p) => p.push(p.long(p.uint(4))), // LONG4
  0x47: (p) => p.push(p.take(8).readDoubleBE()), // G BINFLOAT
  0x58: (p) => p.push(p.text(p.uint(4))), // X BINUNICODE
  0x8c: (p) => p.push(p.text(p.uint(1))), // SHORT_BINUNICODE
  0x8d: (p) => p.push(p.text(p.wide())), // BINUNICODE8
  0x55: (p) => p.push(p.take(p.uint(1)).toString('latin1')), // U SHORT_BINSTRING
  0x54: (p) => p.push(p.take(p.uint(4)).toString('latin1')), // T BINSTRING
  0x43: (p) => p.push(new Uint8Array(p.take(p.uint(1)))), // C SHORT_BINBYTES
  0x42: (p) => p.push(new Uint8Array(p.take(p.uint(4)))), // B BINBYTES
  0x8e: (p) => p.push(new Uint8Array(p.take(p.wide()))), // BINBYTES8
  0x29: (p) => p.push([]), // ) EMPTY_TUPLE
  0x85: tuple(1),
  0x86: tuple(2),
  0x87: tuple(3),
  0x74: (p) => p.push(p.popMark()), // t TUPLE
  0x5d: (p) => p.push([]), // ] EMPTY_LIST
  0x6c: (p) => p.push(p.popMark()), // l LIST
  0x7d: (p) => p.push(new Map()), // } EMPTY_DICT
  0x8f: (p) => p.push(new Set()), // EMPTY_SET
  0x61: (p) => p.append([p.pop()]), // a APPEND
  0x65: (p) => p.append(p.popMark()), // e APPENDS
  0x90: (p) => p.append(p.popMark()), // ADDITEMS
  0x73: (p) => p.setItems(pairOf(p)), // s SETITEM
  0x75: (p) => p.setItems(p.popMark()), // u SETITEMS
  0x71: (p) => p.remember(p.uint(1)), // q BINPUT
  0x72: (p) => p.remember(p.uint(4)), // r LONG_BINPUT
  0x94: (p) => p.rememberNext(), // MEMOIZE
  0x68: (p) => p.recall(p.uint(1)), // h BINGET
  0x6a: (p) => p.recall(p.uint(4)), // j LONG_BINGET
  0x63: (p) => p.push(new Global(`${p.line()}.${p.line()}`)), // c GLOBAL
  0x93: (p) => p.push(new Global(pairOf(p).join('.'))), // STACK_GLOBAL
  0x51: (p) => p.push(new Persistent(p.pop())), // Q BINPERSID
  0x52: (p) => p.call(), // R REDUCE
  0x81: (p) => p.call(), // NEWOBJ
  0x62: (p) => p.build(), // b BUILD
};
