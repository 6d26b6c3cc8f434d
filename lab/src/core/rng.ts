/** xoshiro128** (Blackman and Vigna), seeded through splitmix32, with Box-Muller normals.
 *  The same seed gives the same run in every browser and in the Python fixture. */
export class Rng {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private spare = NaN;

  constructor(seed: number) {
    let s = seed >>> 0;
    const next = (): number => {
      s = (s + 0x9e3779b9) | 0;
      let z = s ^ (s >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next();
  }

  /** The next 32 bits, as an unsigned integer. */
  bits(): number {
    const r = Math.imul(this.b, 5);
    const out = Math.imul((r << 7) | (r >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return out >>> 0;
  }

  /** Uniform on the open interval (0, 1): the half keeps log(0) away. */
  uniform(): number {
    return (this.bits() + 0.5) / 4294967296;
  }

  normal(): number {
    const kept = this.spare;
    if (kept === kept) {
      this.spare = NaN;
      return kept;
    }
    const r = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = r * Math.sin(angle);
    return r * Math.cos(angle);
  }
}
