/** Share links: a figure's settings in the fragment of the page's address, as
 *  #sigma.0.f=-x&sigma.0.seed=3&plane.1.t=0.5 (figure, its number on the page, setting), so that one
 *  address carries several figures. A link is data from a stranger: only settings that have a rule
 *  are read, and a rule refuses what is out of bounds. */
import type { Cleanup, Model } from "../anywidget";
import { button, element } from "./controls";

const LONGEST_LINK = 8000;
const LONGEST_VALUE = 1000;

type Values = Record<string, string>;

export function readLink(figure: string, index: number): Values {
  // A null prototype: no setting is called "constructor" by accident.
  const found: Values = Object.create(null);
  const hash = location.hash.slice(1);
  if (hash.length > LONGEST_LINK) return found;
  const prefix = `${figure}.${index}.`;
  for (const [key, value] of new URLSearchParams(hash.replace(/\+/g, "%2B")))
    if (key.startsWith(prefix) && value.length <= LONGEST_VALUE) found[key.slice(prefix.length)] = value;
  return found;
}

/** The address of this page with these settings; what it says of other figures stays. */
export function linkFor(figure: string, index: number, settings: Values): string {
  const prefix = `${figure}.${index}.`;
  const others = location.hash.slice(1).split("&");
  const kept = others.filter((pair) => pair.includes("=") && !pair.startsWith(prefix));
  const mine = Object.entries(settings).map(
    // A comma and a semicolon need no escape in a fragment: a list stays readable.
    ([name, value]) => `${prefix}${name}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3B/g, ";")}`,
  );
  return `${location.href.split("#")[0]}#${[...kept, ...mine].join("&")}`;
}

/** Turns text into a value, or undefined where the text is not acceptable. */
export type Rule = (text: string) => unknown;
export type Rules = Readonly<Record<string, Rule>>;

export const real = (low: number, high: number): Rule => (text) => {
  const value = text.trim() === "" ? NaN : Number(text);
  return value >= low && value <= high ? value : undefined;
};
export const whole = (low: number, high: number): Rule => (text) => {
  const value = real(low, high)(text);
  return Number.isInteger(value) ? value : undefined;
};
export const flag: Rule = (text) => (text === "1" ? true : text === "0" ? false : undefined);
export const choice = (...names: readonly string[]): Rule => (text) => (names.includes(text) ? text : undefined);
/** Text that a check lets pass: one that throws refuses it. */
export const passing = (check: (text: string) => unknown): Rule => (text) => {
  try {
    check(text);
    return text;
  } catch {
    return undefined;
  }
};
/** A list of least to most numbers with commas between. */
export const reals = (low: number, high: number, least: number, most: number): Rule => (text) => {
  const values = text === "" ? [] : text.split(",").slice(0, most + 1).map(real(low, high));
  return values.length < least || values.length > most || values.includes(undefined) ? undefined : values;
};

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.map(asText).join(value.some(Array.isArray) ? ";" : ",");
  if (typeof value === "number") return `${Number(value.toPrecision(6))}`;
  return typeof value === "boolean" ? `${Number(value)}` : `${value}`;
}

/** Names of values that do not go together; it may also round them. */
export type Vet = (values: Record<string, unknown>) => string[];

/** Writes what the address says into the model, and returns what it refused. */
function take(model: Model, figure: string, index: number, rules: Rules, vet: Vet): string {
  const refused: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(readLink(figure, index))) {
    const value = Object.hasOwn(rules, name) ? rules[name](text) : undefined;
    if (value === undefined) refused.push(name.slice(0, 20));
    else values[name] = value;
  }
  for (const name of vet(values)) {
    refused.push(name);
    delete values[name];
  }
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  if (!refused.length) return "";
  return `The link's ${refused.slice(0, 5).join(", ")} cannot be used; the figure keeps its own.`;
}

/** A "Copy link" control and, on a page of the book, the settings of a link that leads here.
 *  Jupyter's address belongs to Jupyter: there the control is hidden and no link is read. */
export class Link {
  readonly row = element("div", "dl-link");
  readonly #said = element("span", "dl-said");
  readonly #follow: () => void;

  constructor(root: HTMLElement, model: Model, figure: string, rules: Rules, vet: Vet = () => []) {
    root.dataset.figure = figure;
    // Where the figure was rendered: the page, or a shadow tree of the host's.
    const same = [...(root.getRootNode() as ParentNode).querySelectorAll(`[data-figure="${figure}"]`)];
    const index = Math.max(0, same.indexOf(root));
    this.#said.setAttribute("role", "status");
    this.row.hidden = !root.closest(".anywidget-static");
    this.#follow = () => {
      this.#said.textContent = take(model, figure, index, rules, vet);
    };
    const copy = button("Copy link", "", async () => {
      const settings = Object.fromEntries(Object.keys(rules).map((name) => [name, asText(model.get(name))]));
      const address = linkFor(figure, index, settings);
      history.replaceState(history.state, "", address);
      try {
        await navigator.clipboard.writeText(address);
        this.#said.textContent = "Link copied.";
      } catch {
        // A page from a folder or without https may not use the clipboard.
        this.#said.textContent = "The link is in the address line.";
      }
    });
    this.row.append(copy, this.#said);
    if (this.row.hidden) return;
    this.#follow();
    addEventListener("hashchange", this.#follow);
    if (Object.keys(readLink(figure, index)).length) root.scrollIntoView({ block: "center" });
  }

  destroy: Cleanup = () => removeEventListener("hashchange", this.#follow);
}
