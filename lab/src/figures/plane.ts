/** The plane: p(x, t) of two-dimensional densities, particles that carry it with any noise and any
 *  swirl, arrows, and the likelihood of a point by the flow that carries it to noise. */
import type { Cleanup, View } from "../anywidget";
import { PlaneFigure } from "../plane/figure";
import style from "../plane/plane.css";
import { RULES, vet } from "../plane/settings";
import { addStyle, watchAppearance } from "../view/appearance";
import { Link } from "../view/link";

/** Traits that change p(x, t), hence the map and the tables. */
const DENSITY = ["data", "means", "weights", "std", "path", "steps"];
/** Traits that change the particles only. */
const PARTICLES = ["sigma_scale", "swirl", "direction", "particles", "seed"];
const LOOKS = ["arrows", "path_lines", "point"];

function render({ model, el }: View): Cleanup {
  const root = document.createElement("div");
  root.className = "dl-figure dl-plane";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Live figure: densities in the plane");
  el.append(root);
  addStyle("dl-plane-style", style);
  const link = new Link(root, model, "plane", RULES, vet);
  let figure: PlaneFigure | undefined;
  // Before the figure: its first picture measures a holder that has its style.
  const unwatch = watchAppearance(root, () => figure?.onAppearance());
  const made = (figure = new PlaneFigure(model, root, link.row));
  const listeners = [
    ...DENSITY.map((name) => [name, made.onDensity] as const),
    ...PARTICLES.map((name) => [name, made.onParticles] as const),
    ...LOOKS.map((name) => [name, made.onLooks] as const),
    ["t", made.onTime] as const,
  ];
  for (const [name, listener] of listeners) model.on(`change:${name}`, listener);
  const unsee = made.pauseOffScreen(root);
  return () => {
    unsee();
    unwatch();
    link.destroy();
    for (const [name, listener] of listeners) model.off(`change:${name}`, listener);
    made.destroy();
    root.remove();
  };
}

export default { render };
