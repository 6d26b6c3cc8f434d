"""What every live figure shares: refusing unknown parameters, code and links, mixture checks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import anywidget
import traitlets as tl

from ..formula import Formula, FormulaError

STATIC = Path(__file__).parent / "static"


class LiveFigure(anywidget.AnyWidget):
    """A figure whose parameters are traits: set and read back while it runs.

    A subclass names its bundle (`_esm`), its `_name` in share links and, in `_linked`, the traits
    that a link carries; it writes `to_python`.
    """

    _name = ""
    _linked: tuple[str, ...] = ()

    def __init__(self, **parameters: object) -> None:
        unknown = sorted(name for name in parameters if not self.has_trait(name))
        if unknown:
            known = ", ".join(sorted(self._own_parameters()))
            raise TypeError(f"{type(self).__name__} has no parameter {unknown}; it has {known}")
        super().__init__(**parameters)

    def to_python(self) -> str:
        """Return runnable code, in terms of the package, for what the figure shows."""
        raise NotImplementedError(f"{type(self).__name__} must define to_python()")

    def link(self, index: int = 0) -> str:
        """Return the fragment ``#...`` that carries these settings to the page of the book.

        index : which figure of this kind on that page, counted from 0. The fragment goes behind
        the address of the page.
        """
        pairs = [
            f"{self._name}.{index}.{name}={quote(as_text(getattr(self, name)), safe=',()*')}"
            for name in self._linked
        ]
        return "#" + "&".join(pairs)

    @classmethod
    def _own_parameters(cls) -> list[str]:
        inherited = anywidget.AnyWidget.class_trait_names()
        names = cls.class_trait_names()
        return [name for name in names if name not in inherited and not name.startswith("_")]


def as_text(value: object) -> str:
    """A setting as it stands in a link: flags as 0 and 1, lists with commas (rows with ;)."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list | tuple):
        rows = any(isinstance(item, list | tuple) for item in value)
        return (";" if rows else ",").join(map(as_text, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def check_number(proposal: dict) -> float:
    """Refuse nan, which passes every comparison with a bound."""
    if not math.isfinite(proposal["value"]):
        name = proposal["trait"].name
        raise tl.TraitError(f"{name} must be a finite number, got {proposal['value']}")
    return proposal["value"]


def check_formula(name: str, source: str, variables: Sequence[str]) -> Formula:
    """Return the formula; refuse text that is none."""
    try:
        return Formula(source, variables)
    except FormulaError as error:
        raise tl.TraitError(f"{name} = {source!r}: {error}") from None


def check_finite(name: str, values: list[float]) -> list[float]:
    """Refuse a list that holds nan or infinity."""
    if not all(map(math.isfinite, values)):
        raise tl.TraitError(f"{name} must all be finite numbers, got {values}")
    return values


def check_weights(weights: list[float]) -> list[float]:
    """Refuse weights that are not positive numbers of sum 1."""
    if not all(math.isfinite(w) and w > 0 for w in weights):
        raise tl.TraitError(
            f"weights must all be positive numbers, got {weights}; "
            "leave a component out instead of giving it weight 0"
        )
    # Decimal fractions such as 0.1 are rounded: the sum of a few misses 1 by some 1e-16.
    if abs(sum(weights) - 1) > 1e-9:
        total = sum(weights)
        raise tl.TraitError(
            f"weights must sum to 1, got the sum {total:.6g} from {weights}; "
            f"divide each by {total:.6g}"
        )
    return weights


def check_stds(stds: list[float], least: float = 0.0) -> list[float]:
    """Refuse standard deviations that are not positive, or smaller than what can be drawn."""
    if not all(math.isfinite(s) and s > 0 for s in stds):
        raise tl.TraitError(
            f"stds must all be positive numbers, got {stds}; "
            "for a point mass take a small value such as 0.05"
        )
    if min(stds) < least:
        raise tl.TraitError(
            f"stds must be at least {least:g}, the finest this figure draws, got {stds}"
        )
    return stds


def check_lengths(lists: Mapping[str, Sequence[object]]) -> None:
    """Refuse a mixture whose weights, means and stds differ in number."""
    lengths = {name: len(values) for name, values in lists.items()}
    if len(set(lengths.values())) != 1 or not min(lengths.values()):
        raise tl.TraitError(
            f"a mixture needs as many weights as means and stds, at least one, got {lengths}; "
            "to change the number of components use set_mixture(weights, means, stds)"
        )
