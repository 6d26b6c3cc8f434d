"""A flipped sign in a formula that matters must make a test fail: we flip some of them.

Each mutation copies the package, changes one line, and runs the tests that guard the formula on
the copy. They must pass on an unchanged copy and fail on a changed one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import diffusion_lab

PACKAGE = Path(diffusion_lab.__file__).parent
# what: (file, the formula as written, the formula flipped, the tests that must notice)
MUTATIONS = {
    "forward drift (A4)": (
        "process/dynamics.py",
        "weight = g.square() - sigma.square() if forward",
        "weight = sigma.square() - g.square() if forward",
        "identities/test_dynamics.py",
    ),
    "backward drift (A5)": (
        "process/dynamics.py",
        "if forward else g.square() + sigma.square()",
        "if forward else g.square() - sigma.square()",
        "identities/test_dynamics.py",
    ),
    "probability flow (A18)": (
        "process/dynamics.py",
        "self._drift(x, t, 0.5 * self.sde.noise(t).square())",
        "self._drift(x, t, -0.5 * self.sde.noise(t).square())",
        "identities/test_dynamics.py",
    ),
    "score of a mixture": (
        "density/mixture.py",
        "return -torch.einsum(",
        "return torch.einsum(",
        "identities/test_mixture.py",
    ),
    "g^2 of a path": (
        "process/path.py",
        "self.d_var(t) - 2.0 * self.d_alpha(t)",
        "self.d_var(t) + 2.0 * self.d_alpha(t)",
        "identities/test_paths.py",
    ),
    "VP drift": (
        "process/path.py",
        "return -0.5 * self.beta(t) * self.alpha(t)",
        "return 0.5 * self.beta(t) * self.alpha(t)",
        "identities/test_paths.py",
    ),
    "v-prediction": (
        "process/prediction.py",
        "return -std, alpha",
        "return std, alpha",
        "identities/test_predictions.py",
    ),
    "score from noise": (
        "process/prediction.py",
        "return zero, -1.0 / std",
        "return zero, 1.0 / std",
        "identities/test_predictions.py",
    ),
    "DDIM": (
        "sampling/frozen.py",
        "mean = new.alpha * seen.x0 + new.std * q * seen.eps",
        "mean = new.alpha * seen.x0 - new.std * q * seen.eps",
        "test_sampling.py",
    ),
    "DPM-Solver": (
        "sampling/dpm_solver.py",
        "/ a_t - b_s)",
        "/ a_t + b_s)",
        "test_samplers.py",
    ),
    "Langevin": (
        "sampling/langevin.py",
        "return x + size * drift +",
        "return x - size * drift +",
        "test_samplers.py",
    ),
    "likelihood along the flow (A10)": (
        "sampling/likelihood.py",
        "return normal + gained + frame",
        "return normal - gained + frame",
        "test_likelihood.py",
    ),
    "sign of the divergence (A8)": (
        "sampling/likelihood_velocity.py",
        "FlowLikelihood(end + carried.gained",
        "FlowLikelihood(end - carried.gained",
        "test_likelihood_velocity.py",
    ),
    "velocity of flow matching (A14)": (
        "flows/matching.py",
        "a * x0 + b * x1",
        "a * x0 - b * x1",
        "test_flow_matching.py",
    ),
    "log-determinant of a coupling flow (A7)": (
        "flows/coupling_flow.py",
        "total = total + log_det",
        "total = total - log_det",
        "test_invertible.py",
    ),
    "Scharfetter-Gummel flux": (
        "fokker_planck/flux.py",
        "w = drift * h / diffusion",
        "w = -drift * h / diffusion",
        "convergence/test_fokker_planck.py",
    ),
}


def run(package_parent: Path, tests: str, root: Path) -> subprocess.CompletedProcess:
    """Run test files against the copy of the package, stopping at the first failure."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(package_parent),
        "OMP_NUM_THREADS": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # nbval alone takes a second to load
    }
    plain = ["-o", "addopts=", "-p", "no:cacheprovider", "-q", "-x"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plain, str(root / "tests" / tests)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=package_parent,  # `python -m` puts it first on the path, before the real package
    )


def copy(target: Path) -> Path:
    # With what was compiled: a file that is changed below is newer, and compiled again.
    ignore = shutil.ignore_patterns("static")
    return shutil.copytree(PACKAGE, target / "diffusion_lab", ignore=ignore)


def test_an_unchanged_copy_passes_and_is_the_one_imported(tmp_path, root):
    copy(tmp_path)
    done = run(tmp_path, "identities/test_paths.py", root)
    assert done.returncode == 0, done.stdout
    (tmp_path / "diffusion_lab" / "tensors.py").write_text("raise ImportError('the copy')")
    assert "the copy" in run(tmp_path, "identities/test_paths.py", root).stdout


@pytest.mark.parametrize(
    ("file", "formula", "flipped", "tests"), MUTATIONS.values(), ids=MUTATIONS
)
def test_flipped_formula_is_noticed(file, formula, flipped, tests, tmp_path, root):
    source = copy(tmp_path) / file
    text = source.read_text(encoding="utf-8")
    assert text.count(formula) == 1, (
        f"{file} no longer holds {formula!r}: bring the table up to date"
    )
    source.write_text(text.replace(formula, flipped), encoding="utf-8")
    done = run(tmp_path, tests, root)
    assert done.returncode == 1, f"{flipped!r} went unnoticed:\n{done.stdout}"
    assert "1 failed" in done.stdout
