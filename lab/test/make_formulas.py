"""Write formulas.json: what the formula language accepts, with values, and what it refuses, where.

The TypeScript and the Python of the language both read it. Values come from the Python
expressions below, written by hand. The fuzzed strings hold what the Python parser says of each;
its test checks that they still do, and the TypeScript has to agree.

Run `python lab/test/make_formulas.py`.
"""

import json
from math import (
    atan,
    cos,
    cosh,
    e,
    exp,
    floor,
    inf,
    isfinite,
    log,
    nan,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from pathlib import Path

import numpy as np

from diffusion_lab.formula import Formula, FormulaError

VARIABLES = ["x", "t"]
POINTS = [(-1.5, 0.1), (-0.4, 0.5), (0.0, 0.25), (0.7, 0.9), (2.3, 1.0)]

ACCEPTED = {
    "-5x": lambda x, t: -5 * x,
    "2x": lambda x, t: 2 * x,
    "2(x+1)": lambda x, t: 2 * (x + 1),
    "x sin(t)": lambda x, t: x * sin(t),
    "x(t+1)": lambda x, t: x * (t + 1),
    "(x+1)(t-1)": lambda x, t: (x + 1) * (t - 1),
    "1/2x": lambda x, t: x / 2,
    "2πt": lambda x, t: 2 * pi * t,
    "e^(-t)": lambda x, t: exp(-t),
    "2exp(x)": lambda x, t: 2 * exp(x),
    "2e": lambda x, t: 2 * e,
    "1.5e-3x": lambda x, t: 0.0015 * x,
    ".5 + 2.": lambda x, t: 2.5,
    "-x^2": lambda x, t: -(x**2),
    "(-x)^2": lambda x, t: x**2,
    "2^3^2": lambda x, t: 512.0,
    "2^-x*3": lambda x, t: 2**-x * 3,
    "2^-t^2": lambda x, t: 2 ** -(t**2),
    "x²": lambda x, t: x**2,
    "2^x²": lambda x, t: 2 ** (x**2),
    "x²t³": lambda x, t: x**2 * t**3,
    "t¹⁰": lambda x, t: t**10,
    "x**3": lambda x, t: x**3,
    "x^4": lambda x, t: x**4,
    "t^0.5": lambda x, t: sqrt(t),
    "−x·2×t": lambda x, t: -x * 2 * t,
    "x - t - 1": lambda x, t: x - t - 1,
    "x/t/2": lambda x, t: x / t / 2,
    "x-(t-x)": lambda x, t: 2 * x - t,
    "--x": lambda x, t: x,
    "x*-+-t": lambda x, t: x * t,
    "4x-4x^3+0.5sin(3t)": lambda x, t: 4 * x - 4 * x**3 + 0.5 * sin(3 * t),
    "-0.5(0.1+19.9t)x": lambda x, t: -0.5 * (0.1 + 19.9 * t) * x,
    "sin(x)+cos(x)+tan(x)": lambda x, t: sin(x) + cos(x) + tan(x),
    "sinh(x)*cosh(t)+tanh(x)": lambda x, t: sinh(x) * cosh(t) + tanh(x),
    "atan(x)": lambda x, t: atan(x),
    "log(t)+ln(t)": lambda x, t: 2 * log(t),
    "sqrt(abs(x))": lambda x, t: sqrt(abs(x)),
    "sign(x)": lambda x, t: (x > 0) - (x < 0),
    "floor(x)": lambda x, t: floor(x),
    "step(x)": lambda x, t: x >= 0,
    "min(x, t)+max(x,0)": lambda x, t: min(x, t) + max(x, 0),
    "pow(2, x)": lambda x, t: 2**x,
    "x > 0 ? x : -x": lambda x, t: abs(x),
    "x<0?1:x<1?2:3": lambda x, t: 1 if x < 0 else 2 if x < 1 else 3,
    "(x <= t)(x ≥ -1)": lambda x, t: (x <= t) * (x >= -1),
    "x+1 > t*2": lambda x, t: x + 1 > t * 2,
    "x > 0 ? log(x) : 0": lambda x, t: log(x) if x > 0 else 0,
    "sqrt(x)": lambda x, t: sqrt(x) if x >= 0 else nan,
    "1/0": lambda x, t: inf,
    "9^9^9^9": lambda x, t: inf,
    "exp(1e9)x^0": lambda x, t: inf,
    "\tx\u00a0+\n1 ": lambda x, t: x + 1,
    "(" * 60 + "x" + ")" * 60: lambda x, t: x,
    "x" + "+x" * 249: lambda x, t: 250 * x,
    "-" * 60 + "x": lambda x, t: x,
}

# The column of the first wrong character, and what is offered instead.
REFUSED = [
    ("", 1, ""),
    ("   ", 1, ""),
    ("sni(x)", 1, "sin"),
    ("2 + cso(x)", 5, "cos"),
    ("xt", 1, "x*t"),
    ("tsin(x)", 1, "t*sin"),
    ("Sin(x)", 1, "sin"),
    ("X", 1, "x"),
    ("sqr(x)", 1, "sqrt"),
    ("expp(x)", 1, "exp"),
    ("lgo(x)", 1, "log"),
    ("y", 1, ""),
    ("x + y", 5, ""),
    ("σ", 1, ""),
    ("x2", 1, "x*2"),
    ("2 3", 3, "*3"),
    ("x 2", 3, "*2"),
    ("(x)2", 4, "*2"),
    ("1.2.3", 4, "*.3"),
    ("x +", 4, ""),
    ("* x", 1, ""),
    ("x + * t", 5, ""),
    ("(x", 3, ""),
    ("(x+(t)", 7, ""),
    ("x)", 2, ""),
    ("()", 2, ""),
    ("sin x", 1, ""),
    ("sin", 1, ""),
    ("sin()", 5, ""),
    ("sin²(x)", 1, ""),
    ("sin(x, t)", 6, ""),
    ("max(x)", 6, ""),
    ("max(x, t, 1)", 9, ""),
    ("pow(x", 6, ""),
    ("x, t", 2, ""),
    ("x < t < 1", 7, ""),
    ("x ? t", 6, ""),
    ("x : t", 3, ""),
    ("?", 1, ""),
    ("²", 1, ""),
    ("1e999", 1, ""),
    ("x = 2", 3, ""),
    ("x == 2", 3, ""),
    ("x; t", 2, ""),
    ("x % 2", 3, ""),
    ("x & t", 3, ""),
    ("x[0]", 2, ""),
    ("x.y", 2, ""),
    ("'x'", 1, ""),
    ("`x`", 1, ""),
    ("x\u2028t", 2, ""),
    ("x\u200bt", 2, ""),
    ("2·🙂", 3, ""),
    ("１+x", 1, ""),
    ("constructor", 1, ""),
    ("__proto__", 1, ""),
    ("toString(x)", 1, ""),
    ("hasOwnProperty", 1, ""),
    ("__import__('os')", 1, ""),
    ("lambda: 0", 1, ""),
    ("range(1, 1e9)", 1, ""),
    ("while(1){}", 1, ""),
    ("alert(1)", 1, ""),
    ("(" * 65 + "x" + ")" * 65, 65, ""),
    ("-" * 70 + "x", 65, ""),
    ("2^" * 70 + "x", 129, ""),
    ("x?" * 70 + "x", 129, ""),
    ("x+" * 300 + "x", 501, ""),
]

PIECES = (
    "x t x t 0 1 2 3.5 .5 1e3 1e-2 + - * / ^ ( ) ( ) sin( exp( max( min( , ? : < > <= >= ** ² ³ ⁴"
    " · × − π e pi sni xt foo tan sqrt _ . .. 2. e5 $ # \" ' [ ] { } ; = & % \\ é \u00a0 🙂"
    " \u0000 \u202e"
).split(" ")


def fuzzed(rng: np.random.Generator, count: int) -> list[tuple[str, int]]:
    """Return random strings and damaged formulas, with the column that is wrong (0: none)."""
    known = [source for source in ACCEPTED if len(source) < 40]
    found: dict[str, int] = {}
    while len(found) < count:
        if rng.random() < 0.3:
            pieces = rng.choice(PIECES, rng.integers(1, 9)).tolist()
        else:
            pieces = list(known[rng.integers(len(known))])
            for _ in range(rng.integers(1, 3)):
                i = rng.integers(len(pieces) + 1)
                piece = rng.choice(PIECES, rng.integers(0, 2)).tolist()
                pieces[i : i + rng.integers(0, 3)] = piece
        source = "".join(pieces)
        try:
            Formula(source, VARIABLES)
            found[source] = 0
        except FormulaError as error:
            found[source] = error.column
    return list(found.items())


def value(function: object, x: float, t: float) -> float | None:
    """Return the value as JSON holds it: nothing where it is not finite."""
    found = float(function(x, t))  # type: ignore[operator]
    return found if isfinite(found) else None


def contents() -> dict:
    """Return everything that formulas.json holds."""
    return {
        "variables": VARIABLES,
        "points": POINTS,
        "accepted": [
            {"source": source, "values": [value(f, x, t) for x, t in POINTS]}
            for source, f in ACCEPTED.items()
        ],
        "refused": [
            {"source": source, "column": column, "suggestion": suggestion}
            for source, column, suggestion in REFUSED
        ],
        "fuzzed": fuzzed(np.random.default_rng(7), 3000),
    }


if __name__ == "__main__":
    text = json.dumps(contents(), indent=None, separators=(",", ":"))
    text = text.replace("],[", "],\n[").replace("},{", "},\n{") + "\n"
    Path(__file__).with_name("formulas.json").write_text(text)
