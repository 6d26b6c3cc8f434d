"""Training learns the exact field, stops safely, and resumes bit for bit."""

import math
import signal
import subprocess
import sys
import textwrap

import pytest
import torch
from safetensors.torch import save_file

from diffusion_lab.density import Empirical, two_bumps
from diffusion_lab.nets import MLP, UNet
from diffusion_lab.process import VP, CosineVP, exact_prediction
from diffusion_lab.training import (
    CheckpointError,
    Denoiser,
    TrainingDiverged,
    TrainState,
    fit,
    load_tensors,
    save_tensors,
)

DATA = two_bumps().sample(2000, torch.Generator().manual_seed(0)).float()


def fresh(steps: int = 40, lr: float = 1e-3) -> TrainState:
    torch.manual_seed(7)
    return TrainState(Denoiser(MLP(1, width=32, depth=2), VP(), "v"), seed=1, steps=steps, lr=lr)


def weights(state: TrainState) -> torch.Tensor:
    parts = (state.denoiser.state_dict(), state.ema.state())
    return torch.cat([part[name].flatten() for part in parts for name in sorted(part)])


def test_a_trained_net_predicts_close_to_the_exact_posterior_mean():
    """Far better than the best constant, at an interior noise level."""
    torch.manual_seed(0)
    state = TrainState(Denoiser(MLP(1, width=64), VP(), "v"), seed=0, steps=1200, lr=3e-3)
    for _ in fit(state, DATA, 256):
        pass
    model, path = state.use_average(), VP()
    t = torch.tensor(0.2, dtype=torch.float64)
    generator = torch.Generator().manual_seed(2)
    x0 = two_bumps().sample(4000, generator)
    x = path.sample(x0, torch.randn(4000, 1, generator=generator, dtype=torch.float64), t)
    exact = exact_prediction(two_bumps(), path)(x, t).x0
    with torch.no_grad():
        learned = model.predict(x.float(), t).x0.double()
    wrong = (learned - exact).square().mean() / exact.var()
    assert wrong < 0.02  # 1 is the best constant; this net reached 0.0004


@pytest.mark.parametrize("target", ["x0", "eps", "v"])
def test_the_loss_of_the_exact_field_is_the_least(target):
    """The exact minimiser on a data set beats shifted copies of itself, in every target."""
    exact = exact_prediction(Empirical(DATA[:200].double()), VP())

    class Exact(torch.nn.Module):
        def __init__(self, shift):
            super().__init__()
            self.shift = shift

        def forward(self, x, log_snr):
            raise AssertionError("replaced below")

    def loss(shift: float) -> float:
        model = Denoiser(Exact(shift), VP(), target)
        model.forward = lambda x, t: exact(x, t).read(target) + shift
        generator = torch.Generator().manual_seed(3)
        x0 = DATA[:200].double().repeat(50, 1)
        return model.loss(x0, generator).item()

    # The cross term is a mean of 10,000 numbers of size 0.2: 0.002, against 0.2^2 = 0.04.
    assert loss(0.2) - loss(0.0) == pytest.approx(0.04, abs=0.008)
    assert loss(-0.2) - loss(0.0) == pytest.approx(0.04, abs=0.008)


def test_resuming_gives_the_weights_of_an_uninterrupted_run(tmp_path):
    whole = fresh()
    list(fit(whole, DATA, 64))
    first = fresh()
    for progress in fit(first, DATA, 64):
        if progress.step == 17:
            first.save(tmp_path / "state.safetensors")
            break
    second = fresh()
    second.restore(tmp_path / "state.safetensors")
    list(fit(second, DATA, 64))
    assert torch.equal(weights(whole), weights(second))
    assert whole.step == second.step == 40


def test_the_memory_layout_of_the_weights_survives_resuming(tmp_path):
    """Training goes on bit for bit also where tensors of one shape are laid out otherwise."""

    def images() -> TrainState:
        torch.manual_seed(7)
        net = UNet(1, (8, 8), classes=2).to(memory_format=torch.channels_last)
        return TrainState(Denoiser(net, CosineVP()), seed=1, steps=6, ema_widths=(0.05, 0.1))

    data = torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    whole, first, second = images(), images(), images()
    list(fit(whole, data, 4))
    for progress in fit(first, data, 4):
        if progress.step == 3:
            first.save(tmp_path / "state.safetensors")
            break
    second.restore(tmp_path / "state.safetensors")
    for slot in second.optimizer.state.values():
        assert slot["exp_avg"].ndim < 4 or slot["exp_avg"].is_contiguous(
            memory_format=torch.channels_last
        )
    list(fit(second, data, 4))
    assert torch.equal(weights(whole), weights(second))
    pairs = zip(
        whole.averages[1].state().values(), second.averages[1].state().values(), strict=True
    )
    assert all(torch.equal(a, b) for a, b in pairs)


def test_the_rate_rises_stays_and_falls_to_zero():
    state = TrainState(Denoiser(MLP(1), VP()), 0, steps=100, lr=1.0, warmup=10, fall=0.4)
    rates = []
    for state.step in range(101):
        rates.append(state.rate())
    assert rates[:10] == pytest.approx([0.1 * k for k in range(1, 11)])
    assert set(rates[10:61]) == {1.0}
    assert rates[80] == pytest.approx(0.5)  # half way down a half cosine
    assert rates[100] == pytest.approx(0.0, abs=1e-15)


def test_batches_are_prepared_with_the_same_randomness_after_resuming():
    """`prepare` sees the batch, its conditions and the generator; bytes are welcome."""
    seen = []

    def prepare(x, cond, generator):
        seen.append((x, cond["label"]))
        return x.float() / 255.0 + torch.rand(x.shape, generator=generator), {}

    data = torch.arange(50, dtype=torch.uint8)[:, None]
    state = fresh(steps=2)
    list(fit(state, data, 8, prepare, label=torch.arange(50)))
    assert all(x.dtype == torch.uint8 and torch.equal(x[:, 0].long(), y) for x, y in seen)
    again = fresh(steps=2)
    list(fit(again, data, 8, prepare, label=torch.arange(50)))
    assert torch.equal(weights(state), weights(again))


def test_a_loss_that_is_not_finite_stops_with_the_last_weights():
    state = fresh()
    steps = fit(state, DATA, 64)
    next(steps)
    before = weights(state)
    state.errors = lambda x0, t, eps: torch.full_like(t, math.nan)
    with pytest.raises(TrainingDiverged, match=r"became nan at step 2.*lower lr"):
        next(steps)
    assert torch.equal(weights(state), before)


def test_bad_data_is_refused_before_training():
    for data in (DATA[:0], DATA * math.nan):
        with pytest.raises(ValueError, match="empty or holds NaN"):
            next(fit(fresh(), data, 8))


def test_unet_shapes_classes_and_start():
    net = UNet(3, (16, 32, 32), (1, 1, 1), (1, 1, 1), classes=4)
    x, label = torch.randn(2, 3, 8, 12), torch.tensor([0, 3])
    assert net(x, torch.zeros(2), label).shape == x.shape
    assert not net(x, torch.zeros(2), label).any()  # the last layer starts at zero
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    assert not torch.equal(net(x, torch.zeros(2), label), net(x, torch.zeros(2)))
    assert torch.isfinite(net(x, torch.full((2,), math.inf))).all()  # t = 0


# ---- checkpoints


def test_tensors_and_info_come_back(tmp_path):
    path = tmp_path / "deep" / "a.safetensors"
    save_tensors(path, {"x": torch.arange(4.0)}, {"step": 3})
    tensors, info = load_tensors(path)
    assert torch.equal(tensors["x"], torch.arange(4.0))
    assert info == {"step": 3}


def test_missing_truncated_and_foreign_files_are_told_apart(tmp_path):
    good, bad = tmp_path / "good.safetensors", tmp_path / "bad.safetensors"
    with pytest.raises(FileNotFoundError, match="train first"):
        load_tensors(good)
    save_tensors(good, {"x": torch.zeros(1000)}, {})
    bad.write_bytes(good.read_bytes()[:900])
    with pytest.raises(CheckpointError, match="truncated"):
        load_tensors(bad)
    bad.write_bytes(b"\x80\x04 a pickle, say")
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        load_tensors(bad)
    save_file({"x": torch.zeros(2)}, bad)
    with pytest.raises(CheckpointError, match="not written by diffusion_lab"):
        load_tensors(bad)


def test_a_checkpoint_that_does_not_fit_leaves_the_state_as_it_was(tmp_path):
    path, state = tmp_path / "other.safetensors", fresh()
    save_tensors(path, {"w": torch.zeros(1)}, {})
    before = weights(state)
    with pytest.raises(CheckpointError, match="cannot resume"):
        state.restore(path)
    other = TrainState(Denoiser(MLP(1, width=16, depth=2), VP(), "v"), seed=1, steps=5)
    other.save(path)
    with pytest.raises(CheckpointError, match="do not fit"):
        state.restore(path)
    assert torch.equal(weights(state), before)
    assert state.step == 0


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs POSIX file-size limits")
def test_a_full_disk_keeps_the_old_checkpoint_and_leaves_no_partial_file(tmp_path):
    """The kernel refuses the write, as on a full disk (a file-size limit of 10 kB)."""
    path = tmp_path / "state.safetensors"
    save_tensors(path, {"x": torch.ones(8)}, {"step": 1})
    code = f"""
        import resource, signal, torch
        from diffusion_lab.training import CheckpointError, save_tensors
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            save_tensors({str(path)!r}, {{"x": torch.zeros(100_000)}}, {{"step": 2}})
        except CheckpointError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert "Free some disk space" in done.stdout
    assert "is intact" in done.stdout
    assert load_tensors(path)[1] == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
