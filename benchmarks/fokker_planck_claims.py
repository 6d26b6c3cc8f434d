"""What the project claims on each problem of the benchmark, and how the rows of a run judge it.

A claim never holds an outcome. `why` is filled in from the run, and shown where it is missed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import fokker_planck_peers as peers
import fokker_planck_problems as problems


def ours(row: dict) -> bool:
    """Tell whether a row is of this project's solver."""
    return row["solver"].startswith("ours")


def cheapest(row: dict, rows: list[dict]) -> dict | None:
    """Return our quickest run whose error is no larger than that of the row, if there is one."""
    good = [r for r in rows if ours(r) and "error" in r and r["error"] <= row["error"]]
    return min(good, key=lambda r: r["cpu_ms"], default=None)


def facts(row: dict, mine: dict) -> str:
    """Say what a peer's row leaves undone, and where the time of ours goes."""
    flaws = []
    if row["lowest"] < 0.0:
        flaws.append(f"falls to {row['lowest']:.0e}")
    if row["mass_defect"] > DEFECT:
        flaws.append(f"loses or gains {row['mass_defect']:.0e} of the mass")
    return (
        f"it {' and '.join(flaws) or 'keeps mass and sign'}; the reader's drift and noise take "
        f"{mine['reader']:.0%} of our {mine['cpu_ms']:.1f} ms (in torch) and {row['reader']:.0%} "
        f"of its {row['cpu_ms']:.1f} ms (in NumPy)"
    )


@dataclass(frozen=True)
class Speed:
    """Every run of a peer takes `times` the processor time of our cheapest run as accurate."""

    peer: Callable
    times: float
    why: str

    def judge(self, rows: list[dict]) -> dict:
        """Compare the peer's runs with the claim: -> claim, measured, met, why."""
        claim = f"at least {self.times:g} times as fast as {self.peer.__name__}"
        runs = [row for row in rows if row["solver"] == self.peer.__name__]
        done = [row for row in runs if "failed" not in row]
        if not done:
            return {"claim": claim, "measured": runs[0]["failed"], "met": None}
        worst = min(done, key=lambda row: row["ratio"] or 0.0)
        mine = cheapest(worst, rows)
        if mine is None:
            why = f"no run of ours is as accurate as {worst['error']:.1e}"
            return {"claim": claim, "measured": "no such run", "met": False, "why": why}
        ends = [f"{row['ratio']:.1f}" for row in (worst, max(done, key=_ratio))]
        verdict = {"claim": claim, "measured": " to ".join(dict.fromkeys(ends))}
        if worst["ratio"] >= self.times:
            return verdict | {"met": True}
        why = f"{self.why}; least at n = {worst['n']}: {facts(worst, mine)}"
        return verdict | {"met": False, "why": why}


def _ratio(row: dict) -> float:
    return row["ratio"] or 0.0


@dataclass(frozen=True)
class Bound:
    """A number of our runs is at most a limit (or at least, for a negative direction).

    key : column of the row;  n : only the runs with so many cells;  solver : only one of ours
    """

    text: str
    key: str
    limit: float
    why: str
    n: int | None = None
    solver: Callable | None = None
    direction: int = 1

    def judge(self, rows: list[dict]) -> dict:
        """Compare our runs with the claim: -> claim, measured, met, why."""
        chosen = [
            row
            for row in rows
            if ours(row)
            and self.n in (None, row["n"])
            and (self.solver is None or row["solver"] == self.solver.__name__)
        ]
        failed = [row for row in chosen if "failed" in row]
        if failed or not chosen:
            measured = failed[0]["failed"] if failed else "no such run"
            return {"claim": self.text, "measured": measured, "met": False, "why": self.why}
        worst = max(chosen, key=lambda row: self.direction * row[self.key])
        verdict = {"claim": self.text, "measured": f"{worst[self.key]:.1e}"}
        if self.direction * worst[self.key] <= self.direction * self.limit:
            return verdict | {"met": True}
        where = f"{worst['solver']}, n = {worst['n']}, effort {worst['effort']:g}"
        return verdict | {"met": False, "why": f"{self.why} ({where})"}


DEFECT = 1e-12
ALWAYS = (
    Bound("p >= 0", "lowest", 0.0, "the repair left a cell below zero", direction=-1),
    Bound("mass defect <= 1e-12", "mass_defect", DEFECT, "the fluxes and the solve lose mass"),
)
KERNEL = "reading the coefficients and one matrix product are a fixed price, whatever the accuracy"
STEPS = "several implicit stages in a step, each with a matrix to factor"
CLAIMS = {
    problems.A: (Speed(peers.scipy_bdf, 14.0, KERNEL),),
    problems.E: (
        Speed(peers.scipy_bdf, 15.0, STEPS),
        Speed(peers.fipy, 200.0, STEPS),
        Speed(peers.py_pde, 40.0, STEPS),
    ),
    problems.F0: (
        Bound(
            "error <= 1e-5 at n = 400", "error", 1e-5, "too few cells or steps", 400, peers.ours
        ),
    ),
    problems.C: (
        Bound(
            "robust: steady state to 1e-12",
            *("error", 1e-12, "the start is not yet forgotten, or rounding of the solve adds up"),
            solver=peers.ours_robust,
        ),
    ),
    problems.D: (Bound("error <= 1e-5 at 128^2", "error", 1e-5, "too few cells", 128),),
    problems.D2: (Bound("error <= 5e-4 at 128^2", "error", 5e-4, "too few cells or steps", 128),),
}


def judged(problem: problems.Problem, rows: list[dict]) -> list[dict]:
    """Return the verdict on every claim about a problem."""
    return [claim.judge(rows) for claim in (*CLAIMS[problem], *ALWAYS)]


def as_fast(rows: list[dict]) -> list[str]:
    """Return a sentence for every peer that is as fast as we are somewhere, at its best ratio."""
    done = [row for row in rows if not ours(row) and "failed" not in row]
    found = []
    for name in dict.fromkeys(row["solver"] for row in done):
        best = min((row for row in done if row["solver"] == name), key=_ratio)
        mine = cheapest(best, rows)
        if mine is None:
            found.append(f"{name} reaches {best['error']:.1e}, which no run of ours does")
        elif best["ratio"] <= 1.0:
            share = f"{name} at n = {best['n']} needs {best['ratio']:.1f} of our time"
            found.append(f"{share}: {facts(best, mine)}")
    return found
