/** p(x,t) of the typed f and g on a grid, and the window of x that shows it. */
import type { Formula } from "../core/expr";
import { FokkerPlanck } from "../core/fokker_planck";
import { Grid } from "../core/grid";
import { ScoreTable } from "../core/score_table";
import type { Table } from "../core/table";
import { averages, type Data, reachOf } from "./data";

/** A multiple of the histogram's bins. */
export const CELLS = 768;
export const ROWS = 100;
/** The windows: few, so that the picture does not breathe while a formula is typed. */
const REACHES = [4, 5.5, 7.5, 10, 14, 20, 28];
/** A window may leave out this much mass at any time. */
const OUTSIDE = 1e-4;

export interface Law {
  table: Table;
  score: ScoreTable;
  reach: number;
}

export class Solver {
  readonly #widest = REACHES[REACHES.length - 1];
  readonly #wide = new Grid(-this.#widest, this.#widest, 280);
  readonly #scout = new FokkerPlanck(this.#wide, 25);
  readonly #kept = new Map<number, { fokkerPlanck: FokkerPlanck; grid: Grid; score: ScoreTable }>();

  /** Throws what the formulas or the data make impossible; the law before stays valid. */
  solve(data: Data, f: Formula, g: Formula): Law {
    const reach = Math.max(this.#reach(data, f, g), REACHES.find((r) => r >= reachOf(data)) ?? this.#widest);
    let at = this.#kept.get(reach);
    if (!at) {
      const grid = new Grid(-reach, reach, CELLS);
      at = { grid, fokkerPlanck: new FokkerPlanck(grid, ROWS), score: new ScoreTable(grid, ROWS) };
      this.#kept.set(reach, at);
    }
    const table = at.fokkerPlanck.solve(averages(data, at.grid), f, g);
    return { table, score: at.score.fill(table), reach };
  }

  /** The least window that holds p at every time, by a coarse solve in the widest. */
  #reach(data: Data, f: Formula, g: Formula): number {
    let table: Table;
    try {
      table = this.#scout.solve(averages(data, this.#wide), f, g);
    } catch {
      // A formula such as sqrt(9 - x^2) means something in a small window only.
      return 0;
    }
    const { centers, h, n } = this.#wide;
    return (
      REACHES.find((reach) => {
        for (let row = 0; row <= table.steps; row++) {
          let outside = 0;
          for (let i = 0; i < n; i++) if (Math.abs(centers[i]) > reach) outside += table.p[row * n + i] * h;
          if (outside > OUTSIDE) return false;
        }
        return true;
      }) ?? this.#widest
    );
  }
}
