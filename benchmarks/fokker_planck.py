"""The grid solver against scipy, FiPy, py-pde and fplanck on problems with known answers.

    make bench

Every solver runs its own settings from coarse to fine in one process, one thread. CPU is the
processor time of the best of three runs after a first one. The ratio is a peer's time over that
of our cheapest run with an error no larger than the peer's; "reader" is the share of the time
that passes in the drift and the noise. A peer that is not installed, or fails, says so in its
row. Below each table stands what the project claims and whether this run met it.
"""

import inspect
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded

import fokker_planck_peers as peers
import fokker_planck_problems as problems
import numpy as np
import torch
from fokker_planck_claims import as_fast, cheapest, judged
from fokker_planck_show import PACKAGES, show
from show import machine

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
        peers.py_pde: ((128, 1e-4), (256, 1e-5), (256, 1e-6)),
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
        peers.ours_robust: ((20, 25), (60, 50), (200, 400), (400, 50)),
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
        row["reader"] = reader_share(solver, problem, n, effort)
    except ImportError as missing:
        return row | {"failed": f"not installed ({missing.name})"}
    except Exception as error:  # a peer that fails is a result too
        return row | {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:70]}
    row |= {"cpu_ms": 1000 * min(seconds[1:] or seconds), "first_ms": 1000 * seconds[0]}
    return row | quality(problem, n, found)


def reader_share(solver, problem, n, effort):
    """Return the share of one more run that passes in functions which the reader writes."""
    spent = 0.0

    def clock(function):
        def clocked(*arguments):
            nonlocal spent
            start = time.process_time()
            value = function(*arguments)
            spent += time.process_time() - start
            return value

        return clocked

    begin = time.process_time()
    solver(problem.timed(clock), n, effort)
    return spent / (time.process_time() - begin)


def quality(problem, n, found):
    """Return the error of what a solver found, what its mass misses, and its lowest value."""
    defect = getattr(found, "mass_defect", None)
    p = found.p[1:] if hasattr(found, "p") else found
    grid = found.grid if hasattr(found, "p") else problem.grid(n)
    exact = np.stack([problem.exact(grid, i) for i in range(1, len(problem.times))])
    points = np.stack([problem.points(grid, i) for i in range(1, len(problem.times))])
    if p.shape != exact.shape:
        return {"failed": f"returned shape {p.shape}, expected {exact.shape}"}
    mass = p.reshape(len(p), -1).sum(1) * grid.cell
    start = problem.points(grid, 0).sum() * grid.cell
    errors = [  # of averages or of values at the centres, whichever the solver means
        float(np.abs(p - q).reshape(len(p), -1).sum(1).max() * grid.cell) for q in (exact, points)
    ]
    if not math.isfinite(min(errors)):
        return {"failed": "returned values that are not finite"}
    return {
        "error": min(errors),
        "mass_defect": float(np.abs(mass - start).max()) if defect is None else defect,
        "lowest": float(p.min()),
    }


def ratio(row, rows):
    """Return CPU time over that of our cheapest run with no larger error, if there is one."""
    mine = cheapest(row, rows)
    return row["cpu_ms"] / mine["cpu_ms"] if mine else None


def main():
    """Run every solver on every problem, print the tables, write the JSON."""
    torch.set_num_threads(1)
    result = {}
    for problem, solvers in RUNS.items():
        rows = [measure(s, problem, *run) for s, runs in solvers.items() for run in runs]
        for row in rows:
            if "failed" not in row:
                row["ratio"] = ratio(row, rows)
        found = {"runs": rows, "claims": judged(problem, rows), "as fast": as_fast(rows)}
        show(problem.title, found)
        result[problem.title] = found
    result = machine(*PACKAGES) | {"repeats": REPEATS, "problems": result}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten to {RESULT}")


if __name__ == "__main__":
    main()
