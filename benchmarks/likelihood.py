"""Log-likelihood on exact mixtures: error in nats against evaluations, beside other libraries.

    make bench

Every run is given the exact field of the same fresh random mixtures, with the exact trace; an
evaluation is one call on a batch of points, field and divergence together. Then the spread that
Hutchinson's probes add.
"""

import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded

import torch
from likelihood_peers import CASES, Case, Known
from show import machine

from diffusion_lab.sampling import Whitening, draw_probes, log_likelihood, read_moments

RESULT = Path(__file__).resolve().parents[1] / "_build" / "bench" / "likelihood.json"
# No recipe was chosen on these seeds.
SEEDS = {2: range(47000, 47012), 16: range(47000, 47005)}
AIM, BUDGETS = 1e-6, {2: 100, 16: 200}
OURS = {2: (48, 64, 80, 93), 16: (96, 120, 144, 192)}


def ours(steps: int, passes: int, whitened: bool) -> Case:
    """log_likelihood with a number of steps."""

    def run(problem: Known) -> torch.Tensor:
        frame = Whitening()
        if whitened:
            frame = read_moments(problem.predict, problem.path, problem.dim)
        found = log_likelihood(
            problem.predict, problem.path, problem.x0, steps, frame=frame, passes=passes
        )
        problem.paid = found.evaluations + (1 if whitened else 0)
        return found.log_prob

    return run


def cases(dim: int) -> dict[str, Case]:
    """Ours at several numbers of steps, then the peers."""
    mine = {f"ours, {steps} steps": ours(steps, 1, False) for steps in OURS[dim]}
    last, few = OURS[dim][-1], OURS[dim][-2]
    mine[f"ours, {last} steps, whitened"] = ours(last, 1, True)
    mine[f"ours, {few * 4 // 5} steps, 3 passes"] = ours(few * 4 // 5, 3, False)
    return mine | CASES


def measure(dim: int) -> list[dict]:
    """Every run on every mixture: evaluations, and the errors over all points."""
    problems = [Known(dim, seed) for seed in SEEDS[dim]]
    rows = []
    for name, run in cases(dim).items():
        errors, calls, begin = [], 0.0, time.process_time()
        try:
            for problem in problems:
                problem.calls, problem.paid = 0, None
                errors.append((run(problem) - problem.exact).abs())
                spent = problem.calls if problem.paid is None else problem.paid
                calls += spent / len(problems)
        except ImportError as missing:
            rows.append({"name": name, "failed": f"not installed ({missing.name})"})
            continue
        every = torch.cat(errors)
        rows.append(
            {
                "name": name,
                "calls": calls,
                "mean": every.mean().item(),
                "median": every.median().item(),
                "max": every.max().item(),
                "each": [error.mean().item() for error in errors],
                "seconds": (time.process_time() - begin) / len(problems),
            }
        )
    return rows


def judge(rows: list[dict], dim: int) -> dict:
    """Whether a run of ours reaches the aim within the budget, and what the best peer reaches."""
    within = [row for row in rows if row.get("calls", 1e9) <= BUDGETS[dim]]
    mine = min((r for r in within if r["name"].startswith("ours")), key=lambda r: r["mean"])
    others = [row for row in within if not row["name"].startswith("ours")]
    best = min(others, key=lambda row: row["mean"]) if others else None
    return {
        "claim": f"mean error <= {AIM:g} nats within {BUDGETS[dim]} evaluations, {dim}-D",
        "met": mine["mean"] <= AIM,
        "by": mine["name"],
        "measured": mine["mean"],
        "mixtures that meet it": sum(error <= AIM for error in mine["each"]),
        "best peer": None if best is None else [best["name"], best["mean"]],
    }


def hutchinson(dim: int = 16, draws: int = 16) -> list[dict]:
    """The standard deviation of log p over probes, one probe at a time, RMS over the points."""
    problem = Known(dim, SEEDS[dim][0], points=32)
    noise = torch.Generator().manual_seed(1)
    rows = []
    for kind in ("rademacher", "gaussian"):
        probes = draw_probes(problem.x0, draws, noise, kind)
        found = log_likelihood(problem.predict, problem.path, problem.x0, 96, probes=probes)
        spread = found.standard_error * draws**0.5
        bias = (found.log_prob - problem.exact) / found.standard_error
        rows.append(
            {
                "probe": kind,
                "std of one": spread.square().mean().sqrt().item(),
                "RMS of (mean - exact) / standard error": bias.square().mean().sqrt().item(),
            }
        )
    return rows


def show(dim: int, rows: list[dict], verdict: dict) -> None:
    """Print one table and its claim."""
    print(f"\n{dim} dimensions, {len(SEEDS[dim])} mixtures, error of log p in nats")
    print(f"{'':<42}{'calls':>7}{'mean':>10}{'median':>10}{'max':>10}{'CPU s':>8}")
    for row in rows:
        if "failed" in row:
            print(f"{row['name']:<42}  {row['failed']}")
            continue
        numbers = "".join(f"{row[key]:>10.1e}" for key in ("mean", "median", "max"))
        print(f"{row['name']:<42}{row['calls']:>7.0f}{numbers}{row['seconds']:>8.2f}")
    word = "met" if verdict["met"] else "missed"
    line = f"  {word:<8}{verdict['claim']}: {verdict['measured']:.1e} by {verdict['by']}"
    if verdict["best peer"]:
        name, error = verdict["best peer"]
        line += f"; best peer within them {error:.1e} by {name}"
    print(line, flush=True)


def main() -> None:
    """Run all, print the tables, write the JSON."""
    torch.set_num_threads(1)
    result: dict = machine("torchdiffeq", "flow-matching", "zuko")
    for dim in SEEDS:
        rows = measure(dim)
        verdict = judge(rows, dim)
        show(dim, rows, verdict)
        result[f"{dim}-D"] = {"rows": rows, "claim": verdict}
    result["hutchinson"] = hutchinson()
    print("\nHutchinson in 16 dimensions, 96 steps")
    for row in result["hutchinson"]:
        print("  " + ", ".join(f"{k} {v if k == 'probe' else f'{v:.3g}'}" for k, v in row.items()))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\nWritten to {RESULT}")


if __name__ == "__main__":
    main()
