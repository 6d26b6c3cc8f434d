"""The ledger's check: one line of proof for one claim of the two source texts.

For example::

    verify("A5", error=0.0021, tolerance=0.005, because="1/sqrt(N) with N = 40 000")

The claims and their corrected statements are in ``claims.toml``, beside this file.
The book's ledger page shows what the chapters of the same build measured.
"""

from __future__ import annotations

import math
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, SupportsFloat

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Claim", "VerificationError", "claims", "verify"]

MIME = "application/vnd.diffusion-lab.claim+json"


class VerificationError(AssertionError):
    """A claim failed its check, or the check itself is not one."""


@dataclass(frozen=True)
class Claim:
    """One row of the ledger.

    Attributes
    ----------
    id : str
        Name of the claim: ``A1`` to ``A27``, ``B1`` to ``B8``, ``C1`` to ``C12``.
    name : str
        A few words, for the line that `verify` prints.
    statement : str
        The corrected claim, Markdown with LaTeX.
    chapter : int
        Number of the one chapter that proves it.
    verdict : str
        What we found in the source: ``"holds"``, ``"imprecise"`` or ``"wrong"``.
    remark : str
        What the source leaves out or gets wrong.
    printed : str
        For a wrong claim, the form as the source prints it.
    optional : bool
        True where no chapter owes a proof.
    """

    id: str
    name: str
    statement: str
    chapter: int
    verdict: Literal["holds", "imprecise", "wrong"]
    remark: str = ""
    printed: str = ""
    optional: bool = False


@cache
def claims() -> Mapping[str, Claim]:
    """Return every claim of the ledger by its id, in the ledger's order."""
    table = tomllib.loads(files("diffusion_lab").joinpath("claims.toml").read_text("utf-8"))
    return MappingProxyType({name: Claim(id=name, **row) for name, row in table.items()})


def verify(
    claim: str,
    *,
    error: SupportsFloat,
    tolerance: SupportsFloat,
    because: str,
    printed: SupportsFloat | None = None,
    what: str = "",
) -> None:
    """Print one line of proof for a claim, or raise.

    Parameters
    ----------
    claim : str
        Id of the claim in the ledger, such as ``"A5"``.
    error : float or 0-d array
        Measured error, zero or more.
    tolerance : float or 0-d array
        Largest error allowed, above zero.
    because : str
        Why the tolerance has this size: rounding, h^2, 1/sqrt(N).
    printed : float or 0-d array, optional
        Error of the form the source prints, which must fail the same check.
        Required for a claim whose verdict is ``"wrong"``.
    what : str, optional
        Name of this check, where a claim has several.

    Raises
    ------
    VerificationError
        When the error is above the tolerance, when the printed form passes, or when the check
        is malformed.

    Examples
    --------
    >>> verify("A5", error=0.0021, tolerance=0.005, because="1/sqrt(N) with N = 40 000")
    A5 · one density, backward: error 0.0021 <= 0.005 (1/sqrt(N) with N = 40 000) · pass
    """
    row = claims().get(claim)
    if row is None:
        raise VerificationError(
            f"no claim {claim!r} in the ledger; the ids are {', '.join(claims())}"
        )
    if not because.strip():
        raise VerificationError(
            f"{claim}: `because` is empty; say why the tolerance has its size, for example "
            "'rounding', 'h^2 with h = 0.01' or '1/sqrt(N) with N = 40 000'"
        )
    measured, allowed = _number(claim, "error", error), _number(claim, "tolerance", tolerance)
    if allowed == 0:
        raise VerificationError(
            f"{claim}: the tolerance is 0; floating-point numbers need room for rounding, "
            "so give the size of the rounding error"
        )
    title = f"{claim} · {row.name}" + (f", {what}" if what else "")
    if measured > allowed:
        raise VerificationError(
            f"{title}: error {measured:.3g} is above the tolerance {allowed:.3g} ({because}); "
            "either the claim fails here, or the reason for the tolerance does not hold"
        )
    line = f"{title}: error {measured:.3g} <= {allowed:.3g} ({because}) · pass"
    wrong_by = None if printed is None else _number(claim, "printed", printed)
    if wrong_by is not None:
        if wrong_by <= allowed:
            raise VerificationError(
                f"{title}: the form printed in the source has error {wrong_by:.3g} and so passes "
                f"the tolerance {allowed:.3g}; the check does not tell it from the corrected one"
            )
        line += f" · as printed: {wrong_by:.3g}, fails"
    elif row.verdict == "wrong":
        raise VerificationError(
            f"{title}: the source prints this claim wrongly, so pass `printed=`, the error of "
            "the printed form under this same check"
        )
    _show(
        line,
        {
            "claim": claim,
            "what": what,
            "error": measured,
            "tolerance": allowed,
            "because": because,
            "printed": wrong_by,
        },
    )


def _number(claim: str, name: str, value: SupportsFloat) -> float:
    """Return a finite number of zero or more, or say what is wrong with it."""
    try:
        number = float(value)
    except (TypeError, ValueError, RuntimeError) as reason:
        raise VerificationError(
            f"{claim}: `{name}` must be one number, got {type(value).__name__} ({reason}); "
            "reduce an array first, for example with .abs().max()"
        ) from reason
    if not math.isfinite(number) or number < 0:
        raise VerificationError(
            f"{claim}: `{name}` is {number}; it must be finite and not negative"
            + ("; take the absolute value of the difference" if number < 0 else "")
        )
    return number


def _show(line: str, record: dict[str, str | float | None]) -> None:
    """Print the line; in IPython, attach the record that the book's ledger page reads."""
    ipython = sys.modules.get("IPython")  # never imported for this: a script has no use for it
    if ipython is None or ipython.get_ipython() is None:
        print(line)
        return
    from IPython.display import display

    display({"text/plain": line, MIME: record}, raw=True)
