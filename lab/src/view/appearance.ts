/** A call whenever width or theme change. */
import type { Cleanup } from "../anywidget";

export function watchAppearance(el: HTMLElement, onChange: () => void): Cleanup {
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
