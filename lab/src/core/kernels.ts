/** What formulas are made of: operators, functions and constants, each run over whole arrays. */

/** out[i] = op(a[i], b[i], c[i]), where an operand with mask 0 is one number: its place 0 is read for
 *  every i. The loops run down, so that an operand may share the buffer of the result. */
export type Kernel = (
  out: Float64Array, n: number,
  a: Float64Array, maskA: number,
  b: Float64Array, maskB: number,
  c: Float64Array, maskC: number,
) => void;

type Unary = (a: number) => number;
type Binary = (a: number, b: number) => number;

/** A table without a prototype: `constructor` and `__proto__` are no names in it. */
function table<T>(entries: Record<string, T>): Record<string, T> {
  return Object.assign(Object.create(null), entries);
}

const one = (f: Unary): Kernel => (o, n, a, p) => {
  for (let i = n; i-- > 0; ) o[i] = f(a[i & p]);
};
const two = (f: Binary): Kernel => (o, n, a, p, b, q) => {
  for (let i = n; i-- > 0; ) o[i] = f(a[i & p], b[i & q]);
};

/** Squares and cubes by multiplication, some ten times as fast as Math.pow. */
const power: Kernel = (o, n, a, p, b, q) => {
  const e = q === 0 ? b[0] : 0;
  if (e === 2) for (let i = n; i-- > 0; ) o[i] = a[i & p] * a[i & p];
  else if (e === 3) for (let i = n; i-- > 0; ) o[i] = a[i & p] * a[i & p] * a[i & p];
  else for (let i = n; i-- > 0; ) o[i] = a[i & p] ** b[i & q];
};

export const negate = one((a) => -a);
export const choose: Kernel = (o, n, a, p, b, q, c, r) => {
  for (let i = n; i-- > 0; ) o[i] = a[i & p] !== 0 ? b[i & q] : c[i & r];
};

export const OPERATORS = table<Kernel>({
  "+": (o, n, a, p, b, q) => { for (let i = n; i-- > 0; ) o[i] = a[i & p] + b[i & q]; },
  "-": (o, n, a, p, b, q) => { for (let i = n; i-- > 0; ) o[i] = a[i & p] - b[i & q]; },
  "*": (o, n, a, p, b, q) => { for (let i = n; i-- > 0; ) o[i] = a[i & p] * b[i & q]; },
  "/": (o, n, a, p, b, q) => { for (let i = n; i-- > 0; ) o[i] = a[i & p] / b[i & q]; },
  "^": power,
  "<": two((a, b) => +(a < b)),
  ">": two((a, b) => +(a > b)),
  "<=": two((a, b) => +(a <= b)),
  ">=": two((a, b) => +(a >= b)),
});

const { sin, cos, tan, atan, sinh, cosh, tanh, exp, log, sqrt, abs, sign, floor, min, max } = Math;
const UNARY = { sin, cos, tan, atan, sinh, cosh, tanh, exp, log, ln: log, sqrt, abs, sign, floor };

/** Of each function the number of its operands. step(x) is 1 from 0 on, and 0 before. */
export const FUNCTIONS = table<readonly [arity: number, kernel: Kernel]>({
  ...Object.fromEntries(Object.entries(UNARY).map(([name, f]) => [name, [1, one(f)]])),
  step: [1, one((a) => +(a >= 0))],
  min: [2, two((a, b) => min(a, b))],
  max: [2, two((a, b) => max(a, b))],
  pow: [2, power],
});

export const CONSTANTS = table({ pi: Math.PI, "π": Math.PI, e: Math.E });
