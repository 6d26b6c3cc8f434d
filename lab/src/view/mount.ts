/** What all figures have in common: a holder with a name and a style, a share link, traits that are
 *  listened to, the page's looks that are watched; and that nothing of it is left afterwards. */
import type { Cleanup, View } from "../anywidget";
import { watchAppearance } from "./appearance";
import { element } from "./controls";
import { Link, type Rules, type Vet } from "./link";
import base from "./style.css";

export interface About {
  name: string;
  label: string;
  /** What it needs beside the style of all figures. */
  style: string;
  /** What a share link may set. */
  rules: Rules;
  vet?: Vet;
}

export interface Live {
  /** What to call when a trait changes. */
  readonly listeners: Readonly<Record<string, () => void>>;
  onAppearance(): void;
  destroy(): void;
}

/** Traits that have one listener. */
export function all(names: readonly string[], listener: () => void): Record<string, () => void> {
  return Object.fromEntries(names.map((name) => [name, listener]));
}

export function mount(
  { model, el }: View,
  { name, label, style, rules, vet }: About,
  start: (root: HTMLElement, link: HTMLElement) => Live,
): Cleanup {
  const root = element("div", `dl-figure dl-${name}`);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", `Live figure: ${label}`);
  // Inside: a host may keep its outputs in a shadow tree, which the page's own sheets do not reach.
  root.append(element("style", "", base + style));
  el.append(root);
  const link = new Link(root, model, name, rules, vet);
  const live = start(root, link.row);
  const events = Object.entries(live.listeners).map(([trait, listener]) => [`change:${trait}`, listener] as const);
  for (const event of events) model.on(...event);
  const unwatch = watchAppearance(root, live.onAppearance);
  return () => {
    unwatch();
    for (const event of events) model.off(...event);
    link.destroy();
    live.destroy();
    root.remove();
  };
}
