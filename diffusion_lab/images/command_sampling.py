"""The options that `sample` and `evaluate` share: how images are drawn."""

from __future__ import annotations

import argparse

from .sampler_methods import METHODS
from .samplers import Sampling

_TAKES = {"0": "", "any": "any sigma", "eta": "sigma from 0 to 1", "g": "sigma = 1 only"}
SAMPLERS = "samplers:\n" + "\n".join(
    f"  {name:13}{method.about}" + (f" ({_TAKES[method.takes]})" if method.takes != "0" else "")
    for name, method in METHODS.items()
)


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """Add the options, and the list of samplers below them."""
    parser.epilog = SAMPLERS
    add = parser.add_argument
    add("--sampler", choices=METHODS, default="adams", metavar="NAME", help="adams, or see below")
    add(
        "--evaluations",
        "--steps",
        type=int,
        default=20,
        metavar="N",
        help="of the network, for each image, at most (default 20)",
    )
    add(
        "--sigma",
        type=_number_or_formula,
        default=0.0,
        help="free noise scale sigma(t) in units of g(t): a number or a formula in t; 0 (default) "
        'is the probability flow, 1 the reverse SDE, "1 - t" is (1 - t) g(t)',
    )
    add("--guidance", type=float, default=1.0, metavar="W", help="weight (default 1: none)")
    add("--seed", type=int, default=0, help="of the starting noise (default 0)")
    add("--device", default="cpu", help="cpu (default), cuda or mps")


def chosen(options: argparse.Namespace) -> Sampling:
    """The Sampling that the options describe. Raises ValueError for one that cannot be."""
    return Sampling(options.sampler, options.evaluations, options.sigma, options.guidance)


def _number_or_formula(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
