import { expect, test } from "vitest";
import { Mixture } from "./support/mixture";
import { vp } from "../src/core/path";
import { Rng } from "../src/core/rng";
import fixture from "./fixture.json";

const path = vp(fixture.beta[0], fixture.beta[1]);
const target = new Mixture(fixture.weights, fixture.means, fixture.stds);

/** |a - b| relative to the size of b. Two libraries' exp and log differ by some units in the last
 *  place (2e-16), and a density far in a tail turns that into 450 * 2e-16: 1e-12 leaves room. */
function expectClose(a: number, b: number, tolerance = 1e-12): void {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b)));
}

test("the generator gives Python's bits and normals", () => {
  const bits = new Rng(fixture.seed);
  for (const b of fixture.bits) expect(bits.bits()).toBe(b);
  const normals = new Rng(fixture.seed);
  for (const z of fixture.normals) expectClose(normals.normal(), z);
});

test.each(fixture.laws)("path, density and score equal Python's at t = $t", (law) => {
  expectClose(path.alpha(law.t), law.alpha);
  const std = Math.sqrt(path.variance(law.t));
  expectClose(std, law.std);
  const noised = target.noised(path.alpha(law.t), std);
  fixture.points.forEach((x, i) => {
    expectClose(noised.score(x), law.score[i]);
    expectClose(noised.density(x), Math.exp(law.logDensity[i]));
  });
});
