"""The ledger's check accepts what holds, and refuses everything that is not a proof."""

import builtins
import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from diffusion_lab.verify import MIME, VerificationError, claims, verify

GOOD = {"error": 0.002, "tolerance": 0.005, "because": "1/sqrt(N) with N = 40 000"}
WRONG = [claim.id for claim in claims().values() if claim.verdict == "wrong"]


def test_a_check_that_holds_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    verify("A5", **GOOD, what="sigma = g")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    for part in ("A5", "backward", "sigma = g", "0.002", "0.005", "N = 40 000", "pass"):
        assert part in out


@pytest.mark.parametrize("number", [np.float32(0.002), np.array(0.002), torch.tensor(0.002)])
def test_numbers_may_be_arrays_of_no_dimension(number: object) -> None:
    verify("A5", **GOOD | {"error": number})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"error": 0.0051}, "above the tolerance"),
        ({"error": math.nan}, "finite"),
        ({"error": math.inf}, "finite"),
        ({"error": -1e-9}, "absolute value"),
        ({"error": np.zeros(2)}, "one number"),
        ({"error": torch.zeros(2)}, "one number"),
        ({"error": "small"}, "one number"),
        ({"tolerance": 0.0}, "rounding"),
        ({"tolerance": -1.0}, "finite and not negative"),
        ({"tolerance": math.nan}, "finite"),
        ({"tolerance": math.inf}, "finite"),
        ({"because": "  "}, "say why"),
        ({"printed": 0.004}, "does not tell it from"),
        ({"printed": math.nan}, "finite"),
    ],
)
def test_a_check_that_fails_raises_and_says_why(change: dict, says: str) -> None:
    with pytest.raises(VerificationError, match=says):
        verify("A5", **GOOD | change)


def test_an_unknown_claim_names_the_known_ones() -> None:
    with pytest.raises(VerificationError, match=r"'A99'.*A1, A2"):
        verify("A99", **GOOD)


@pytest.mark.parametrize("claim", WRONG)
def test_a_wrong_claim_must_show_its_printed_form_failing(
    claim: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(VerificationError, match="printed="):
        verify(claim, **GOOD)
    verify(claim, **GOOD, printed=1.8)
    assert "as printed: 1.8, fails" in capsys.readouterr().out


def test_a_notebook_gets_the_line_and_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", object)
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append((data, raw)))
    monkeypatch.setattr(builtins, "print", lambda *_: pytest.fail("printed beside the display"))
    verify("A8", **GOOD, printed=1.8, what="1-D")
    ((data, raw),) = shown
    assert raw
    assert data["text/plain"].startswith("A8")
    assert data[MIME] == {
        "claim": "A8",
        "what": "1-D",
        "error": 0.002,
        "tolerance": 0.005,
        "because": GOOD["because"],
        "printed": 1.8,
    }


def test_it_imports_nothing_heavy() -> None:
    code = (
        "import sys; from diffusion_lab.verify import verify; "
        "verify('A5', error=0.1, tolerance=1, because='x'); "
        "print([m for m in ('torch', 'numpy', 'scipy', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_ledger_is_whole() -> None:
    expected = [f"A{n}" for n in range(1, 28)]
    expected += [f"B{n}" for n in range(1, 9)] + [f"C{n}" for n in range(1, 13)]
    assert list(claims()) == expected
    assert WRONG == ["A6", "A7", "A8", "A9", "A12", "A15"]
    for claim in claims().values():
        assert claim.statement, claim.id
        assert claim.name, claim.id
        assert 1 <= claim.chapter <= 27, claim.id
        assert claim.verdict in ("holds", "imprecise", "wrong"), claim.id
        assert bool(claim.printed) == (claim.verdict == "wrong"), claim.id
        assert claim.remark or claim.verdict == "holds", claim.id
