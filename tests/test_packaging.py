"""The wheel: what is in it, that it installs and imports elsewhere, and how quickly."""

import re
import statistics
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from pathlib import Path

import pytest

IMPORT_SECONDS = 0.3  # the budget of the design for `import diffusion_lab`


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory) -> Path:
    """Build the wheel from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    run(*build, "--wheel-dir", folder, root)
    (path,) = folder.glob("diffusion_lab-*.whl")
    return path


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory) -> Path:
    """Install the wheel into a fresh environment that borrows the dependencies of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel)
    # A .pth line is searched after the environment's own packages, and the .pth files of the
    # borrowed folder (the editable install among them) are not read.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_wheel_holds_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"diffusion_lab"}
    for owed in ("py.typed", "claims.toml", "__init__.pyi", "verify.py"):
        assert f"diffusion_lab/{owed}" in names
    assert any(re.fullmatch(r"diffusion_lab/widgets/static/\w+\.js", name) for name in names)
    assert not [name for name in names if "__pycache__" in name]


def test_wheel_imports_in_a_clean_environment(elsewhere, root, tmp_path):
    code = "import diffusion_lab; print(diffusion_lab.__file__)"
    where = Path(run(elsewhere, "-c", code, cwd=tmp_path))
    assert where.is_relative_to(elsewhere.parents[1])
    assert not where.is_relative_to(root)


def test_every_public_name_loads_from_the_wheel(elsewhere, tmp_path):
    code = "import diffusion_lab as d; print(len([getattr(d, name) for name in d.__all__]))"
    assert int(run(elsewhere, "-c", code, cwd=tmp_path)) > 0


def test_example_of_the_readme_runs_from_the_wheel(elsewhere, root, tmp_path):
    readme = (root / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    assert "import diffusion_lab" in example or "from diffusion_lab" in example
    run(elsewhere, "-c", example, cwd=tmp_path)


def seconds(code: str) -> float:
    """Return the median time of five interpreters that run `code`."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        run(sys.executable, "-c", code)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_import_is_quick():
    assert seconds("import diffusion_lab") - seconds("pass") < IMPORT_SECONDS


def test_import_leaves_torch_for_when_it_is_used():
    heavy = "{'torch', 'matplotlib', 'scipy', 'sklearn'} & set(sys.modules)"
    assert run(sys.executable, "-c", f"import sys, diffusion_lab; print(sorted({heavy}))") == "[]"
