"""Runs: a run is its configuration."""

from pathlib import Path

import pytest
import torch

from diffusion_lab.images import RunConfig, load_images, load_run
from diffusion_lab.training import load_tensors

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", ["digits", "digits-minute"])
def test_a_kept_digits_run_is_the_one_its_configuration_describes(name):
    folder = ROOT / "runs" / name
    _, info = load_tensors(folder / "model.safetensors")
    assert RunConfig.from_json(info["config"]) == RunConfig.read(folder / "config.json")
    model = load_run(folder)
    digits = load_images("digits")
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        loss = model.loss(digits.test, generator, label=digits.test_labels).item()
    # Held-out loss of v; the least any net could reach without the data's structure is 1.
    assert 0.1 < loss < 0.35
