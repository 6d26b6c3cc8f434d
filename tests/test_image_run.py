"""A run on disk: kept, killed, resumed, diverged, and loaded without its image set."""

import json
import math
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest
import torch

from diffusion_lab.images import RunConfig, average_of_width, load_run, train_run
from diffusion_lab.images.averages import change_average
from diffusion_lab.images.command_train import random_images
from diffusion_lab.images.cost import share_of_peak, training_operations
from diffusion_lab.images.record import due, sha256
from diffusion_lab.process import VP
from diffusion_lab.training import (
    CheckpointError,
    Denoiser,
    TrainingDiverged,
    TrainState,
    load_tensors,
)

TINY = RunConfig(
    widths=(8, 8),
    up=(1, 1),
    features=16,
    steps=24,
    batch_size=8,
    path="cosine",
    dequantise=True,
    label_drop=0.2,
    ema_widths=(0.05, 0.1),
    channels_last=True,
)
IMAGES = random_images("digits")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A run of 24 steps that nothing disturbed."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    list(train_run(TINY, folder, every=5, images=IMAGES, grids=2))
    return folder


def test_what_a_run_leaves(kept):
    left = {p.name for p in kept.iterdir()}
    grids = {"grid-0000012.png", "grid-0000024.png"}
    assert left == {"model.safetensors", "result.json", "log.jsonl", "averages"} | grids
    assert len(list((kept / "averages").iterdir())) == 2 * 12
    lines = [json.loads(line) for line in (kept / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [5, 10, 15, 20]
    assert lines[-1]["images"] == 160
    assert len(lines[-1]["loss_by_log_snr"]) == len(lines[-1]["log_snr_edges"]) - 1
    result = json.loads((kept / "result.json").read_text())
    assert result["images"] == 192
    assert result["cpu_seconds"] > 0.0
    assert result["share_of_peak"] is None  # of an unknown device
    assert result["sha256"] == sha256(kept / "model.safetensors")


def test_a_run_is_loaded_without_its_image_set(kept):
    tensors, info = load_tensors(kept / "model.safetensors")
    assert RunConfig.from_json(info["config"]) == TINY
    assert all(t.dtype == torch.float16 for t in tensors.values())
    model = load_run(kept)
    assert not model.training
    assert next(model.parameters()).dtype == torch.float32


def test_a_changed_model_file_is_refused(kept, tmp_path):
    for file in ("model.safetensors", "result.json"):
        (tmp_path / file).write_bytes((kept / file).read_bytes())
    result = json.loads((tmp_path / "result.json").read_text())
    (tmp_path / "result.json").write_text(json.dumps(result | {"sha256": "0" * 64}))
    with pytest.raises(CheckpointError, match="is not the file that"):
        load_run(tmp_path)


def test_kill_at_any_moment_and_resume_to_the_same_weights(kept, tmp_path):
    """kill -9 in the midst of an interval; the same command then ends at the same weights."""
    code = f"""
        import os, signal, torch
        from diffusion_lab.images import RunConfig, train_run
        from diffusion_lab.images.command_train import random_images
        torch.set_num_threads({torch.get_num_threads()})
        config = RunConfig.from_json({TINY.to_json()!r})
        images = random_images("digits")
        for progress, _ in train_run(config, {str(tmp_path)!r}, every=5, images=images):
            if progress.step == 13:
                os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -signal.SIGKILL
    (tmp_path / "resume.safetensors.partial").write_bytes(b"cut off in the midst of a save")
    other = replace(TINY, seed=5)
    with pytest.raises(ValueError, match="another configuration"):
        next(train_run(other, tmp_path, images=IMAGES))
    steps = [p.step for p, _ in train_run(TINY, tmp_path, every=5, images=IMAGES)]
    assert steps[0] == 11  # three steps were lost, not thirteen
    whole, killed = (load_run(folder).state_dict() for folder in (kept, tmp_path))
    assert all(torch.equal(whole[k], killed[k]) for k in whole)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [5, 10, 15, 20]


def test_a_diverged_run_keeps_its_last_good_state(tmp_path, monkeypatch):
    steps = train_run(TINY, tmp_path, every=100, images=IMAGES)
    for _ in range(3):
        _, state = next(steps)
    good = {k: v.clone() for k, v in state.denoiser.state_dict().items()}
    state.errors = lambda x0, t, eps, label: torch.full_like(t, math.nan)
    with pytest.raises(TrainingDiverged, match=r"nan at step 4.*last-good\.safetensors"):
        next(steps)
    denoiser = TINY.build(1, 10)
    again = TrainState(denoiser, 0, TINY.steps, ema_widths=TINY.ema_widths)
    assert again.restore(tmp_path / "last-good.safetensors")["step"] == 3
    assert all(torch.equal(v, good[k]) for k, v in denoiser.state_dict().items())
    assert not (tmp_path / "model.safetensors").exists()


def test_out_of_memory_says_what_to_lower():
    steps = train_run(TINY, images=IMAGES)
    _, state = next(steps)

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    state.errors = full
    with pytest.raises(MemoryError, match=r"Lower batch_size \(now 8\) or the widths"):
        next(steps)


def test_a_compiled_run_is_the_same_run(kept, tmp_path, monkeypatch):
    """Traced and differentiated ahead of time; the last stage, C++ code, takes minutes here."""
    compiled = []

    def trace(module):
        compiled.append(module)
        module._compiled_call_impl = torch.compile(module._call_impl, backend="aot_eager")

    monkeypatch.setattr(torch.nn.Module, "compile", trace)
    config = replace(TINY, steps=3)
    plain, fast = (
        [p.loss for p, _ in train_run(config, tmp_path / name, images=IMAGES, compiled=on)]
        for name, on in (("plain", False), ("fast", True))
    )
    assert len(compiled) == 1
    torch.testing.assert_close(fast, plain, rtol=1e-5, atol=0)  # float32, sums in another order
    names = [set(load_run(tmp_path / name).state_dict()) for name in ("plain", "fast")]
    assert names[0] == names[1]


def test_the_kept_width_is_remade_from_what_is_kept(kept, tmp_path):
    """The width that was trained with comes back; its neighbour is another model."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "averages").symlink_to(kept / "averages")
    for file in ("model.safetensors", "result.json"):
        (folder / file).write_bytes((kept / file).read_bytes())
    before = load_run(folder).state_dict()
    remade = average_of_width(folder, 0.05)
    # The mix is solved in float64 with weights of at most some 10; float16 rounds to 5e-4.
    for name, value in before.items():
        torch.testing.assert_close(remade[name], value, rtol=1e-3, atol=1e-4)
    change_average(folder, 0.15)
    after = load_run(folder).state_dict()
    assert not torch.equal(after["net.stem.weight"], before["net.stem.weight"])
    with pytest.raises(FileNotFoundError, match="holds no averages"):
        average_of_width(tmp_path, 0.1)


def test_due_spreads_events_evenly_and_ends_with_the_last_step():
    assert [step for step in range(1, 11) if due(step, 10, 3)] == [4, 7, 10]
    assert not any(due(step, 10, 0) for step in range(1, 11))


@pytest.mark.parametrize(
    "choice",
    [
        {"path": "flow", "target": "velocity"},
        {"path": "edm", "target": "edm", "loss": "edm", "data_std": 0.7},
        {"path": "vp", "target": "eps", "flip": True},
        {"path": "cosine", "target": "v", "loss": "bits"},
        {"net": "dit", "widths": (16,), "depth": 1, "target": "x0"},
        {"precision": "bfloat16"},
    ],
)
def test_every_choice_learns(choice):
    """Images of one flat grey each: of 30 steps, the last ten have less loss than the first."""
    grey = torch.arange(32, dtype=torch.uint8)[:, None, None, None] % 17
    images = replace(IMAGES, train_bytes=grey.expand(32, 1, 8, 8).contiguous())
    config = replace(TINY, steps=30, warmup=5, lr=1e-2, **choice)
    losses = [progress.loss for progress, _ in train_run(config, images=images)]
    assert sum(losses[-10:]) < 0.9 * sum(losses[:10])


def test_unknown_choices_are_refused_with_what_is_known():
    for field in ("path", "net", "loss"):
        with pytest.raises(ValueError, match=f"{field} = 'other'; expected"):
            replace(TINY, **{field: "other"}).build(1, 0)


def test_the_operations_of_a_net_that_one_can_count():
    """A 3x3 convolution from 1 to 1 channel at 8x8: 64 x 9 products and as many sums, thrice."""
    conv = torch.nn.Conv2d(1, 1, 3, padding=1)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = conv

        def forward(self, x, log_snr):
            return self.conv(x)

    assert training_operations(Denoiser(Net(), VP()), (1, 8, 8), labels=False) == 3 * 2 * 64 * 9
    assert share_of_peak(98.9e12, "NVIDIA H200") == pytest.approx(0.1)
