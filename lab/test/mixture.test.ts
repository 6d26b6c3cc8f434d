import { expect, test } from "vitest";
import { Mixture } from "./support/mixture";
import { vp } from "../src/core/path";
import { Rng } from "../src/core/rng";

const target = new Mixture([0.4, 0.25, 0.35], [-1.8, 0, 2], [0.3, 0.25, 0.5]);
const path = vp(0.1, 20);

test("the score is the slope of log p", () => {
  const h = 1e-4;
  for (let x = -4; x <= 4; x += 0.37) {
    const slope = (Math.log(target.density(x + h)) - Math.log(target.density(x - h))) / (2 * h);
    // Central differences err by h^2/6 times the third derivative of log p (below 2000 for
    // stds of 0.25 and means 2 apart): 3e-6; rounding adds 1e-16 * 30 / h.
    expect(Math.abs(target.score(x) - slope)).toBeLessThan(1e-5);
  }
});

test("the score stays finite where every density underflows", () => {
  expect(target.density(100)).toBe(0);
  expect(target.score(100)).toBeCloseTo((2 - 100) / 0.25, 9);
});

test.each([0.01, 0.1, 0.4])("the law at t = %f is p0 scaled and convolved with the kernel", (t) => {
  const alpha = path.alpha(t);
  const std = Math.sqrt(path.variance(t));
  const law = target.noised(alpha, std);
  for (const x of [-2.2, -0.4, 0.9, 2.5]) {
    // The trapezoid rule is exact to rounding for smooth functions that vanish at both ends.
    const h = 0.002;
    let sum = 0;
    for (let y = -6; y <= 6; y += h) {
      const z = (x - alpha * y) / std;
      sum += (h * target.density(y) * Math.exp(-0.5 * z * z)) / (std * Math.sqrt(2 * Math.PI));
    }
    expect(Math.abs(law.density(x) - sum)).toBeLessThan(1e-12);
  }
});

test("samples have the mixture's mean and variance", () => {
  const n = 200_000;
  const rng = new Rng(3);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = target.sample(rng);
    sum += x;
    squares += x * x;
  }
  const mean = target.weights.reduce((s, w, i) => s + w * target.means[i], 0);
  const second = target.weights.reduce((s, w, i) => s + w * (target.means[i] ** 2 + target.stds[i] ** 2), 0);
  const std = Math.sqrt(second - mean ** 2);
  // Four standard errors; for the square, whose std is below twice the second moment, likewise.
  expect(Math.abs(sum / n - mean)).toBeLessThan((4 * std) / Math.sqrt(n));
  expect(Math.abs(squares / n - second)).toBeLessThan((8 * second) / Math.sqrt(n));
});

test("a mixture that makes no sense is refused with its numbers", () => {
  expect(() => new Mixture([1], [0, 1], [1])).toThrow(/got 1, 2 and 1/);
  expect(() => new Mixture([1], [0], [-2])).toThrow(/got -2/);
});
