/** The plane: densities in two dimensions, particles that carry them with any noise and any
 *  swirl, arrows, and the likelihood of a point by the flow that carries it to noise. */
import type { Cleanup, View } from "../anywidget";
import { PlaneFigure } from "../plane/figure";
import style from "../plane/plane.css";
import { RULES, vet } from "../plane/settings";
import { mount } from "../view/mount";

function render(view: View): Cleanup {
  const about = { name: "plane", label: "densities in the plane", style, rules: RULES, vet };
  return mount(view, about, (root, link) => new PlaneFigure(view.model, root, link));
}

export default { render };
