"""A training step of flow matching beside torchcfm and flow_matching, with one and the same net.

    make bench

Each library draws its times and noise, makes its points and its targets, and the loss is the mean
square; the network, the data, Adam and the batch are the same. Steps are taken in turns, so that a
busy machine slows all alike, and the least processor time of each counts. A second table leaves
the network out: what a library itself adds to a step. (This file may not be called flow_matching:
the peer of that name would then be looked for here.)
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded

import torch
from show import machine
from torch import Tensor, nn

from diffusion_lab.density import moons
from diffusion_lab.flows import MinibatchTransport, NoiseEnd, matching_loss
from diffusion_lab.nets import MLP

RESULT = Path(__file__).resolve().parents[1] / "_build" / "bench" / "matching.json"
ROUNDS, WARM = 60, 5
BATCHES = 256, 1024
CLAIMED = 1.1  # times the quickest peer's time, at most, with a net and independent ends
Loss = Callable[[nn.Module, Tensor, torch.Generator], Tensor]


class Free(nn.Module):
    """A velocity of one number, for the price of the library alone."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """Return slope x."""
        return self.slope * x


NETS: dict[str, Callable[[], nn.Module]] = {"perceptron": lambda: MLP(2), "no net": Free}


def ours(coupling: NoiseEnd | MinibatchTransport) -> Loss:
    """Our loss: pair the ends, then match."""

    def loss(net: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        return matching_loss(net, *coupling.pair(batch, generator), generator)

    return loss


def torchcfm(name: str) -> Loss:
    """Torchcfm's matcher of that name, as its examples use it; its time runs from noise."""
    from torchcfm import conditional_flow_matching as peer

    matcher = getattr(peer, name)(sigma=0.0)

    def loss(net: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        t, x, wanted = matcher.sample_location_and_conditional_flow(torch.randn_like(batch), batch)
        return (net(x, t) - wanted).square().mean()

    return loss


def flow_matching() -> Loss:
    """Meta's flow_matching, as its examples use it; its time runs from noise."""
    from flow_matching.path import AffineProbPath
    from flow_matching.path.scheduler import CondOTScheduler

    path = AffineProbPath(scheduler=CondOTScheduler())

    def loss(net: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        t = torch.rand(batch.shape[0])
        seen = path.sample(t=t, x_0=torch.randn_like(batch), x_1=batch)
        return (net(seen.x_t, seen.t) - seen.dx_t).square().mean()

    return loss


CASES: dict[str, dict[str, Callable[[], Loss]]] = {
    "independent": {
        "ours": lambda: ours(NoiseEnd()),
        "torchcfm": lambda: torchcfm("ConditionalFlowMatcher"),
        "flow_matching": flow_matching,
    },
    "transport": {
        "ours": lambda: ours(MinibatchTransport()),
        "torchcfm": lambda: torchcfm("ExactOptimalTransportConditionalFlowMatcher"),
    },
}


def stepper(loss: Loss, net: nn.Module, batch: Tensor) -> Callable[[], float]:
    """Build a training step that returns its processor time."""
    adam, generator = torch.optim.Adam(net.parameters(), lr=1e-3), torch.Generator().manual_seed(0)

    def step() -> float:
        begin = time.process_time()
        adam.zero_grad(set_to_none=True)
        loss(net, batch, generator).backward()
        adam.step()
        return time.process_time() - begin

    return step


def measure(coupling: str, net: str, size: int) -> dict:
    """Time every library on one net and batch, in turns: milliseconds a step."""
    batch = moons(size, torch.Generator().manual_seed(0)).float()
    steps, found = {}, {"coupling": coupling, "net": net, "batch": size, "ms": {}, "failed": {}}
    for name, make in CASES[coupling].items():
        torch.manual_seed(0)
        try:
            steps[name] = stepper(make(), NETS[net](), batch)
        except ImportError as missing:
            found["failed"][name] = f"not installed ({missing.name})"
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(WARM + ROUNDS):
        for name, step in steps.items():
            times[name].append(step())
    found["ms"] = {name: 1e3 * min(values[WARM:]) for name, values in times.items()}
    peers = {name: value for name, value in found["ms"].items() if name != "ours"}
    if peers:
        best = min(peers, key=peers.__getitem__)
        found |= {"peer": best, "ratio": found["ms"]["ours"] / peers[best]}
        if (coupling, net) == ("independent", "perceptron"):
            found["met"] = found["ratio"] <= CLAIMED
    return found


def show(row: dict) -> None:
    """Print one line of the table."""
    cells = "".join(f"{name:>16} {value:8.3f}" for name, value in row["ms"].items())
    cells += "".join(f"{name:>16} {why}" for name, why in row["failed"].items())
    print(f"{row['coupling']:<12}{row['net']:<11}{row['batch']:>6}{cells}")
    if "ratio" in row:
        words = {True: "met: ", False: "missed: ", None: ""}[row.get("met")]
        claim = f"; claimed: at most {CLAIMED:g}" if "met" in row else ""
        print(f"  {words}{row['ratio']:.2f} times {row['peer']}'s{claim}")


def main() -> None:
    """Time all cases, print the table, write the JSON."""
    torch.set_num_threads(1)
    result: dict = machine("torchcfm", "flow-matching", "pot")
    print(f"A training step of flow matching, least of {ROUNDS}, milliseconds of processor time")
    result["rows"] = []
    for coupling in CASES:
        for net in NETS:
            for size in BATCHES:
                result["rows"].append(measure(coupling, net, size))
                show(result["rows"][-1])
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\nWritten to {RESULT}")


if __name__ == "__main__":
    main()
