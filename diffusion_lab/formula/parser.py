"""From the text of a formula to its steps, by recursive descent; the grammar is in `formula`.

It mirrors `lab/src/core/parse.ts` line by line, so that both accept and refuse the same text.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from .mistake import FormulaError, suggest

LONGEST = 500
DEEPEST = 64
CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}
UNARY_FUNCTIONS = "sin cos tan atan sinh cosh tanh exp log ln sqrt abs sign floor step".split()
BINARY_FUNCTIONS = "min max pow".split()

_SPACE = re.compile("[ \\t\\r\\n\\u00a0]*")
# A number, a name (a Greek letter is one by itself, so that 2πt is a product), or an operator.
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*|[\u0370-\u03ff])"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?P<operator><=|>=|\*\*|[-+*/^()<>,?:·×−≤≥])"
)
_SAME = {"**": "^", "·": "*", "×": "*", "−": "-", "≤": "<=", "≥": ">="}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_STRENGTH = {"?": 1, "<": 2, ">": 2, "<=": 2, ">=": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 6}
_SIGNED = 5

Fold: TypeAlias = Callable[[str, list[float]], float]


@dataclass(frozen=True)
class Step:
    """An operation on the last `arity` values, a variable (arity 0), or a number (no name)."""

    name: str
    arity: int = 0
    value: float = 0.0


class _Parser:
    def __init__(self, source: str, variables: Sequence[str], fold: Fold) -> None:
        self.source, self.variables, self.fold = source, tuple(variables), fold
        self.steps: list[Step] = []
        self.kind, self.text, self.start, self.next, self.depth = "end", "", 0, 0, 0

    def parse(self) -> list[Step]:
        length = len(self.source)
        if length > LONGEST:
            message = f"the formula has {length} characters; at most {LONGEST} are allowed"
            raise FormulaError(message, LONGEST + 1)
        self.advance()
        if self.kind == "end":
            raise FormulaError("type a formula, such as 2t", 1)
        self.expression(1)
        if self.kind != "end":
            self.unexpected()
        return self.steps

    def fail(self, message: str, suggestion: str = "") -> NoReturn:
        raise FormulaError(message, self.start + 1, max(1, len(self.text)), suggestion)

    def unexpected(self) -> NoReturn:
        if self.kind == "end":
            self.fail("the formula ends too early")
        if self.kind == "number":
            self.fail(f"put an operator before “{self.text}”", f"*{self.text}")
        if self.text == ")":
            self.fail("this “)” closes nothing")
        self.fail(f"“{self.text}” does not fit here")

    def advance(self) -> None:
        space = _SPACE.match(self.source, self.next)
        self.start = space.end() if space else self.next
        match = _TOKEN.match(self.source, self.start)
        self.text = match.group() if match else ""
        self.kind = (match.lastgroup or "end") if match else "end"
        self.next = self.start + len(self.text)
        if match or self.start == len(self.source):
            return
        self.text = self.source[self.start]
        self.fail(f"“{self.text}” has no meaning in a formula")

    @property
    def symbol(self) -> str:
        """The operator in its plain form, or nothing."""
        if self.kind == "operator":
            return _SAME.get(self.text, self.text)
        return "^" if self.kind == "raised" else ""

    def expect(self, symbol: str) -> None:
        if self.symbol != symbol:
            if self.kind == "end":
                self.fail(f"“{symbol}” is missing")
            self.fail(f"expected “{symbol}” before “{self.text}”")
        self.advance()

    def expression(self, least: int) -> None:
        """Operators that bind at least this strongly, and what they bind."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"the formula is nested deeper than {DEEPEST}")
        self.operand()
        compared = False
        while True:
            operand = self.kind == "name" or self.symbol == "("
            symbol = "*" if operand else self.symbol
            strength = _STRENGTH.get(symbol, 0)
            if strength < least:
                break
            if strength == 2 and compared:
                self.fail("comparisons do not chain: write a < b ? b < c : 0")
            compared = strength == 2
            if self.kind == "raised":
                self.number(float(self.text.translate(_RAISED)))
                self.advance()
                self.emit("^", 2)
            else:
                if not operand:
                    self.advance()
                self.right(symbol, strength)
        if self.kind == "number":
            self.unexpected()
        self.depth -= 1

    def right(self, symbol: str, strength: int) -> None:
        if symbol == "?":
            self.expression(1)
            self.expect(":")
            self.expression(1)
            self.emit("?", 3)
        else:
            self.expression(strength if symbol == "^" else strength + 1)
            self.emit(symbol, 2)

    def operand(self) -> None:
        symbol = self.symbol
        if self.kind == "number":
            value = float(self.text)
            if value == math.inf:
                self.fail(f"{self.text} is too large for a number")
            self.number(value)
            self.advance()
        elif self.kind == "name":
            self.name()
        elif symbol == "(":
            self.advance()
            self.expression(1)
            self.expect(")")
        elif self.kind == "operator" and symbol in ("-", "+"):
            self.advance()
            self.expression(_SIGNED)
            if symbol == "-":
                self.emit("negate", 1)
        else:
            self.unexpected()

    def name(self) -> None:
        name = self.text
        if name in self.variables:
            self.steps.append(Step(name))
        elif name in CONSTANTS:
            self.number(CONSTANTS[name])
        elif name in UNARY_FUNCTIONS:
            return self.call(1)
        elif name in BINARY_FUNCTIONS:
            return self.call(2)
        else:
            others = [*CONSTANTS, *UNARY_FUNCTIONS, *BINARY_FUNCTIONS]
            suggestion = suggest(name, self.variables, others)
            here = f"the variables here are {', '.join(self.variables)}"
            hint = f"did you mean “{suggestion}”?" if suggestion else here
            self.fail(f"unknown name “{name}”; {hint}", suggestion)
        self.advance()

    def call(self, arity: int) -> None:
        name, start = self.text, self.start
        needs = f"{name}(…)" if arity == 1 else f"{name}(…, …)"
        self.advance()
        if self.symbol != "(":
            raise FormulaError(f"{name} needs parentheses: {needs}", start + 1, len(name))
        self.advance()
        self.expression(1)
        if arity == 2:
            if self.symbol == ")":
                self.fail(f"{name} takes two values: {needs}")
            self.expect(",")
            self.expression(1)
        if self.symbol == ",":
            self.fail(f"{name} takes {'one value' if arity == 1 else 'two values'}: {needs}")
        self.expect(")")
        self.emit(name, arity)

    def number(self, value: float) -> None:
        self.steps.append(Step("", 0, value))

    def emit(self, name: str, arity: int) -> None:
        """Add an operation, or its value when all operands are numbers: those are the last."""
        operands = self.steps[-arity:]
        if any(step.name for step in operands):
            self.steps.append(Step(name, arity))
            return
        del self.steps[-arity:]
        self.number(self.fold(name, [step.value for step in operands]))


def parse(source: str, variables: Sequence[str], fold: Fold) -> list[Step]:
    """The steps of a formula in these variables; `fold` applies an operation to numbers.

    Raises FormulaError, or TypeError for what is not text.
    """
    if not isinstance(source, str):
        raise TypeError(f'a formula is text, such as "2t"; got {source!r}.')
    return _Parser(source, variables, fold).parse()
