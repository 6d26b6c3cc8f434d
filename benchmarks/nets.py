"""Our U-Net reaches the held-out loss of diffusers' UNet2DModel in at most half the CPU time.

    make bench
    python benchmarks/nets.py [--images 2400] [--seeds 2]

Nets of equal parameter count are trained side by side on Fashion-MNIST (on the digits where it
cannot be had), on the same batches, times and noise.
The level is the loss that the peer has at its end; our time is read off our own curve there.
lucidrains' Unet and our transformer run too, and EDM's network where EDM_FOLDER names a copy of
github.com/NVlabs/edm; the slower peers for half the images.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded

import torch
from nets_peers import DIFFUSERS, EDM, LUCIDRAINS, NETS, OURS
from nets_show import show_claims, show_nets
from nets_train import BATCH, cost, cpu_to, train
from show import machine

from diffusion_lab.images import DataError, ImageSet, load_images

RESULT = Path(__file__).resolve().parents[1] / "_build" / "bench" / "nets.json"
CLAIMED = {DIFFUSERS: 2.0, LUCIDRAINS: None, EDM: None}
POINTS = 6  # of each curve; the loss falls slowly by then, and is read off linearly


def images() -> ImageSet:
    """Fashion-MNIST, or the digits where it is not at hand."""
    try:
        return load_images("fashion-mnist")
    except DataError as error:
        print(f"No Fashion-MNIST, so the 8x8 digits; the claim is not about them. ({error})")
        return load_images("digits")


def prepare(name: str, data: ImageSet, count: int, seeds: int) -> dict:
    """Build one net for every seed, with what a step costs; or say why it could not be."""
    judged = name in (OURS, DIFFUSERS)
    total = (
        count // 2 + BATCH if name in (LUCIDRAINS, EDM) else count
    )  # up to a point of the curve
    runs, price = [], {}
    for seed in range(seeds if judged else 1):
        torch.manual_seed(seed)
        try:
            net = NETS[name](data.train.shape[1])
        except ImportError as missing:
            return {"net": name, "failed": f"not installed ({missing.name})", "runs": []}
        price = price or cost(net, data.train)
        points = train(net, data.train, data.test, total, count // POINTS, seed)
        runs.append({"seed": seed, "points": points, "curve": []})
    return {"net": name, **price, "runs": runs}


def run_all(rows: list[dict]) -> None:
    """Train all nets in turn, a part of the curve each, so that a busy machine is fair to all."""
    running = [run for row in rows for run in row["runs"]]
    while running:
        for run in list(running):
            point = next(run["points"], None)
            if point is None:
                del run["points"]
                running.remove(run)
            else:
                run["curve"].append(point)


def judge(rows: list[dict], peer: str, enough: bool) -> dict:
    """Compare CPU seconds to the loss at the peer's end, seed by seed."""
    found = {row["net"]: row for row in rows}
    claimed, by_seed = CLAIMED[peer], []
    verdict = {"peer": peer, "claimed": claimed, "by seed": by_seed}
    if "failed" in found[peer]:
        return verdict | {"met": None, "why": f"the peer is {found[peer]['failed']}"}
    for mine, theirs in zip(found[OURS]["runs"], found[peer]["runs"], strict=False):
        end = theirs["curve"][-1]
        own = cpu_to(mine["curve"], end["loss"])
        one = {"seed": mine["seed"], "loss": end["loss"], "peer_s": end["cpu_s"], "ours_s": own}
        by_seed.append(one | {"ratio": end["cpu_s"] / own if own else None})
    if claimed is None or not enough:
        return verdict | {"met": None, "why": "nothing is claimed here"}
    if all(one["ratio"] and one["ratio"] >= claimed for one in by_seed):
        return verdict | {"met": True}
    lost = [one["seed"] for one in by_seed if not one["ratio"] or one["ratio"] < claimed]
    return verdict | {"met": False, "why": f"short of it for seed {lost} of {len(by_seed)}"}


def main() -> None:
    """Train, print the tables, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=75 * BATCH, help="each net sees (2400)")
    parser.add_argument("--seeds", type=int, default=2, help="of ours and diffusers' (2)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = images()
    rows = [prepare(name, data, options.images, options.seeds) for name in NETS]
    run_all(rows)
    claims = [judge(rows, peer, data.name == "fashion-mnist") for peer in CLAIMED]
    show_nets(rows, f"{data.name}, {options.images} images")
    show_claims(claims)
    result = machine("diffusers", "denoising-diffusion-pytorch") | {
        "data": data.name,
        "nets": rows,
        "claims": claims,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\nWritten to {RESULT}")


if __name__ == "__main__":
    main()
