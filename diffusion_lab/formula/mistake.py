"""What is wrong with a formula, and what may have been meant."""

from collections.abc import Sequence


class FormulaError(ValueError):
    """What is wrong with a formula, and where.

    column : where, counted from 1;  span : how many characters are wrong there;
    suggestion : what may have been meant instead of them, or nothing
    """

    def __init__(self, message: str, column: int, span: int = 1, suggestion: str = "") -> None:
        super().__init__(f"column {column}: {message}")
        self.column, self.span, self.suggestion = column, span, suggestion


def suggest(name: str, variables: Sequence[str], others: Sequence[str]) -> str:
    """The known name that a mistyped one may have meant: x*t for xt, else the nearest, else ''."""
    known = [*variables, *others]
    for v in variables:
        rest = name[len(v) :]
        if name.startswith(v) and (rest in known or rest.isdigit()):
            return f"{v}*{rest}"
    # A letter alone is near everything; three letters may hold one slip, longer names two.
    least = 0 if len(name) < 2 else 1 if len(name) < 4 else 2
    near = [candidate for candidate in known if abs(len(candidate) - len(name)) <= least]
    distances = [_distance(name.lower(), candidate) for candidate in near]
    best = min(distances, default=least + 1)
    return near[distances.index(best)] if best <= least else ""


def _distance(a: str, b: str) -> int:
    """Least number of letters changed, added, left out or swapped with their neighbor."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            last = rows[i - 1]
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                row[j] = min(row[j], rows[i - 2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]
