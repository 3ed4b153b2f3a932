/** 3x5 pixel letters: five octal digits each, a row a digit, from the top; the leftmost pixel is the 4. */
const glyphs: Record<string, string> = {
  a: '25755',
  b: '65656',
  c: '34443',
  d: '65556',
  e: '74647',
  f: '74644',
  g: '34553',
  h: '55755',
  i: '72227',
  j: '11152',
  k: '55655',
  l: '44447',
  m: '57755',
  n: '65555',
  o: '25552',
  p: '65644',
  q: '25531',
  r: '65655',
  s: '34216',
  t: '72222',
  u: '55557',
  v: '55552',
  w: '55775',
  x: '55255',
  y: '55222',
  z: '71247',
  '.': '00002',
};

/** An RGB image to put pictures and small text on. */
export class Canvas {
  /** uint8 `[height, width, 3]` */
  readonly data: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8Array(width * height * 3).fill(24);
  }

  private set(x: number, y: number, r: number, g: number, b: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const pixel = (Math.floor(y) * this.width + Math.floor(x)) * 3;
    this.data[pixel] = r;
    this.data[pixel + 1] = g;
    this.data[pixel + 2] = b;
  }

  /** Put a square picture, uint8 `[size, size, 3]`, enlarged `zoom` times, with its left top corner at (left, top). */
  paste(rgb: Uint8Array, size: number, left: number, top: number, zoom: number): void {
    for (let y = 0; y < size * zoom; y++) {
      for (let x = 0; x < size * zoom; x++) {
        const from = (Math.floor(y / zoom) * size + Math.floor(x / zoom)) * 3;
        this.set(left + x, top + y, rgb[from], rgb[from + 1], rgb[from + 2]);
      }
    }
  }

  /** Text in letters of 6x10 pixels; what isn't a letter or a full stop stays blank. */
  write(text: string, left: number, top: number): void {
    [...text.toLowerCase()].forEach((letter, index) => {
      const rows = glyphs[letter] ?? '00000';
      for (let y = 0; y < 10; y++) {
        for (let x = 0; x < 6; x++) {
          if (Number(rows[y >> 1]) & (4 >> (x >> 1))) this.set(left + index * 8 + x, top + y, 235, 235, 235);
        }
      }
    });
  }

  /** The outline of a box, `[left, top, right, bottom]`, in a colour. */
  outline(
    [left, top, right, bottom]: readonly [number, number, number, number],
    [r, g, b]: readonly [number, number, number],
  ): void {
    for (let x = left; x < right; x++) for (const y of [top, bottom - 1]) this.set(x, y, r, g, b);
    for (let y = top; y < bottom; y++) for (const x of [left, right - 1]) this.set(x, y, r, g, b);
  }

  /** A red cross with arms of `radius` pixels. */
  cross(x: number, y: number, radius: number): void {
    for (let d = -radius; d <= radius; d++) {
      for (const w of [0, 1]) {
        this.set(x + d, y + w, 255, 30, 30);
        this.set(x + w, y + d, 255, 30, 30);
      }
    }
  }
}
