"""Numbers from the package that the paths figure must reproduce; writes paths.fixture.json."""

import json
from pathlib import Path

import torch
from scipy.optimize import brentq
from scipy.special import ndtr

from diffusion_lab.density import GaussianMixture
from diffusion_lab.process import (
    EDM,
    VE,
    VP,
    CosineVP,
    Dynamics,
    FlowPath,
    GaussianPath,
    SubVP,
    exact_prediction,
)

TIMES = [0.001, 0.01, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 0.99, 0.995]
PATHS = {
    "VP": (VP, (0.1, 20.0)),
    "SubVP": (SubVP, (0.2, 12.0)),
    "CosineVP": (CosineVP, ()),
    "VE": (VE, (0.01, 50.0)),
    "EDM": (EDM, (80.0,)),
    "FlowPath": (FlowPath, ()),
}
POINTS, WIDTH = [-1.6, 0.3, 1.4], 0.25
X = [-3.0, -1.1, 0.0, 0.45, 2.2]
EPS = [-2.0, -0.6, 0.1, 0.8, 1.9]


def path_rows(path: GaussianPath, times: list[float]) -> dict[str, list[float]]:
    """Alpha, std, log-SNR, f/x, g^2 and g of a path."""
    t = torch.tensor(times, dtype=torch.float64)
    read = {
        "alpha": path.alpha(t),
        "std": path.std(t),
        "logSnr": path.log_snr(t),
        "rate": path.d_alpha(t) / path.alpha(t),
        "gSquared": path.g_squared(t),
        "g": path.sde().g(t),
    }
    return {name: value.tolist() for name, value in read.items()}


def linear() -> dict:
    """Density and velocity of the linear path, and where its flow takes some starts."""
    share = 1.0 / len(POINTS)
    data = GaussianMixture.isotropic([share] * len(POINTS), POINTS, [WIDTH] * len(POINTS))
    path, x = FlowPath(), torch.tensor(X, dtype=torch.float64)[:, None]
    predict = exact_prediction(data, path)
    rows = []
    for t in (0.01, 0.2, 0.5, 0.8, 0.99):
        p = data.log_prob(x, path.alpha(t), path.std(t)).exp()
        u = predict(x, t).velocity
        flow = Dynamics(path.sde(), lambda x, t: predict(x, t).score).velocity(x, t)
        assert torch.allclose(u, flow, rtol=1e-9), "two ways to the velocity disagree"
        rows.append({"t": t, "density": p.tolist(), "velocity": u[:, 0].tolist()})
    return {"points": POINTS, "width": WIDTH, "x": X, "rows": rows, "eps": EPS}


def quantile_map(end: float) -> list[float]:
    """Where the flow takes EPS: in one dimension it keeps F(x_t, t), so no time step is needed."""
    means, width = [(1 - end) * m for m in POINTS], ((1 - end) ** 2 * WIDTH**2 + end**2) ** 0.5

    def excess(x: float, level: float) -> float:
        return sum(ndtr((x - m) / width) for m in means) / len(means) - level

    return [brentq(excess, -9, 9, args=(ndtr(e),), xtol=1e-13) for e in EPS]


def fixture() -> dict:
    """All of it."""
    paths = [
        {"name": name, "parameters": list(values), **path_rows(kind(*values), TIMES)}
        for name, (kind, values) in PATHS.items()
    ]
    flow = linear()
    # The law at t = 1 is N(0, 1) whatever the data.
    flow["ends"] = [{"t": t, "x": quantile_map(t)} for t in (1.0, 0.3, 0.05, 0.004)]
    assert max(abs(a - b) for a, b in zip(flow["ends"][0]["x"], EPS, strict=True)) < 1e-9
    return {"times": TIMES, "paths": paths, "linear": flow}


if __name__ == "__main__":
    text = json.dumps(fixture(), indent=1)
    Path(__file__).with_name("paths.fixture.json").write_text(text + "\n")
