"""The console command: it explains itself, does its work, and fails in one line."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from diffusion_lab.images import command_sample
from diffusion_lab.images.command_line import COMMANDS, main

ROOT = Path(__file__).resolve().parents[1]
DIGITS = str(ROOT / "runs" / "digits")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert f"usage: diffusion-lab {command}" in text
    assert len(text.splitlines()) > 6


def test_the_overview_names_all_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(f"    {name} " in text for name in COMMANDS)


def test_the_package_runs_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "diffusion_lab", "sample", "nowhere"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("diffusion-lab: there is no checkpoint")


@pytest.mark.parametrize(
    ("arguments", "image"),
    [
        (["--count", "6", "--columns", "3"], (3 * 9 + 1, 2 * 9 + 1)),
        (["--label", "7", "--count", "2", "--guidance", "2", "--sampler", "dpm2"], (91, 10)),
        (["--sampler", "ddim", "--sigma", "1", "--count", "2", "--columns", "1"], (10, 19)),
        (["--sampler", "balanced", "--sigma", "2 sin(pi t)", "--count", "1"], (91, 10)),
    ],
)
def test_sample_writes_a_grid(arguments, image, tmp_path, capsys):
    from PIL import Image

    out = tmp_path / "deep" / "grid.png"
    assert main(["sample", DIGITS, "--steps", "5", "--out", str(out), *arguments]) == 0
    assert Image.open(out).size == image
    assert "evaluations each" in capsys.readouterr().out


def test_sample_writes_a_video(tmp_path):
    out = tmp_path / "way.mp4"
    assert main(["sample", DIGITS, "--steps", "4", "--count", "4", "--out", str(out)]) == 0
    assert out.read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sample", "nowhere"], "train first or correct the path"),
        (["sample", DIGITS, "--label", "12"], "this run knows the classes 0 to 9"),
        (["sample", DIGITS, "--out", "a.gif"], "ends in .png or .mp4"),
        (["sample", DIGITS, "--sampler", "dpm2", "--sigma", "1"], "sigma = 1.0 with dpm2"),
        (["sample", DIGITS, "--sampler", "ddim", "--sigma", "2*x"], "unknown name “x”"),
        (["train", "nowhere"], "a run is a folder with a config.json"),
        (["train", DIGITS, "--ema", "0.1"], "holds no averages"),
        (["train", DIGITS, "--device", "abacus"], "this machine has cpu"),
    ],
)
def test_what_a_reader_can_mend_is_one_line(arguments, message, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("diffusion-lab: ")
    assert len(error.strip().splitlines()) == 1


def test_no_room_on_the_device_says_what_to_lower(tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(command_sample, "draw", full)
    assert main(["sample", DIGITS, "--out", str(tmp_path / "grid.png")]) == 1
    assert "CUDA out of memory. Ask for fewer images" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["digits", "digits-minute", "fashion-mnist-gpu", "cifar10-gpu"])
def test_every_run_of_the_project_can_start(name, capsys):
    """Two steps of a tiny copy of each, on the CPU, without its image set."""
    assert main(["train", str(ROOT / "runs" / name), "--dry-run", "--device", "cpu"]) == 0
    assert "two steps, saved and loaded again" in capsys.readouterr().out
