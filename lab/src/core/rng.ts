/** xoshiro128** (Blackman and Vigna), seeded through splitmix32, with Box-Muller normals.
 *  The same seed gives the same run in every browser and in the Python fixture. */
export class Rng {
  /** Integers of a typed array stay integers; a field of 32 bits would be a number on the heap. */
  readonly #words = new Int32Array(4);
  #spare = NaN;

  constructor(seed: number) {
    let s = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      s = (s + 0x9e3779b9) | 0;
      let z = s ^ (s >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      this.#words[i] = z ^ (z >>> 15);
    }
  }

  /** The next 32 bits, as a signed integer. */
  int(): number {
    const w = this.#words;
    const b = w[1];
    const r = Math.imul(b, 5);
    const out = Math.imul((r << 7) | (r >>> 25), 9);
    const c = w[2] ^ w[0];
    const d = w[3] ^ b;
    w[1] = b ^ c;
    w[0] ^= d;
    w[2] = c ^ (b << 9);
    w[3] = (d << 11) | (d >>> 21);
    return out;
  }

  /** The next 32 bits, as an unsigned integer. */
  bits(): number {
    return this.int() >>> 0;
  }

  /** Uniform on the open interval (0, 1): the half keeps log(0) away. */
  uniform(): number {
    return (this.bits() + 0.5) / 4294967296;
  }

  normal(): number {
    const kept = this.#spare;
    if (kept === kept) {
      this.#spare = NaN;
      return kept;
    }
    const r = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = r * Math.sin(angle);
    return r * Math.cos(angle);
  }
}
