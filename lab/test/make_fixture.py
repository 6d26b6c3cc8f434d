"""Write fixture.json: numbers that the TypeScript core must reproduce.

Written independently of the TypeScript, with NumPy and SciPy, from the formulas
    B(t) = beta_min t + (beta_max - beta_min) t^2 / 2,  alpha = exp(-B/2),  std^2 = 1 - exp(-B),
    p(x,t) = sum_k w_k N(x; alpha m_k, alpha^2 s_k^2 + std^2).
Random numbers: splitmix32 seeds xoshiro128**; u = (bits + 1/2) / 2^32; Box-Muller, cosine first.

Run `python lab/test/make_fixture.py`.
"""

import json
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
    return {
        "seed": SEED,
        "beta": [BETA_MIN, BETA_MAX],
        "weights": WEIGHTS.tolist(),
        "means": MEANS.tolist(),
        "stds": STDS.tolist(),
        "points": POINTS.tolist(),
        "bits": [bits.bits() for _ in range(8)],
        "normals": [normals.normal() for _ in range(8)],
        "laws": laws,
    }


if __name__ == "__main__":
    text = json.dumps(fixture(), indent=1) + "\n"
    Path(__file__).with_name("fixture.json").write_text(text)
