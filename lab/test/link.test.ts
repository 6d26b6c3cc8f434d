import { expect, test, vi } from "vitest";
import { rules, vet } from "../src/sigma/settings";
import { choice, flag, linkFor, readLink, real, reals, whole } from "../src/view/link";

function at(hash: string): void {
  vi.stubGlobal("location", { hash, href: `file:///book/page.html${hash}` });
}

test("settings survive the way through a link, beside those of another figure", () => {
  at("#plane.0.t=0.5");
  const settings = { f: "-x + 2*t^2 & 50%", list: "0.4,-1" };
  const address = linkFor("sigma", 1, settings);
  expect(address.startsWith("file:///book/page.html#plane.0.t=0.5&")).toBe(true);
  at(address.slice(address.indexOf("#")));
  expect({ ...readLink("sigma", 1) }).toEqual(settings);
  expect({ ...readLink("plane", 0) }).toEqual({ t: "0.5" });
  expect(linkFor("sigma", 1, settings)).toBe(address);
});

test("an anchor of the page is not taken for settings, and a plus is not a space", () => {
  at("#what-could-go-wrong");
  expect(linkFor("sigma", 0, { t: "1" })).toBe("file:///book/page.html#sigma.0.t=1");
  at("#sigma.0.f=1+x");
  expect(readLink("sigma", 0).f).toBe("1+x");
});

test("what is too long is not read", () => {
  at(`#sigma.0.f=${"1".repeat(1001)}&sigma.0.g=2`);
  expect({ ...readLink("sigma", 0) }).toEqual({ g: "2" });
  at(`#sigma.0.g=2&x=${"1".repeat(8000)}`);
  expect({ ...readLink("sigma", 0) }).toEqual({});
});

test.each([
  [real(0, 1), ["0.5", " 1 "], ["", "-0.1", "1e9", "NaN", "Infinity", "0,5", "constructor"]],
  [whole(10, 500), ["10", "500"], ["10.5", "9", "501", ""]],
  [flag, ["0", "1"], ["true", "", "2"]],
  [choice("up", "down"), ["up"], ["", "UP", "toString", "__proto__"]],
  [reals(0, 1, 1, 3), ["0.5", "0,1,0"], ["", "1,2", "0,0,0,0", "1,,1", "x"]],
  [rules.sigma, ["2*g + t", "max(0, t)"], ["x", "sni(t)", "constructor", "t[0]", "(".repeat(900)]],
  [rules.drawn, ["", Array(61).fill("0.5").join()], ["1,1", Array(61).fill("2").join()]],
])("%o takes what is in bounds and refuses the rest", (rule, good, bad) => {
  for (const text of good) expect(rule(text), text).toBeDefined();
  for (const text of bad) expect(rule(text), text).toBeUndefined();
});

test("lists that make no mixture together are refused, and weights are brought to sum 1", () => {
  const values: Record<string, unknown> = { weights: [0.333333, 0.666667], means: [0, 1], stds: [1, 1] };
  expect(vet(values)).toEqual([]);
  expect((values.weights as number[])[0] + (values.weights as number[])[1]).toBeCloseTo(1, 15);
  expect(vet({ weights: [0.5, 0.5], means: [0], stds: [1, 1] })).toEqual(["weights", "means", "stds"]);
  expect(vet({ means: [0] })).toEqual(["weights", "means", "stds"]);
  expect(vet({ weights: [0.5, 0.9], means: [0, 1], stds: [1, 1] })).toEqual(["weights", "means", "stds"]);
  expect(vet({ drawn: [0, 0] })).toEqual(["drawn"]);
  expect(vet({})).toEqual([]);
});
