/** Particles against the density: bins, the L1 distance, and what sampling noise alone gives. */
import type { Table } from "../core/table";
import { LOST } from "./crowd";

export const BINS = 64;
/** Places have 16 bits, of which the first six name the bin. */
const SHIFT = 10;

/** Fraction of the first n places in each bin; the last entry holds the lost ones. */
export function fractions(places: Uint16Array, n: number, out: Float64Array): void {
  out.fill(0);
  const each = 1 / n;
  for (let i = 0; i < n; i++) out[places[i] === LOST ? BINS : places[i] >> SHIFT] += each;
}

/** The same numbers for p itself, whose cell averages are `row`. */
export function probabilities(row: Float64Array, { grid }: Table, out: Float64Array): void {
  const cells = row.length / BINS;
  out.fill(0);
  for (let i = 0; i < row.length; i++) out[Math.floor(i / cells)] += row[i] * grid.h;
}
