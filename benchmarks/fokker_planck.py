"""The grid solver against scipy, FiPy, py-pde and fplanck on problems with known answers.

    python -m pip install -r requirements-bench.txt
    python benchmarks/fokker_planck.py

Every solver runs its own settings from coarse to fine in one process, one thread. CPU is the
processor time of the best of three runs after a first one. The ratio is a peer's time over that
of our cheapest run with an error no larger than the peer's. A peer that is not installed, or
fails, says so in its row.
"""

import inspect
import json
import math
import os
import platform
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded

import fokker_planck_peers as peers
import fokker_planck_problems as problems
import numpy as np
import torch

RESULT = Path(__file__).resolve().parents[1] / "_build" / "bench" / "fokker_planck.json"
REPEATS, PATIENCE = 3, 3.0  # runs, and the seconds after which two are enough
SECOND = ((400, 1e-5), (800, 1e-6), (1600, 1e-7))
FOURTH = ((100, 1e-4), (200, 1e-5), (300, 1e-6), (400, 1e-7))
RUNS = {
    problems.A: {
        peers.ours: ((80, 1), (200, 1)),
        peers.ours_robust: ((400, 400),),
        peers.scipy_bdf: SECOND,
        peers.scipy_lsoda: SECOND,
        peers.lsoda_order4: FOURTH,
        peers.fipy: ((200, 200),),
    },
    problems.E: {
        peers.ours: (
            (30, 4),
            (40, 6),
            (60, 8),
            (100, 10),
            (160, 16),
            (200, 24),
            (240, 30),
            (300, 30),
            (400, 40),
        ),
        peers.ours_robust: ((400, 100),),
        peers.scipy_bdf: SECOND,
        peers.scipy_lsoda: SECOND,
        peers.lsoda_order4: FOURTH,
        peers.fipy: ((200, 100),),
        peers.py_pde: ((128, 1e-4),),
    },
    problems.F0: {
        peers.ours: ((100, 30), (200, 60), (400, 120)),
        peers.ours_robust: ((400, 400),),
        peers.scipy_bdf: SECOND[:1],
        peers.scipy_lsoda: SECOND[:2],
        peers.lsoda_order4: FOURTH,
        peers.fipy: ((400, 196),),
    },
    problems.C: {
        peers.ours: ((100, 50), (200, 50), (400, 50)),
        peers.ours_robust: ((400, 50),),
        peers.scipy_bdf: ((200, 1e-5), (400, 1e-5)),
        peers.fipy: ((200, 50),),
        peers.fplanck: ((100, 0), (200, 0)),
    },
    problems.D: {peers.ours_plane: ((64, 1), (128, 1))},
    problems.D2: {peers.ours_plane: ((64, 50), (128, 50))},
}


def measure(solver, problem, n, effort):
    """Run one solver at one setting; return its row."""
    row = {"solver": solver.__name__, "n": n, "effort": effort}
    row["lines"] = len(inspect.getsource(solver).strip().splitlines()) - 1
    try:
        seconds = []
        for _ in range(REPEATS + 1):
            start = time.process_time()
            found = solver(problem, n, effort)
            seconds.append(time.process_time() - start)
            if len(seconds) > 1 and sum(seconds) > PATIENCE:
                break
    except ImportError as missing:
        return row | {"failed": f"not installed ({missing.name})"}
    except Exception as error:  # a peer that fails is a result too
        return row | {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:70]}
    defect = getattr(found, "mass_defect", None)
    p = found.p[1:] if hasattr(found, "p") else found
    grid = found.grid if hasattr(found, "p") else problem.grid(n)
    exact = np.stack([problem.exact(grid, i) for i in range(1, len(problem.times))])
    points = np.stack([problem.points(grid, i) for i in range(1, len(problem.times))])
    if p.shape != exact.shape:
        return row | {"failed": f"returned shape {p.shape}, expected {exact.shape}"}
    mass = p.reshape(len(p), -1).sum(1) * grid.cell
    return (
        row
        | {
            "error": min(
                float(np.abs(p - q).reshape(len(p), -1).sum(1).max() * grid.cell)
                for q in (exact, points)  # whichever the solver means
            ),
            "cpu_ms": 1000 * min(seconds[1:] or seconds),
            "first_ms": 1000 * seconds[0],
            "mass_defect": float(np.abs(mass - 1).max()) if defect is None else defect,
            "lowest": float(p.min()),
        }
    )


def ratio(row, rows):
    """Return CPU time over that of our cheapest run with no larger error, if there is one."""
    good = [r for r in rows if r["solver"].startswith("ours") and "error" in r]
    mine = [r["cpu_ms"] for r in good if r["error"] <= row["error"]]
    return row["cpu_ms"] / min(mine) if mine else None


def show(title, rows):
    """Print the table of one problem."""
    heads = "n", "effort", "L1 error", "CPU ms", "first ms", "ratio", "defect", "lowest", "lines"
    print(f"\n{title}\n{'solver':<13}" + "".join(f"{head:>10}" for head in heads))
    for r in rows:
        line = f"{r['solver']:<13}{r['n']:>10}{r['effort']:>10g}"
        if "failed" in r:
            print(f"{line}  {r['failed']}")
            continue
        times = "" if r["ratio"] is None else f"{r['ratio']:.1f}"
        line += f"{r['error']:>10.1e}{r['cpu_ms']:>10.1f}{r['first_ms']:>10.0f}{times:>10}"
        line += f"{r['mass_defect']:>10.0e}{r['lowest']:>10.0e}{r['lines']:>10}"
        print(line, flush=True)


def main():
    """Run every solver on every problem, print the tables, write the JSON."""
    torch.set_num_threads(1)
    result = {}
    for problem, solvers in RUNS.items():
        rows = [measure(s, problem, *run) for s, runs in solvers.items() for run in runs]
        for row in rows:
            if "failed" not in row:
                good = math.isfinite(row["error"])
                row["ratio"] = ratio(row, rows) if good else None
        show(problem.title, rows)
        result[problem.title] = rows
    about = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "repeats": REPEATS,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(about | {"problems": result}, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten to {RESULT}")


if __name__ == "__main__":
    main()
