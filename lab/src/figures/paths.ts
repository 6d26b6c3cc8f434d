/** The paths: alpha, std, log-SNR, f and g of every path and of the reader's own, and the two
 *  velocities of the linear path. */
import type { Cleanup, View } from "../anywidget";
import { PathsFigure, RULES } from "../paths/figure";
import style from "../paths/paths.css";
import formula from "../view/formula.css";
import { mount } from "../view/mount";

function render(view: View): Cleanup {
  const about = { name: "paths", label: "the paths", style: formula + style, rules: RULES };
  return mount(view, about, (root, link) => new PathsFigure(view.model, root, link));
}

export default { render };
