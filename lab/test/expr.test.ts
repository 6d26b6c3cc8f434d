import { expect, test } from "vitest";
import { compile, FormulaError } from "../src/core/expr";
import { given } from "../src/core/given";
import { Rng } from "../src/core/rng";
import shared from "./formulas.json";

const points = shared.points as [number, number][];
const x = Float64Array.from(points, ([x]) => x);
const t = Float64Array.from(points, ([, t]) => t);

function mistake(source: string): FormulaError | undefined {
  try {
    compile(source, shared.variables);
  } catch (error) {
    // Anything else that is thrown is a fault of the compiler.
    if (error instanceof FormulaError) return error;
    throw new Error(`${JSON.stringify(source)} threw ${error}`);
  }
}

test.each(shared.accepted)("$source has the values that Python's own arithmetic gives", ({ source, values }) => {
  const formula = compile(source, shared.variables);
  const out = new Float64Array(x.length);
  formula.fill(out, { x, t });
  values.forEach((value, i) => {
    const alone = formula.at({ x: x[i], t: t[i] });
    if (value === null) expect([Number.isFinite(out[i]), Number.isFinite(alone)]).toEqual([false, false]);
    // Some tens of roundings, and exp and sin by other libraries than Python's.
    else for (const v of [out[i], alone]) expect(Math.abs(v - value)).toBeLessThanOrEqual(1e-13 * Math.abs(value) + 1e-15);
  });
});

test("numbers and arrays mix: an operand that is one number serves every place", () => {
  const formula = compile("x > 0 ? t x^t : min(t, x - t) + max(2, t)", ["x", "t"]);
  const out = new Float64Array(x.length);
  const mixed: [Float64Array | number, Float64Array | number][] = [[x, 0.3], [0.7, t], [0.7, 0.3]];
  for (const [a, b] of mixed) {
    formula.fill(out, { x: a, t: b });
    const wanted = Array.from(x, (_, i) =>
      formula.at({ x: typeof a === "number" ? a : a[i], t: typeof b === "number" ? b : b[i] }),
    );
    expect(Array.from(out)).toEqual(wanted);
  }
});

test.each(shared.accepted)("$source is the same with x given beforehand, and with t given", ({ source }) => {
  const formula = compile(source, shared.variables);
  const [whole, parts] = [new Float64Array(x.length), new Float64Array(x.length)];
  for (const inputs of [{ x, t: 0.3 }, { x: x[1], t }, { x, t }]) {
    formula.fill(whole, inputs);
    for (const name of ["x", "t"] as const) {
      const value = inputs[name];
      given(formula, name, typeof value === "number" ? Float64Array.of(value) : value).fill(parts, inputs);
      expect(parts).toEqual(whole);
    }
  }
});

test.each(shared.refused)("$source is refused at column $column", ({ source, column, suggestion }) => {
  const error = mistake(source);
  expect([error?.column, error?.suggestion]).toEqual([column, suggestion]);
});

test("a suggestion mends its formula", () => {
  for (const { source, suggestion, column } of shared.refused) {
    if (!suggestion) continue;
    const span = mistake(source)?.span as number;
    const mended = source.slice(0, column - 1) + suggestion + source.slice(column - 1 + span);
    expect(mistake(mended)?.column ?? Infinity).toBeGreaterThan(column);
  }
});

test("every fuzzed string is judged as Python judges it", () => {
  const judged = (shared.fuzzed as [string, number][]).map(([source]) => [source, mistake(source)?.column ?? 0]);
  expect(judged).toEqual(shared.fuzzed);
});

test("100 000 random and damaged strings: a formula or a FormulaError, and never long", () => {
  const rng = new Rng(5);
  const below = (n: number): number => rng.bits() % n;
  const known = shared.accepted.map(({ source }) => source);
  const pieces = [..."xt0123456789.+-*/^()<>,?:e²³π ", "sin(", "max(", "exp(", "foo", "1e9", "constructor", "__proto__", "\u2028"];
  const out = new Float64Array(64);
  const inputs = { x: new Float64Array(64).fill(0.3), t: 0.7 };
  let [accepted, slowest] = [0, 0];
  for (let k = 0; k < 100_000; k++) {
    let source = k % 2 ? known[below(known.length)] : "";
    for (let edits = 1 + below(source ? 3 : 12); edits > 0; edits--) {
      const at = below(source.length + 1);
      const piece = below(20) ? pieces[below(pieces.length)] : String.fromCharCode(below(65536));
      source = source.slice(0, at) + piece.repeat(below(40) ? 1 : below(300)) + source.slice(at + below(3));
    }
    const start = performance.now();
    if (!mistake(source)) {
      accepted++;
      compile(source, shared.variables).fill(out, inputs);
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect(accepted).toBeGreaterThan(5000);
  // Work is bounded by the 500 characters: some 0.1 ms. A second allows for a machine that stalls.
  expect(slowest).toBeLessThan(1000);
}, 60_000);

test("a buffer that was used for fewer values serves again", () => {
  const formula = compile("sin(x)^2 + cos(x)^2 - t", ["x", "t"]);
  const [first, second] = [new Float64Array(5), new Float64Array(5)];
  formula.fill(first, { x, t: 1 });
  formula.at({ x: 3, t: 0 });
  formula.fill(second, { x, t: 1 });
  expect(second).toEqual(first);
  // Five roundings of numbers up to 1.
  for (const v of first) expect(Math.abs(v)).toBeLessThan(1e-15);
});
