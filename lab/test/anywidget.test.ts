// @vitest-environment happy-dom
// The bundles are written to the standard of anywidget (anywidget.dev/en/afm), so that any host of it
// runs them: JupyterLab, VS Code, Colab, marimo. Here a host that has this standard and nothing more.
import { beforeAll, describe, expect, test } from "vitest";
import defaults from "./defaults.json";
import { furnish, Host, load, type Module, SOURCES, type State } from "./support/host";

/** For each figure a trait that Python may set, and the words or values that then stand in it. */
const ANSWERS: Record<string, [trait: string, value: unknown, shows: string]> = {
  sigma: ["g", "1 + t/7", "1 + t/7"],
  plane: ["data", "moons", "moons"],
  race: ["target", "two moons", "two moons"],
  paths: ["alpha", "1 - t^3", "1 - t^3"],
};
const frames = (count: number): Promise<unknown> => new Promise((done) => setTimeout(done, 20 * count));
const stateOf = (name: string): State => structuredClone(defaults[name as keyof typeof defaults]);

beforeAll(furnish);

describe.each(Object.keys(ANSWERS))("%s", (name) => {
  const source = SOURCES[name];
  let figure: Module;
  beforeAll(async () => {
    figure = await load(source);
  });

  test("is one module that loads nothing and makes no code", () => {
    expect(source).toMatch(/export\s*\{[^}]*as default\s*\}/);
    for (const alien of [/\brequire\s*\(/, /\bimport\b/, /https?:/, /\beval\b/, /new Function/, /\bfetch\b/])
      expect(source).not.toMatch(alien);
    expect(Object.keys(figure)).toEqual(["render"]);
  });

  test("keeps to its element, listens, answers, saves, and leaves nothing", async () => {
    const host = new Host(stateOf(name));
    const el = document.body.appendChild(document.createElement("div"));
    const outside = (): string => document.documentElement.outerHTML.replace(el.innerHTML, "");
    const before = document.documentElement.outerHTML;
    const cleanup = await host.render(figure, el);
    await frames(5);
    expect(el.querySelector("[role=group] canvas")).not.toBeNull();
    expect(outside()).toBe(before);
    expect(cleanup).toBeTypeOf("function");
    // _esm: where the race's worker gets its script. A host that keeps it has the race on the page.
    const known = new Set([...Object.keys(stateOf(name)), ...(name === "race" ? ["_esm"] : [])]);
    expect([...host.asked].filter((trait) => !known.has(trait))).toEqual([]);

    const [trait, value, shows] = ANSWERS[name];
    host.change(trait, value);
    await frames(5);
    const fields = [...el.querySelectorAll<HTMLInputElement>("input, select")].map((field) => field.value);
    expect(fields).toContain(shows);

    el.querySelectorAll<HTMLButtonElement>("button").forEach((button) => {
      if (/^New/.test(button.textContent!)) button.click();
    });
    expect([...host.saved]).toEqual(["seed"]);
    expect(host.unsaved.size).toBe(0);

    (cleanup as () => void)();
    expect(el.childNodes.length).toBe(0);
    expect(host.listening).toBe(0);
    host.asked.clear();
    await frames(10);
    expect(host.asked.size).toBe(0);
    el.remove();
    expect(document.documentElement.outerHTML.includes("dl-figure")).toBe(false);
  });

  test("runs in an element that is not on the page yet, and twice on one model", async () => {
    const host = new Host(stateOf(name));
    const holders = [0, 1].map(() => document.createElement("div"));
    const cleanups = await Promise.all(holders.map((el) => host.render(figure, el)));
    await frames(2);
    for (const el of holders) expect(el.textContent).not.toContain("cannot be drawn");
    (cleanups[0] as () => void)();
    expect(holders[0].childNodes.length).toBe(0);
    expect(host.listening).toBeGreaterThan(0);
    (cleanups[1] as () => void)();
    expect(host.listening).toBe(0);
  });
});
