"""The formula language in Python: values, refusals, the fuzzed strings, torch, Python source."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch

from diffusion_lab.formula import Formula, FormulaError


@pytest.fixture(scope="module")
def shared(root):
    """What lab/test/formulas.json says, which the TypeScript reads too."""
    return json.loads((root / "lab/test/formulas.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def points(shared):
    x, t = np.array(shared["points"]).T
    return x, t


def test_accepted_formulas_have_the_values_written_beside_them(shared, points):
    x, t = points
    for case in shared["accepted"]:
        found = Formula(case["source"], shared["variables"])(x=x, t=t)
        wanted = np.array([math.nan if v is None else v for v in case["values"]])
        finite = np.isfinite(wanted)
        assert (np.isfinite(found) == finite).all(), case["source"]
        # Some tens of roundings, and exp and sin by other libraries than Python's.
        np.testing.assert_allclose(found[finite], wanted[finite], rtol=1e-13, atol=1e-15)


def test_refused_formulas_name_the_column_and_what_may_have_been_meant(shared):
    for case in shared["refused"]:
        with pytest.raises(FormulaError) as caught:
            Formula(case["source"], shared["variables"])
        found = (caught.value.column, caught.value.suggestion)
        assert found == (case["column"], case["suggestion"]), case["source"]


def test_fuzzed_strings_are_judged_as_the_typescript_judges_them(shared):
    judged = {0: 0}
    for source, column in shared["fuzzed"]:
        try:
            Formula(source, shared["variables"])
            found = 0
        except FormulaError as error:
            found = error.column
        assert found == column, source
        judged[bool(found)] = judged.get(bool(found), 0) + 1
    assert judged[False] > 200, "too few of the fuzzed strings are formulas"
    assert judged[True] > 200, "too few of the fuzzed strings are refused"


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_tensors_and_the_python_source_give_the_values_of_arrays(shared, points, dtype):
    x, t = (torch.tensor(v, dtype=dtype) for v in points)
    for case in shared["accepted"]:
        formula = Formula(case["source"], ["x", "t"])
        wanted = formula(x=x.numpy().astype(float), t=t.numpy().astype(float))
        by_tensor = formula(x=x, t=t)
        # The source is what fig.to_python() writes; a reader runs it, so the test does.
        by_source = eval(f"lambda x, t: {formula.python}", {"torch": torch})(x, t)
        for found in (by_tensor, by_source):
            assert found.dtype == dtype, formula.python
            assert found.shape == x.shape, formula.python
            if dtype == torch.float64:
                np.testing.assert_allclose(found.numpy(), wanted, 1e-13, 1e-15, case["source"])


def test_shapes_broadcast_and_a_number_takes_the_shape_of_the_variables():
    x, t = torch.zeros(4, 1, dtype=torch.float64), torch.tensor(0.5)
    for source in ("x + t", "t", "3", "step(x)"):
        formula = Formula(source, ["x", "t"])
        assert formula(x=x, t=t).shape == (4, 1)
        assert eval(f"lambda x, t: {formula.python}", {"torch": torch})(x, t).shape == (4, 1)
    assert Formula("2t", ["t"])(t=0.25) == 0.5


def test_other_source_may_stand_for_a_variable():
    assert Formula("2g + t", ["t", "g"]).to_python(g="g(t)") == "2 * g(t) + t"


def test_uses_tells_what_the_value_depends_on():
    formula = Formula("sin(2π) + x", ["x", "t"])
    assert formula.uses("x")
    assert not formula.uses("t")


def test_a_missing_variable_and_what_is_not_text_are_named():
    with pytest.raises(TypeError, match="takes x, t; got x"):
        Formula("x", ["x", "t"])(x=1.0)
    with pytest.raises(TypeError, match="a formula is text"):
        Formula(3, ["t"])


def test_torch_is_not_imported_for_a_formula():
    code = (
        "import sys, numpy as np\n"
        "from diffusion_lab.formula import Formula\n"
        "assert Formula('2t', ['t'])(t=np.ones(3)).sum() == 6\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
