/** The sigma laboratory: one density p(x,t) of a typed SDE, a free noise scale sigma(t), and particles
 *  that carry the density whatever sigma is, as long as the score correction is there. */
import type { Cleanup, View } from "../anywidget";
import { Laboratory } from "../sigma/laboratory";
import { rules, vet } from "../sigma/settings";
import style from "../sigma/sigma.css";
import formula from "../view/formula.css";
import { mount } from "../view/mount";

function render(view: View): Cleanup {
  const about = { name: "sigma", label: "one density, many dynamics", style: formula + style, rules, vet };
  return mount(view, about, (root, link) => new Laboratory(view.model, root, link));
}

export default { render };
