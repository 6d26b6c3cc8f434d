"""What stands behind the Makefile: the Python it takes, the versions, the hash of the inputs."""

import os
import subprocess
import sys
import tomllib

import book
import environment
import fingerprint
import peers
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def requirements(path) -> dict[str, Requirement]:
    """Read a requirements file, by canonical name."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    found = [Requirement(line) for line in lines if line]
    return {canonicalize_name(one.name): one for one in found}


def test_every_requirement_is_pinned_within_its_range(root):
    pins = requirements(root / "constraints.txt")
    for name, wanted in requirements(root / "requirements.txt").items():
        (pin,) = pins[name].specifier
        assert pin.operator == "=="
        assert pin.version in wanted.specifier, f"{name}: {pin} is outside {wanted.specifier}"


def test_package_and_book_ask_for_the_same_ranges(root):
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    ranges = requirements(root / "requirements.txt")
    for line in tomllib.loads(text)["project"]["dependencies"]:
        wanted = Requirement(line)
        assert ranges[canonicalize_name(wanted.name)] == wanted


def find_python(root, python: str) -> subprocess.CompletedProcess[str]:
    """Ask the script which Python it takes when the user names one."""
    script = ["sh", root / "tools" / "find_python.sh"]
    env = os.environ | {"PYTHON": python}
    return subprocess.run(script, env=env, capture_output=True, text=True)


def test_the_python_asked_for_is_taken(root):
    assert find_python(root, sys.executable).stdout.strip() == sys.executable


@pytest.mark.parametrize(("major", "minor"), [(3, 10), (3, 14)])
def test_an_unsupported_python_is_refused_with_what_to_do(root, tmp_path, major, minor):
    other = tmp_path / "python"
    other.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c "
        f'"import sys; sys.version_info = ({major}, {minor}); exec(sys.argv[1])" "$2"\n'
    )
    other.chmod(0o755)
    done = find_python(root, str(other))
    assert done.returncode == 1
    assert "3.11, 3.12 or 3.13" in done.stderr
    assert "apt install python3" in done.stderr


def test_hash_follows_content_and_not_time(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    module = tmp_path / "package" / "module.py"
    module.parent.mkdir()
    module.write_text("x = 1\n")

    def now() -> str:
        return fingerprint.fingerprint(fingerprint.files("package/**/*"), "3.11")

    first = now()
    os.utime(module, (0, 0))
    (module.parent / "__pycache__").mkdir()
    (module.parent / "__pycache__" / "module.pyc").write_bytes(b"x")
    assert now() == first
    module.write_text("x = 2\n")
    assert now() != first
    module.write_text("x = 1\n")
    assert now() == first
    module.rename(module.with_name("other.py"))
    assert now() != first


@pytest.mark.parametrize("repository", ["", "https://github.com/someone/one-density"])
def test_launch_buttons_need_the_repository_address(root, tmp_path, monkeypatch, repository):
    monkeypatch.setattr(book, "BUILD", tmp_path)
    path = book.write_config(tmp_path / "cache", repository)
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert config["execute"]["cache"] == str(tmp_path / "cache")
    assert bool(config["html"].get("use_repository_button")) is bool(repository)
    assert ("colab_url" in config["launch_buttons"]) is bool(repository)
    assert config["repository"]["url"] == repository
    for folder in config["sphinx"]["local_extensions"].values():
        assert (tmp_path / folder).resolve() == root / "_ext"


def test_what_make_bench_calls_is_there(root):
    """Each benchmark once, by a Python that tools/environment.py or tools/peers.py makes."""
    lines = subprocess.run(
        ["make", "-n", "--no-print-directory", "-o", "env", "bench"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    called = [line.split() for line in lines]
    pythons = {
        str((folder / "bin" / "python").relative_to(root))
        for folder in (environment.VENV, peers.BENCH)
    }
    assert {words[0] for words in called} == pythons
    scripts = [words[1] for words in called]
    wanted = [
        path.relative_to(root).as_posix()
        for path in (root / "benchmarks").glob("*.py")
        if "\n    make bench\n" in path.read_text(encoding="utf-8")
    ]
    assert sorted(scripts) == sorted([*wanted, "tools/peers.py"])
