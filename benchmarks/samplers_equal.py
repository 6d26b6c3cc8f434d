"""Our steps beside k-diffusion's on the same noise levels: the same methods, so equal to rounding.

The tests hold them against diffusers; k-diffusion asks for libraries that the tests do not need.
"""

import samplers_peers as peers
import torch
from samplers_problems import PATH, Line, time_at

from diffusion_lab.sampling import ddim, dpm_multistep, edm_heun, integrate

STEPS, POINTS = 20, 256
ALLOWED = 1e-6  # the largest absolute difference, for states of order one
PAIRS = {  # our step, its name there, evaluations a step
    "DDIM": (ddim, "euler", 1),
    "Heun": (edm_heun, "heun", 2),
    "DPM-Solver++ 2M": (dpm_multistep, "dpmpp_2m", 1),
}


def equal() -> dict:
    """The largest difference of the two ends of a run from noise to data, in float64."""
    line, levels, rows = Line(POINTS, 5), peers.karras(STEPS), []
    times = torch.tensor([time_at(r) for r in levels], dtype=torch.float64).clamp(max=1.0)
    for name, (make, theirs, each) in PAIRS.items():
        try:
            end = peers.k_diffusion(theirs, each)(line, each * STEPS, "karras")
        except ImportError as missing:
            rows.append({"name": name, "failed": f"not installed ({missing.name})"})
            continue
        ours = integrate(make(line.predict, PATH), line.start, times, torch.Generator()).x
        gap = float((ours - end).abs().max())
        rows.append({"name": name, "difference": gap, "met": gap <= ALLOWED})
    return {"allowed": ALLOWED, "rows": rows}
