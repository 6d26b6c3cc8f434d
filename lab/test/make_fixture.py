"""Write fixture.json: numbers that the TypeScript core must reproduce.

Written independently of the TypeScript, with NumPy and SciPy, from the formulas
    B(t) = beta_min t + (beta_max - beta_min) t^2 / 2,  alpha = exp(-B/2),  std^2 = 1 - exp(-B),
    p(x,t) = sum_k w_k N(x; alpha m_k, alpha^2 s_k^2 + std^2),
    forward  x += [f - (g^2 - sigma^2)/2 score] dt + sigma sqrt(dt) z,         dt = +1/steps,
    backward x += [f - (g^2 + sigma^2)/2 score] dt + sigma sqrt(|dt|) z,       dt = -1/steps,
and, with the score correction left out, f alone (forward) or f - g^2 score (backward).
Random numbers: splitmix32 seeds xoshiro128**; u = (bits + 1/2) / 2^32; Box-Muller, cosine first.

Run `python lab/test/make_fixture.py`.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.stats import norm

MASK = 0xFFFFFFFF
SEED = 20240607
BETA_MIN, BETA_MAX = 0.1, 20.0
WEIGHTS = np.array([0.3, 0.5, 0.2])
MEANS = np.array([-1.7, 0.4, 2.1])
STDS = np.array([0.3, 0.2, 0.5])
TIMES = np.array([0.0, 0.02, 0.3, 1.0])
POINTS = np.array([-30.0, -2.0, -0.3, 0.4, 1.9, 30.0])
SCALE, STEPS, PARTICLES = 1.5, 40, 3


class Xoshiro:
    """xoshiro128** on 32-bit words, and the normals drawn from it."""

    def __init__(self, seed: int) -> None:
        words = []
        for _ in range(4):
            seed = (seed + 0x9E3779B9) & MASK
            z = seed ^ (seed >> 16)
            z = (z * 0x21F0AAAD) & MASK
            z ^= z >> 15
            z = (z * 0x735A2D97) & MASK
            words.append(z ^ (z >> 15))
        self.words: list[int] = words
        self.spare: float | None = None

    def bits(self) -> int:
        """Return the next 32 bits."""
        a, b, c, d = self.words
        r = (b * 5) & MASK
        out = (((r << 7) | (r >> 25)) & MASK) * 9 & MASK
        c, d = c ^ a, d ^ b
        b, a = b ^ c, a ^ d
        c ^= (self.words[1] << 9) & MASK
        self.words = [a, b, c, ((d << 11) | (d >> 21)) & MASK]
        return out

    def uniform(self) -> float:
        """Return a number between 0 and 1, both excluded."""
        return (self.bits() + 0.5) / 2.0**32

    def normal(self) -> float:
        """Return a standard normal number."""
        if self.spare is not None:
            kept, self.spare = self.spare, None
            return kept
        radius, angle = np.sqrt(-2 * np.log(self.uniform())), 2 * np.pi * self.uniform()
        self.spare = radius * np.sin(angle)
        return radius * np.cos(angle)


def beta(t: float) -> float:
    """Return the rate of the forward process, which is g squared."""
    return BETA_MIN + (BETA_MAX - BETA_MIN) * t


def integral(t: float) -> float:
    """Return B(t), the integral of beta from 0 to t."""
    return BETA_MIN * t + (BETA_MAX - BETA_MIN) * t**2 / 2


def components(t: float) -> tuple[np.ndarray, np.ndarray]:
    """Return means and stds of the mixture at time t."""
    alpha = np.exp(-integral(t) / 2)
    return alpha * MEANS, np.sqrt(alpha**2 * STDS**2 + 1 - np.exp(-integral(t)))


def log_density(x: np.ndarray, t: float) -> np.ndarray:
    """Return log p(x, t)."""
    means, stds = components(t)
    logits = np.log(WEIGHTS) + norm.logpdf(x[..., None], means, stds)
    return np.logaddexp.reduce(logits, axis=-1)


def score(x: np.ndarray, t: float) -> np.ndarray:
    """Return the gradient of log p in x."""
    means, stds = components(t)
    x = x[..., None]
    logits = np.log(WEIGHTS) + norm.logpdf(x, means, stds)
    posterior = np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))
    return (posterior * (means - x) / stds**2).sum(-1)


SIGMAS = {
    "g": lambda t: SCALE * np.sqrt(beta(t)),
    "constant": lambda t: SCALE * np.sqrt(integral(1.0)),
    "bump": lambda t: SCALE * np.sqrt(2 * integral(1.0)) * np.sin(np.pi * t),
}


def simulate(direction: str, shape: str, correction: bool) -> list[float]:
    """Return PARTICLES particles after STEPS Euler-Maruyama steps."""
    rng, forward = Xoshiro(SEED), direction == "forward"
    grid = np.linspace(0, 1, STEPS + 1)[:: 1 if forward else -1]
    means, stds = components(grid[0])
    x = np.empty(PARTICLES)
    for i in range(PARTICLES):
        k = min(np.searchsorted(np.cumsum(WEIGHTS), rng.uniform(), side="right"), 2)
        x[i] = means[k] + stds[k] * rng.normal()
    for t, following in pairwise(grid):
        dt, g2, sigma2 = following - t, beta(t), SIGMAS[shape](t) ** 2
        if forward:
            pull = (g2 - sigma2) / 2 if correction else 0.0
        else:
            pull = (g2 + sigma2) / 2 if correction else g2
        z = np.array([rng.normal() for _ in x]) if sigma2 > 0 else 0.0
        drift = -g2 / 2 * x - pull * score(x, t)
        x = x + drift * dt + np.sqrt(sigma2 * abs(dt)) * z
    return x.tolist()


def fixture() -> dict:
    """Return everything that fixture.json holds."""
    bits, normals = Xoshiro(SEED), Xoshiro(SEED)
    laws = [
        {
            "t": t,
            "alpha": np.exp(-integral(t) / 2),
            "std": np.sqrt(1 - np.exp(-integral(t))),
            "logDensity": log_density(POINTS, t).tolist(),
            "score": score(POINTS, t).tolist(),
        }
        for t in TIMES.tolist()
    ]
    runs = [
        {"direction": d, "shape": s, "correction": c, "end": simulate(d, s, c)}
        for d in ("forward", "backward")
        for s in SIGMAS
        for c in (True, False)
    ]
    return {
        "seed": SEED,
        "beta": [BETA_MIN, BETA_MAX],
        "weights": WEIGHTS.tolist(),
        "means": MEANS.tolist(),
        "stds": STDS.tolist(),
        "points": POINTS.tolist(),
        "scale": SCALE,
        "steps": STEPS,
        "particles": PARTICLES,
        "bits": [bits.bits() for _ in range(8)],
        "normals": [normals.normal() for _ in range(8)],
        "laws": laws,
        "runs": runs,
    }


if __name__ == "__main__":
    text = json.dumps(fixture(), indent=1) + "\n"
    Path(__file__).with_name("fixture.json").write_text(text)
