/** The numbers of the figure as a table, for reading and for screen readers. */
import { element, group } from "../view/controls";
import { type Results, shown } from "./results";
import { BUDGETS, stepsWithin } from "./run";
import { NAMES, SAMPLERS } from "./samplers";

export class Table {
  readonly #body = element("div", "dl-scroll");
  readonly root = group("All the numbers as a table", [this.#body]);

  constructor() {
    this.#body.tabIndex = 0;
    this.#body.setAttribute("role", "region");
    this.#body.setAttribute("aria-label", "Errors of all samplers at all budgets");
  }

  show(results: Results, budget: number): void {
    const table = document.createElement("table");
    table.createCaption().textContent = `Energy distance to exact draws. ${results.floorWords()}`;
    const head = table.createTHead().insertRow();
    const title = (row: HTMLTableRowElement, text: string, scope: string): void => {
      const cell = element("th", "", text);
      cell.scope = scope;
      row.append(cell);
    };
    title(head, "sampler", "col");
    title(head, `steps within ${budget}`, "col");
    for (const b of BUDGETS) title(head, `${b} evaluations`, "col");
    for (const name of NAMES) {
      const row = table.insertRow();
      title(row, SAMPLERS[name].name, "row");
      row.insertCell().textContent = `${stepsWithin(SAMPLERS[name], budget)}`;
      for (const b of BUDGETS) {
        const error = results.error(name, b);
        row.insertCell().textContent = error === undefined ? "…" : shown(error);
      }
    }
    this.#body.replaceChildren(table);
  }
}
