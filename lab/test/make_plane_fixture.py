"""Write plane.fixture.json: numbers of the package that the plane's TypeScript must reproduce.

Run `python lab/test/make_plane_fixture.py`.
"""

import json
from pathlib import Path

import torch

from diffusion_lab.density import GaussianMixture
from diffusion_lab.process import SDE, VE, VP, Dynamics, FlowPath, GaussianPath, exact_score
from diffusion_lab.sampling import heun
from diffusion_lab.tensors import Field
from diffusion_lab.widgets.plane_shapes import SHAPES, bumps

STD = 0.15
MEANS = [[-1.2, -0.8], [1.1, -0.6], [0.1, 1.3]]
WEIGHTS = [0.2, 0.5, 0.3]
POINTS = [[-1.3, -0.7], [0.0, 0.0], [0.9, 0.4], [2.4, -2.0], [8.0, 9.0]]
PATHS = {"vp": VP(0.1, 20.0), "ve": VE(0.01, 2.0), "flow": FlowPath()}
TIMES = [0.0, 0.02, 0.3, 0.9, 0.98]
ENDS = {"vp": 1.0, "ve": 1.0, "flow": 0.98}
J = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
DENSITY = GaussianMixture.isotropic(WEIGHTS, MEANS, [STD] * 3)


def time(t: float) -> torch.Tensor:
    """Return a time as the package takes it."""
    return torch.tensor(t, dtype=torch.float64)


def swirl(path: GaussianPath, rate: float) -> Field:
    """The field w = rate v(t) J score, with v the variance of a bump."""
    score = exact_score(DENSITY, path)
    return lambda x, t: rate * (path.alpha(t) ** 2 * STD**2 + path.var(t)) * score(x, t) @ J.T


def dynamics(path: GaussianPath, sigma: float, rate: float) -> Dynamics:
    """The package's dynamics with sigma = sigma g and a swirl added to f."""
    sde, w = path.sde(), swirl(path, rate)
    with_swirl = SDE(lambda x, t: sde.drift(x, t) + w(x, t), sde.noise)
    return Dynamics(with_swirl, exact_score(DENSITY, path), lambda t: sigma * sde.noise(t))


def law(name: str, t: float) -> dict:
    """log p, score and the velocity u + w (rate 3) at POINTS, and the divergence of p w there."""
    path, x, now = PATHS[name], torch.tensor(POINTS, dtype=torch.float64), time(t)
    alpha, std = path.alpha(now), path.std(now)
    return {
        "path": name,
        "t": t,
        "alpha": alpha.item(),
        "variance": path.var(now).item(),
        "logp": DENSITY.log_prob(x, alpha, std).tolist(),
        "score": DENSITY.score(x, alpha, std).tolist(),
        "velocity": dynamics(path, 0.0, 3.0).velocity(x, now).tolist(),
    }


def step(name: str, direction: str, sigma: float, rate: float) -> dict:
    """One Heun step of POINTS, and the normals that it drew."""
    t, s = (0.3, 0.32) if direction == "forward" else (0.32, 0.3)
    x = torch.tensor(POINTS[:4], dtype=torch.float64)
    seed = torch.Generator().manual_seed(5)
    z = torch.randn(x.shape, generator=seed, dtype=torch.float64)
    motion = dynamics(PATHS[name], sigma, rate)
    new, _ = heun(motion)(x, time(t), time(s), None, torch.Generator().manual_seed(5))
    return {
        **{"path": name, "direction": direction, "sigma": sigma, "swirl": rate},
        **{"t": t, "s": s, "normals": z.flatten().tolist(), "end": new.flatten().tolist()},
    }


def divergence(path: GaussianPath, x: torch.Tensor, t: float) -> float:
    """Divergence of the probability-flow velocity by automatic differentiation."""
    x = x.clone().requires_grad_()
    u = dynamics(path, 0.0, 0.0).velocity(x, time(t))
    rows = [torch.autograd.grad(u[0, i], x, retain_graph=True)[0][0, i] for i in (0, 1)]
    return sum(rows).item()


def flow(name: str, point: list[float], steps: int = 12) -> dict:
    """log p_0 at a point along the flow, by the Runge-Kutta rule that the figure uses."""
    path, end = PATHS[name], ENDS[name]
    x, integral, width = torch.tensor([point], dtype=torch.float64), 0.0, end / steps

    def slope(y: torch.Tensor, t: float) -> tuple[torch.Tensor, float]:
        return dynamics(path, 0.0, 0.0).velocity(y, time(t)), divergence(path, y, t)

    for k in range(steps):
        t, stop = end * k / steps, end * (k + 1) / steps
        while t < stop:
            a, da = slope(x, t)
            wanted = max(width / 200, 0.2 / abs(da))
            s = t + wanted if t + 1.001 * wanted < stop else stop
            h = s - t
            b, db = slope(x + 0.5 * h * a, t + 0.5 * h)
            c, dc = slope(x + 0.5 * h * b, t + 0.5 * h)
            d, dd = slope(x + h * c, s)
            x = x + h / 6 * (a + 2 * b + 2 * c + d)
            integral += h / 6 * (da + 2 * db + 2 * dc + dd)
            t = s
    last = DENSITY.log_prob(x, path.alpha(end), path.std(end)).item()
    exact = DENSITY.log_prob(torch.tensor([point], dtype=torch.float64)).item()
    fields = {"path": name, "point": point, "steps": steps, "exact": exact}
    return {**fields, "along": last + integral, "end": x[0].tolist()}


def fixture() -> dict:
    """Return the contents of plane.fixture.json."""
    motions = [("vp", 0.0, 0.0), ("vp", 1.0, 3.0), ("ve", 2.0, -4.0), ("flow", 0.7, 3.0)]
    return {
        "std": STD,
        "means": MEANS,
        "weights": WEIGHTS,
        "points": POINTS,
        "swirl": 3.0,
        "laws": [law(name, t) for name in PATHS for t in TIMES],
        "steps": [
            step(name, direction, sigma, rate)
            for name, sigma, rate in motions
            for direction in ("forward", "backward")
        ],
        "flows": [flow(name, point) for name in PATHS for point in ([1.0, -0.4], [-1.0, -0.5])],
        "shapes": {
            name: dict(zip(("means", "weights"), bumps(name), strict=True)) for name in SHAPES
        },
    }


if __name__ == "__main__":
    text = json.dumps(fixture(), indent=1) + "\n"
    (Path(__file__).parent / "plane.fixture.json").write_text(text)
