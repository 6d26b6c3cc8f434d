"""Two processes that share each batch learn what one process learns."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from diffusion_lab.images import RunConfig, load_run, train_run
from diffusion_lab.images.command_train import random_images
from diffusion_lab.training.fit import _share

ROOT = Path(__file__).resolve().parents[1]
CONFIG = RunConfig(
    widths=(8, 8),
    up=(1, 1),
    features=16,
    steps=8,
    batch_size=8,
    path="cosine",
    label_drop=0.3,
    dequantise=True,
    ema_widths=(0.1,),
)


def test_two_processes_are_one_run(tmp_path):
    """By torchrun, over gloo. A sum in another order differs by rounding: some 1e-7 a step."""
    code = f"""
        import json
        from diffusion_lab.images import RunConfig, start_fabric, train_run
        from diffusion_lab.images.command_train import random_images
        fabric = start_fabric("cpu")
        config = RunConfig.from_json({CONFIG.to_json()!r})
        folder, images = {str(tmp_path / "two")!r}, random_images("digits")
        steps = train_run(config, folder, every=3, images=images, fabric=fabric)
        rows = [(p.loss, p.errors.tolist()) for p, _ in steps]
        if fabric.is_global_zero:
            print(json.dumps([fabric.world_size, rows]))
    """
    script = tmp_path / "two.py"
    script.write_text(textwrap.dedent(code))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    done = subprocess.run(
        [*torchrun, f"--master_port={port}", str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    processes, rows = json.loads(done.stdout.strip().splitlines()[-1])
    assert processes == 2
    one = list(train_run(CONFIG, tmp_path / "one", every=3, images=random_images("digits")))
    for (loss, errors), (progress, _) in zip(rows, one, strict=True):
        assert abs(loss - progress.loss) < 1e-5 * progress.loss
        torch.testing.assert_close(torch.tensor(errors), progress.errors, rtol=1e-3, atol=1e-5)
    both = (load_run(tmp_path / name).state_dict() for name in ("one", "two"))
    for a, b in zip(*(state.values() for state in both), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-4)  # kept as float16, and Adam's signs
    assert not (tmp_path / "two" / "resume.safetensors").exists()


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    """Three processes stand for a GPU each; only their number and rank are asked for."""
    one = SimpleNamespace(fabric=SimpleNamespace(world_size=3, global_rank=1))
    assert _share(one, 9) == slice(3, 6)
    with pytest.raises(ValueError, match=r"8 cannot be shared evenly by 3 .* multiple of 3"):
        _share(one, 8)
