/** What is wrong with a formula, and where. */
export class FormulaError extends Error {
  override name = "FormulaError";
  constructor(
    message: string,
    /** Where it is wrong, counted from 1. */
    readonly column: number,
    /** How many characters are wrong there. */
    readonly span = 1,
    /** What may have been meant instead of them. */
    readonly suggestion = "",
  ) {
    super(message);
  }
}

/** The known name that a mistyped one may have meant: x*t for xt, else the nearest by edit distance. */
export function suggest(name: string, variables: readonly string[], others: readonly string[]): string {
  const known = [...variables, ...others];
  for (const v of variables) {
    const rest = name.slice(v.length);
    if (name.startsWith(v) && (known.includes(rest) || /^[0-9]+$/.test(rest))) return `${v}*${rest}`;
  }
  // A letter alone is near everything; three letters may hold one slip, longer names two.
  let least = name.length < 2 ? 0 : name.length < 4 ? 1 : 2;
  let best = "";
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > least) continue;
    const d = distance(name.toLowerCase(), candidate);
    if (d < least || (d === least && !best)) [least, best] = [d, candidate];
  }
  return best;
}

/** Least number of letters changed, added, left out or swapped with their neighbor. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + +(a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
