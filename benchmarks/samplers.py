"""The samplers against diffusers, k-diffusion, azula, flow_matching and torchdiffeq.

    make bench

First the error in x_0 against the exact map of the probability flow, for a number of evaluations,
on random mixtures that no choice of ours was made on. Every peer runs on its own grids and on
ours, and its better one counts. Then the error in law of stochastic steps on a line
(samplers_law.py), our steps and k-diffusion's on the same noise levels (samplers_equal.py), and
what a step costs beside its evaluation (samplers_cost.py).
"""

import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded

import numpy as np
import samplers_peers as peers
import torch
from samplers_cost import cost
from samplers_equal import equal
from samplers_law import law
from samplers_problems import FRESH, PATH, Problem, level
from samplers_show import (
    PACKAGES,
    show_claims,
    show_cost,
    show_equal,
    show_errors,
    show_law,
)
from show import machine

from diffusion_lab.sampling import adams, adams_plan, integrate

RESULT = Path(__file__).resolve().parents[1] / "_build" / "bench" / "samplers.json"
DIMS, BUDGETS = (2, 16, 64), (5, 10, 20, 50, 100)
# What is claimed of the peers' least error over ours, for up to 16 dimensions; 1 elsewhere.
CLAIMED = {20: 2.0, 50: 2.5, 100: 3.0}
DPM, UNIPC = "DPMSolverMultistepScheduler", "UniPCMultistepScheduler"
KARRAS, LU = "use_karras_sigmas", "use_lu_lambdas"
OURS = "ours"
CASES = {  # name: (run, the grids it is known by); our grid comes to all but the first two
    "diffusers DDIM": (peers.diffusers("DDIMScheduler", clip_sample=False), ("default",)),
    "diffusers Heun": (peers.diffusers("HeunDiscreteScheduler", 2), ("default", KARRAS)),
    "diffusers DPM++ 2M": (peers.diffusers(DPM), ("default", KARRAS, LU)),
    "diffusers DPM++ 3M": (peers.diffusers(DPM, solver_order=3), ("default", KARRAS, LU)),
    "diffusers UniPC-2": (peers.diffusers(UNIPC), ("default", KARRAS)),
    "diffusers UniPC-3": (peers.diffusers(UNIPC, solver_order=3), ("default", KARRAS)),
    "k-diffusion 2M": (peers.k_diffusion("dpmpp_2m"), ("karras", "log")),
    "k-diffusion 3M": (
        peers.k_diffusion("dpmpp_3m_sde", eta=0.0, noise_sampler=lambda *_: 0.0),
        ("karras", "log"),
    ),
    "k-diffusion LMS": (peers.k_diffusion("lms", order=4), ("karras", "log")),
    "k-diffusion Heun": (peers.k_diffusion("heun", 2), ("karras", "log")),
    "azula zEAB-3": (peers.azula("zEABSampler", order=3), ("karras", "log")),
    "azula vAB-3": (peers.azula("vABSampler", order=3), ("karras", "log")),
    "azula vAB-5": (peers.azula("vABSampler", order=5), ("karras", "log")),
    "flow_matching midpoint": (peers.flow_matching("midpoint", 2), ("uniform",)),
    "flow_matching heun3": (peers.flow_matching("heun3", 3), ("uniform",)),
    "flow_matching rk4": (peers.flow_matching("rk4", 4), ("uniform",)),
    "torchdiffeq midpoint": (peers.torchdiffeq("midpoint", 2), ("uniform",)),
    "torchdiffeq rk4": (peers.torchdiffeq("rk4", 4), ("uniform",)),
}


def ours(problem: Problem, budget: int, grid: peers.Grid) -> torch.Tensor:
    """Solve as the package recommends."""
    order, times, corrector = adams_plan(PATH, budget, problem.start.shape[-1])
    step = adams(problem.predict, PATH, order, corrector)
    return integrate(step, problem.start, times, torch.Generator(), keep="last").x


def our_grid(dim: int) -> Callable[[int], list[float]]:
    """The noise levels of the recommended times, for the peers."""
    return lambda steps: [level(t.item())[1] for t in adams_plan(PATH, steps, dim).times]


def measure(problem: Problem, run: peers.Run, budget: int, grid: peers.Grid) -> dict:
    """Run once; return what it cost and its errors, a number for each mixture."""
    problem.calls = 0
    try:
        rms, median = problem.errors(run(problem, budget, grid))
    except ImportError as missing:
        return {"failed": f"not installed ({missing.name})"}
    except Exception as error:  # a peer that fails is a result too
        return {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:70]}
    if problem.calls > budget:
        return {"failed": f"took {problem.calls} evaluations"}
    return {"calls": problem.calls, "rms": rms.tolist(), "median": median.tolist()}


def errors(dim: int) -> dict:
    """Every sampler, grid and budget on the fresh mixtures of a dimension."""
    problem = Problem(dim, FRESH)
    ladder, rows = our_grid(dim), []
    for budget in BUDGETS:
        rows.append({"name": OURS, "grid": OURS, "budget": budget})
        rows[-1] |= measure(problem, ours, budget, ladder)
        for index, (name, (run, own)) in enumerate(CASES.items()):
            for grid in own if index < 2 else (*own, OURS):
                row = {"name": name, "grid": grid, "budget": budget}
                rows.append(row | measure(problem, run, budget, ladder if grid == OURS else grid))
    claims = [judge(rows, dim, budget, key) for budget in BUDGETS for key in ("rms", "median")]
    return {"dim": dim, "residual": problem.residual, "rows": rows, "claims": claims}


def mean(values: list[float]) -> float:
    """The geometric mean over the mixtures; infinite where a run blew up."""
    return float(np.exp(np.log(values).mean())) if np.isfinite(values).all() else np.inf


def judge(rows: list[dict], dim: int, budget: int, key: str) -> dict:
    """Compare ours with the best peer of this run, by the geometric mean of the errors' ratio."""
    done = [row for row in rows if row["budget"] == budget and key in row]
    mine = next(row for row in done if row["name"] == OURS)
    others = [row for row in done if row["name"] != OURS]
    claimed = CLAIMED.get(budget, 1.0) if dim <= 16 else 1.0
    verdict = {"budget": budget, "error": key, "claimed": claimed}
    if not others:
        return verdict | {"met": None, "why": "no peer is installed"}
    best = min(others, key=lambda row: mean(row[key]))
    logs = np.log(best[key]) - np.log(mine[key])
    draws = np.random.default_rng(0).choice(logs, (4000, len(logs))).mean(1)
    low, high = np.exp(np.quantile(draws, (0.025, 0.975))).tolist()
    ratio = float(np.exp(logs.mean()))
    verdict |= {
        "peer": best["name"],
        "grid": best["grid"],
        "ratio": ratio,
        "interval": [low, high],
    }
    if ratio >= claimed:
        return verdict | {"met": True}
    lost = int((logs < np.log(claimed)).sum())
    reason = f"short of it on {lost} of {len(logs)} mixtures, by error {mean(mine[key]):.1e}"
    return verdict | {"met": False, "why": f"{reason} against {mean(best[key]):.1e}"}


def main() -> None:
    """Run all parts, print their tables, write the JSON."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
    result = machine(*PACKAGES) | {"errors": []}
    for dim in DIMS:
        found = errors(dim)
        show_errors(found, mean)
        show_claims(found)
        result["errors"].append(found)
    result["law"] = law()
    show_law(result["law"])
    result["equal"] = equal()
    show_equal(result["equal"])
    result["cost"] = cost()
    show_cost(result["cost"])
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\nWritten to {RESULT}")


if __name__ == "__main__":
    main()
