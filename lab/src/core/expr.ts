/** Formulas that a reader types, such as f = -5x + sin(2πt): checked, then run over whole arrays.
 *
 *  A formula is a list of steps over a small table of operators and functions. There is no property,
 *  no assignment, no loop and no name from outside the table, so nothing typed here can reach the
 *  page; length, depth and therefore work are bounded. The same grammar, in Python, is
 *  `diffusion_lab/formula/formula.py`; both read `test/formulas.json`.
 *
 *    choice  = test ["?" choice ":" choice]          a ? b : c, b where a is not 0
 *    test    = sum [("<" | ">" | "<=" | ">=") sum]   1 or 0
 *    sum     = product {("+" | "-") product}
 *    product = signed {["*" | "/"] signed}           2x, 2(x+1), x sin(t): "*" may be left out
 *    signed  = ("-" | "+") power | power             -x^2 = -(x^2)
 *    power   = atom ["^" signed]                     2^3^2 = 2^(3^2); x² = x^2
 *    atom    = number | name | name "(" choice {"," choice} ")" | "(" choice ")"
 *
 *  So 1/2x is (1/2) x, and x(t+1) is a product where x is a variable. */
import { parse, type Step } from "./parse";

export { FormulaError } from "./mistake";

export type Inputs = Record<string, Float64Array | number>;

export const EMPTY = new Float64Array(1);

export class Formula {
  /** Operands on the stack, their masks (-1 array, 0 number), and a buffer for each height. */
  readonly #stack: Float64Array[] = [];
  readonly #masks: number[] = [];
  readonly #buffers: Float64Array[] = [];
  readonly #cells: Float64Array[];
  readonly #one = new Float64Array(1);

  constructor(
    readonly source: string,
    readonly variables: readonly string[],
    readonly steps: readonly Step[] = parse(source, variables),
  ) {
    this.#cells = variables.map(() => new Float64Array(1));
  }

  /** Does the value depend on this variable? */
  uses(variable: string): boolean {
    return this.steps.some((step) => step.arity === 0 && this.variables[step.slot] === variable);
  }

  /** The values for arrays as long as `out`, or longer, and numbers. It allocates only while arrays
   *  grow, so the caller may keep one `inputs` and change it. */
  fill(out: Float64Array, inputs: Inputs): void {
    const n = out.length;
    const stack = this.#stack;
    const masks = this.#masks;
    let top = 0;
    for (const { arity, kernel, cell, slot } of this.steps) {
      top -= arity;
      if (kernel) {
        const mask = masks[top] | (arity > 1 ? masks[top + 1] : 0) | (arity > 2 ? masks[top + 2] : 0);
        const b = arity > 1 ? stack[top + 1] : EMPTY;
        const c = arity > 2 ? stack[top + 2] : EMPTY;
        const buffer = this.#buffer(top, n);
        kernel(buffer, mask ? n : 1, stack[top], masks[top], b, masks[top + 1], c, masks[top + 2]);
        stack[top] = buffer;
        masks[top] = mask;
      } else {
        const value = slot < 0 ? cell : inputs[this.variables[slot]];
        if (typeof value === "number") (stack[top] = this.#cells[slot])[0] = value;
        else stack[top] = value;
        masks[top] = typeof value === "number" ? 0 : maskOf(value, slot);
      }
      top++;
    }
    const [result] = stack;
    if (masks[0]) for (let i = 0; i < n; i++) out[i] = result[i];
    else out.fill(result[0]);
  }

  /** The value for numbers. */
  at(inputs: Record<string, number>): number {
    this.fill(this.#one, inputs);
    return this.#one[0];
  }

  #buffer(height: number, n: number): Float64Array {
    const kept = this.#buffers[height];
    return kept?.length >= n ? kept : (this.#buffers[height] = new Float64Array(n));
  }
}

/** A number that a formula holds is an array of length 1. */
export const maskOf = (value: Float64Array, slot: number): number => (slot < 0 && value.length === 1 ? 0 : -1);

/** Check a formula of these variables. Throws FormulaError. */
export function compile(source: string, variables: readonly string[]): Formula {
  return new Formula(source, variables);
}
