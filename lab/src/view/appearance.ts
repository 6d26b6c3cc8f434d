/** The book's style sheet for figures, and a call whenever width, theme or screen change. */
import type { Cleanup } from "../anywidget";
import style from "./style.css";

/** Adds a style sheet to the page once. */
export function addStyle(id: string, text: string): void {
  if (document.getElementById(id)) return;
  document.head.append(Object.assign(document.createElement("style"), { id, textContent: text }));
}

export function watchAppearance(el: HTMLElement, onChange: () => void): Cleanup {
  addStyle("dl-figure-style", style);
  // Height changes by itself when a line of text wraps: only the width matters.
  let width = el.clientWidth;
  const size = new ResizeObserver(() => {
    if (el.clientWidth === width) return;
    width = el.clientWidth;
    onChange();
  });
  size.observe(el);
  const theme = new MutationObserver(onChange);
  // The book marks the theme on <html>, JupyterLab on <body>.
  const attributeFilter = ["data-theme", "data-jp-theme-name"];
  for (const target of [document.documentElement, document.body])
    theme.observe(target, { attributes: true, attributeFilter });
  return () => {
    size.disconnect();
    theme.disconnect();
  };
}
