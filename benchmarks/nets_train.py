"""One protocol for every net: the same images, times and noise, and a loss on held-out images."""

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from diffusion_lab.process import CosineVP
from diffusion_lab.training import Denoiser, Ema

BATCH, LR, WARM_UP, DECAY = 32, 2e-3, 50, 0.995
HELD, REPEATS = 256, 5


def train(
    net: nn.Module, data: Tensor, held: Tensor, images: int, every: int, seed: int
) -> Iterator[dict]:
    """Train on `images` images; every `every` of them yield the averaged weights' held-out loss.

    Predicts the noise along the cosine path; AdamW at a constant rate after a warm-up, gradients
    clipped to 1. CPU seconds are those of training alone. One seed fixes the order of the images,
    the times and the noise, so that two nets see the same batches.
    """
    model = Denoiser(net, CosineVP(), "eps")
    average = Ema(model, DECAY)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=LR, betas=(0.9, 0.99), weight_decay=0.0, fused=True
    )
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(data), generator=generator).repeat(1 + images // len(data))
    spent = 0.0
    for step in range(1, images // BATCH + 1):
        begin = time.process_time()
        for group in optimizer.param_groups:
            group["lr"] = LR * min(1.0, step / WARM_UP)
        optimizer.zero_grad(set_to_none=True)
        model.loss(data[order[(step - 1) * BATCH : step * BATCH]], generator).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model)
        spent += time.process_time() - begin
        if step * BATCH % every < BATCH:
            loss = held_out(model, average, held)
            yield {"images": step * BATCH, "cpu_s": spent, "loss": loss}


@torch.no_grad()
def held_out(model: Denoiser, average: Ema, held: Tensor) -> float:
    """The loss of the averaged weights, on one fixed draw of times and noise for all nets."""
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(average.state())
    loss = model.eval().loss(held[:HELD], torch.Generator().manual_seed(10**6)).item()
    model.load_state_dict(kept)
    model.train()
    return loss


def cost(net: nn.Module, data: Tensor) -> dict:
    """Milliseconds of a sampling step (batch 32), and what the backward pass keeps in memory."""
    x, log_snr = data[:BATCH], torch.zeros(BATCH)
    with torch.no_grad():
        step_ms = 1e3 * quickest(lambda: net(x, log_snr))
    kept: dict[int, int] = {}
    own = {p.untyped_storage().data_ptr() for p in net.parameters()}

    def note(saved: Tensor) -> Tensor:
        storage = saved.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return saved

    with torch.autograd.graph.saved_tensors_hooks(note, lambda saved: saved):
        out = net(x, log_snr)  # alive while counted, so that no storage is counted for two
    return {
        "step_ms": step_ms,
        "kept_MB_per_image": sum(kept.values()) / out.shape[0] / 1e6,
        "parameters": sum(p.numel() for p in net.parameters()),
    }


def quickest(run: Callable[[], object]) -> float:
    """Least CPU seconds of several runs, after a first one."""
    run()
    found = []
    for _ in range(REPEATS):
        begin = time.process_time()
        run()
        found.append(time.process_time() - begin)
    return min(found)


def cpu_to(curve: list[dict], loss: float) -> float | None:
    """CPU seconds at which a curve first reaches a loss, linear between its points."""
    for before, after in zip(curve, curve[1:], strict=False):
        if after["loss"] <= loss <= before["loss"]:
            part = (before["loss"] - loss) / (before["loss"] - after["loss"] or 1.0)
            return before["cpu_s"] + part * (after["cpu_s"] - before["cpu_s"])
    return None
