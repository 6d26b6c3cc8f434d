"""Formulas that a reader types, checked and run in Python.

The grammar is that of the live figures (`lab/src/core/expr.ts`)::

    choice  = test ["?" choice ":" choice]          a ? b : c, b where a is not 0
    test    = sum [("<" | ">" | "<=" | ">=") sum]   1 or 0
    sum     = product {("+" | "-") product}
    product = signed {["*" | "/"] signed}           2x, 2(x+1), x sin(t): "*" may be left out
    signed  = ("-" | "+") power | power             -x^2 = -(x^2)
    power   = atom ["^" signed]                     2^3^2 = 2^(3^2); x² = x^2
    atom    = number | name | name "(" choice {"," choice} ")" | "(" choice ")"

So 1/2x is (1/2) x, and x(t+1) is a product where x is a variable. A formula becomes a list of
steps over a fixed table of operations. It is never handed to Python to evaluate, so nothing typed
can reach Python; its length and depth are bounded.
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from .parser import UNARY_FUNCTIONS, Step, parse
from .python_source import write_python

# The name of each operation in NumPy and in torch, which agree.
_FUNCTIONS = {name: name for name in UNARY_FUNCTIONS} | {"ln": "log"}
_FUNCTIONS |= {"min": "minimum", "max": "maximum", "pow": "pow", "^": "pow"}
_FUNCTIONS |= {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "negate": "negative"}
_COMPARISONS = {"<": "less", ">": "greater", "<=": "less_equal", ">=": "greater_equal"}


class Formula:
    """A formula in some variables, as a function of arrays or tensors.

    source : what was typed;  variables : the names that may stand in it
    Raises FormulaError, with the column, for anything else.

    Examples
    --------
    >>> drift = Formula("-5x + sin(2πt)", ["x", "t"])
    >>> drift(x=np.array([0.0, 1.0]), t=0.25)
    array([ 1., -4.])
    """

    def __init__(self, source: str, variables: Sequence[str]) -> None:
        self.source, self.variables = source, tuple(variables)
        self.steps: list[Step] = parse(source, self.variables, fold=_on_numbers)

    def __call__(self, **values: Any) -> Any:
        """The values for numbers and NumPy arrays, or for torch tensors: shapes broadcast.

        Raises TypeError when a variable is missing or unknown.
        """
        if set(values) != set(self.variables):
            raise TypeError(
                f"the formula {self.source!r} takes {', '.join(self.variables)}; "
                f"got {', '.join(values) or 'nothing'}."
            )
        torch = sys.modules.get("torch")  # a tensor among the values has imported it
        tensors = [v for v in values.values() if torch and isinstance(v, torch.Tensor)]
        if tensors:
            library: Any = torch
            kind = {"dtype": tensors[0].dtype, "device": tensors[0].device}
        else:
            library, kind = np, {"dtype": np.float64}
        arrays = {name: library.asarray(v, **kind) for name, v in values.items()}
        stack: list[Any] = []
        with np.errstate(all="ignore"):  # what is not finite is for the caller to judge
            for step in self.steps:
                if step.arity:
                    operands = stack[-step.arity :]
                    del stack[-step.arity :]
                    stack.append(_apply(library, step.name, operands))
                elif step.name:
                    stack.append(arrays[step.name])
                else:
                    stack.append(library.asarray(step.value, **kind))
        shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
        return library.broadcast_to(stack[0], shape) + 0.0 if stack[0].shape != shape else stack[0]

    def uses(self, variable: str) -> bool:
        """Whether the value depends on this variable."""
        return any(step.name == variable and not step.arity for step in self.steps)

    @property
    def python(self) -> str:
        """The formula as Python source for torch tensors, of the shape of the first variable."""
        return self.to_python()

    def to_python(self, **names: str) -> str:
        """The same, with other Python source for some variables: `to_python(g="g(t)")`."""
        return write_python(self.steps, {v: names.get(v, v) for v in self.variables})


def _apply(library: Any, name: str, operands: list[Any]) -> Any:
    """One operation, in NumPy or torch; truth values become numbers."""
    if name == "?":
        return library.where(operands[0] != 0, operands[1], operands[2])
    if name == "step":
        return library.asarray(operands[0] >= 0, dtype=operands[0].dtype)
    if name in _COMPARISONS:
        truth = getattr(library, _COMPARISONS[name])(*operands)
        return library.asarray(truth, dtype=operands[0].dtype)
    return getattr(library, _FUNCTIONS[name])(*operands)


def _on_numbers(name: str, values: list[float]) -> float:
    with np.errstate(all="ignore"):
        return float(_apply(np, name, [np.float64(v) for v in values]))
