"""What a step costs beside its evaluation: batch 1, 3072 numbers, a prediction that is free."""

import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import samplers_peers as peers
import torch
from samplers_problems import PATH

from diffusion_lab.process import Prediction, uniform_times
from diffusion_lab.sampling import adams, balanced, ddim, ddpm, dpm_multistep, frozen, integrate

SHORT, LONG, REPEATS = 50, 500, 12
CLAIMED, GROWTH = 60.0, 1.2  # microseconds a step; a step of the long run over one of the short
START = torch.randn(1, 3072, generator=torch.Generator().manual_seed(0))
ZERO = torch.zeros_like(START)
SEEN = Prediction(ZERO, ZERO + 0.1, PATH, torch.tensor(0.5))
FREE = SimpleNamespace(start=START, posterior=lambda y, ratio: (ZERO, SEEN.eps))


def free(x: torch.Tensor, t: torch.Tensor) -> Prediction:
    """Predict at no cost."""
    return SEEN


OURS = {
    "ddim": ddim(free, PATH),
    "ddpm": ddpm(free, PATH),
    "frozen, sigma = 2": frozen(free, PATH, 2.0),
    "balanced": balanced(free, PATH),
    "dpm_multistep, order 2": dpm_multistep(free, PATH),
    "adams, order 3": adams(free, PATH, 3),
    "adams, order 5": adams(free, PATH, 5),
}
DPM = "DPMSolverMultistepScheduler"
PEERS = {
    "k-diffusion 2M": (peers.k_diffusion("dpmpp_2m"), "karras"),
    "azula Euler": (peers.azula("EulerSampler"), "karras"),
    "diffusers DPM++ 2M": (peers.diffusers(DPM), "default"),
    "diffusers UniPC-2": (peers.diffusers("UniPCMultistepScheduler"), "default"),
}


def seconds(run: Callable[[], object], repeats: int) -> float:
    """Least processor time of several runs, after a first one."""
    run()
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        found.append(time.process_time() - begin)
    return min(found)


def cost() -> dict:
    """Microseconds of a step: ours is the share of a whole run, whose start the peers' leaves out.

    A peer's is the difference of a run of 100 steps and one of 50: what is built once cancels.
    """
    rows = []
    for name, step in OURS.items():
        each = []
        for steps in (SHORT, LONG):
            times, noise = uniform_times(steps), torch.Generator().manual_seed(0)
            run = partial(integrate, step, START, times, noise, keep="last")
            each.append(1e6 * seconds(run, REPEATS if steps == SHORT else 4) / steps)
        rows.append({"name": name, "short": each[0], "long": each[1]})
    for name, (run, grid) in PEERS.items():
        try:
            half, whole = (seconds(partial(run, FREE, n, grid), 5) for n in (50, 100))
        except ImportError as missing:
            rows.append({"name": name, "failed": f"not installed ({missing.name})"})
            continue
        rows.append({"name": name, "short": 1e6 * (whole - half) / 50})
    mine = rows[: len(OURS)]
    slowest = max(mine, key=lambda row: row["short"])
    steepest = max(mine, key=lambda row: row["long"] / row["short"])
    claims = [
        (f"at most {CLAIMED:g} us a step", slowest, slowest["short"], CLAIMED),
        ("flat in the number of steps", steepest, steepest["long"] / steepest["short"], GROWTH),
    ]
    verdicts = []
    for text, row, value, limit in claims:
        verdicts.append({"claim": text, "measured": value, "met": value <= limit})
        if value > limit:
            verdicts[-1]["why"] = f"{row['name']}: {value:.3g} where {limit:g} is allowed"
    return {"rows": rows, "claims": verdicts}
