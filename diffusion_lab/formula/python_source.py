"""A formula as Python source for torch tensors, to stand in code that a reader changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .parser import Step

# How strongly Python binds: 0 comparison, 1 sum, 2 product, 3 sign, 4 power, 5 call or name.
_INFIX = {
    "<": (0, 1, 1),
    ">": (0, 1, 1),
    "<=": (0, 1, 1),
    ">=": (0, 1, 1),
    "+": (1, 1, 2),
    "-": (1, 1, 2),
    "*": (2, 2, 3),
    "/": (2, 2, 3),
    "^": (4, 5, 3),
}
_COMPARISONS = ("<", ">", "<=", ">=")


@dataclass(frozen=True)
class _Text:
    """Source, how strongly it binds, and the variable that gives its dtype ('' for a number)."""

    source: str
    strength: int = 5
    variable: str = ""
    truth: bool = False

    def bound(self, strength: int) -> str:
        """The value, in parentheses where it binds less strongly than this."""
        if self.truth:
            return f"({self.source}).to({self.variable})"
        return f"({self.source})" if self.strength < strength else self.source

    @property
    def alone(self) -> str:
        """The value where nothing else binds."""
        return self.bound(0)


def write_python(steps: Sequence[Step], names: Mapping[str, str]) -> str:
    """Python source of the steps, of the shape of the first variable.

    names : the Python source of each variable, first variable first
    """
    stack: list[_Text] = []
    for step in steps:
        if step.arity:
            operands = stack[-step.arity :]
            del stack[-step.arity :]
            stack.append(_operation(step.name, operands))
        elif step.name:
            stack.append(_Text(names[step.name], 5, names[step.name]))
        else:
            stack.append(_number(step.value))
    first, result = next(iter(names)), stack[0]
    if any(step.name == first for step in steps if not step.arity):
        return result.alone
    if not result.variable:
        return f"torch.full_like({names[first]}, {result.source})"
    return f"{result.bound(1)} + torch.zeros_like({names[first]})"


def _number(value: float) -> _Text:
    if value - value != 0:  # infinite, or not a number
        return _Text(f'float("{value}")')
    source = f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else repr(value)
    return _Text(source, 3 if source.startswith("-") else 5)


def _operation(name: str, operands: Sequence[_Text]) -> _Text:
    variable = next(operand.variable for operand in operands if operand.variable)
    if name == "?":
        return _Text(_choice(operands, variable), 5, variable)
    if name in _INFIX or name == "pow":
        strength, left, right = _INFIX["^" if name == "pow" else name]
        symbol = "**" if name in ("^", "pow") else name
        source = f"{operands[0].bound(left)} {symbol} {operands[1].bound(right)}"
        return _Text(source, strength, variable, name in _COMPARISONS)
    if name == "negate":
        return _Text(f"-{operands[0].bound(3)}", 3, variable)
    if name == "step":
        return _Text(f"{operands[0].bound(1)} >= 0", 0, variable, True)
    if name in ("min", "max"):
        numbers = [operand for operand in operands if not operand.variable]
        if numbers:
            (other,) = (operand for operand in operands if operand.variable)
            side = "max" if name == "min" else "min"
            return _Text(f"torch.clamp({other.alone}, {side}={numbers[0].source})", 5, variable)
        name += "imum"
    name = {"ln": "log"}.get(name, name)
    return _Text(f"torch.{name}({', '.join(o.alone for o in operands)})", 5, variable)


def _choice(operands: Sequence[_Text], variable: str) -> str:
    """torch.where, with one branch a tensor: two numbers would lose the dtype."""
    condition, yes, no = operands
    test = condition.source if condition.truth else f"{condition.bound(1)} != 0"
    if not condition.variable:  # a number: torch.where wants a tensor
        test = f"torch.tensor({test})"
    one = yes.alone
    if not yes.variable and not no.variable:
        one = f"torch.full_like({variable}, {one})"
    return f"torch.where({test}, {one}, {no.alone})"
