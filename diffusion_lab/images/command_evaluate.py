"""``diffusion-lab evaluate``: measure a run, or put its checkpoint under every sampler."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from .averages import compare_averages
from .baselines import baselines
from .command_sampling import add_sampling, chosen
from .evaluate_run import EVALUATION, TABLE, Run, evaluate_run, sampler_table, write_json
from .pictures import save_pictures
from .sampler_methods import METHODS
from .samplers import Sampling

ABOUT = f"""\
Draw samples from a trained run and measure them: Frechet distance, kernel distance, precision and
recall in the features of the project's own classifiers (never called FID: that is another
network), each beside the same measurement of as many held-out images, which is the best that any
model can reach; the share of samples read as the label they were drawn for; what they teach a
classifier; how near they lie to the training images; and bits per dimension. All of it goes into
{EVALUATION} in FOLDER, with the command that made it.

Instead of that, one of four other files:
  --table      {TABLE}: one checkpoint under every sampler of the book. A row is written when
               it is done, so that the same command goes on where it was stopped
  --averages   averages.json: the variational bound for weight averages of other widths
  --baselines  baselines.json: bits per dimension of models that anybody can fit
  --pictures   real.png and neighbors.png: held-out images, and samples above their nearest
               training images, where the licence of the images allows it"""

# Quick rows first, so that a table that is stopped early is already worth reading.
FIRST_SEED: tuple[Sampling, ...] = (
    *(Sampling(name, 10) for name in ("adams", "dpm2", "ddim")),
    *(Sampling(name, 20) for name in ("adams", "dpm2", "ddim")),
    *(Sampling(name, 20, 1.0) for name in ("balanced", "ddim", "euler")),
    *(Sampling(name, 5) for name in ("adams", "dpm2", "ddim")),
    *(Sampling(name, 10, 1.0) for name in ("balanced", "ddim")),
    *(Sampling(name, 20) for name in ("balanced", "euler")),
    *(Sampling(name, 20, 2.0) for name in ("balanced", "euler")),
    Sampling("heun", 19),
    Sampling("adams", 50),
    Sampling("ddim", 50, 1.0),
)
# The samplers not yet named, once each; annealed Langevin is nowhere with few evaluations.
_EACH = {"0": 0.0, "any": 1.0, "eta": 0.5, "g": 1.0}
REST = tuple(
    Sampling(name, 200 if name == "langevin" else 20, _EACH[method.takes])
    for name, method in METHODS.items()
    if name not in {plan.sampler for plan in FIRST_SEED}
)
# Drawn again, to see whether the errors are as large as they claim.
SECOND_SEED = (Sampling("adams", 20), Sampling("balanced", 20, 1.0), Sampling("ddim", 20))
PLANS = (
    *((plan, 0) for plan in FIRST_SEED),
    *((plan, 1) for plan in SECOND_SEED),
    *((plan, 0) for plan in (Sampling("balanced", 20, "2 - 2*t"), *REST)),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the subcommand and its arguments."""
    parser.description = ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="for example runs/digits")
    add_sampling(parser)
    add("--n", type=int, default=1000, help="samples, at most the test images (default 1000)")
    add("--bits", type=int, default=100, help="test images for the flow (default 100; 0: none)")
    add("--bound", type=int, default=360, help="for the bound (default 360; 0 leaves it out)")
    add("--score", type=int, default=2, help="classifiers trained on the samples (default 2)")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--table", action="store_true", help="takes --n alone")
    instead.add_argument(
        "--averages", type=float, nargs="+", metavar="WIDTH", help="takes --bound alone"
    )
    instead.add_argument("--baselines", action="store_true", help="takes no other option")
    instead.add_argument("--pictures", action="store_true", help="takes the options of sampling")


def run(options: argparse.Namespace) -> None:
    """Measure, print, and write the JSON beside the run."""
    model = Run.load(options.folder, options.device)
    command = shlex.join(["diffusion-lab", *sys.argv[1:]])
    if options.table:
        for row in sampler_table(model, PLANS, options.n, command):
            print(_line(row), flush=True)
    elif options.averages:
        found = compare_averages(model, options.averages, options.bound)
        write_json(options.folder / "averages.json", {"command": command, **found})
        for row in found["rows"]:
            print(f"width {row['width']:g}: {_pair(row['bits'])} bits per dimension")
    elif options.baselines:
        values = baselines(model.images)
        write_json(options.folder / "baselines.json", {k: list(v) for k, v in values.items()})
        print("\n".join(f"{name:32}{_pair(v._asdict())}" for name, v in values.items()))
    elif options.pictures:
        names = save_pictures(model, chosen(options), options.seed)
        print(f"{', '.join(names)} in {options.folder}")
    else:
        found = evaluate_run(
            model,
            chosen(options),
            options.n,
            seed=options.seed,
            bits=options.bits,
            bound=options.bound,
            score_seeds=options.score,
        )
        write_json(options.folder / EVALUATION, {"command": command, **found})
        print(report(found))


def report(found: dict[str, Any]) -> str:
    """An evaluation in words, every number beside that of real images."""
    lines = [f"{found['images']}, n = {found['n']}, {found['seconds']:g} s on {found['device']}"]
    for name, seen in found["samples"].items():
        real = found["real"][name]
        lines.append(f"in the features of {name}{'samples':>24}{'real images':>24}")
        lines += [
            f"  {title:26}{_pair(seen[key], part):>24}{_pair(real[key], part):>24}"
            for title, key, part in (
                ("Frechet distance", "frechet", "plain"),
                ("  without its 1/n bias", "frechet", "corrected"),
                ("kernel distance", "kernel", "value"),
                ("precision", "precision", "value"),
                ("recall", "recall", "value"),
                ("read as their label", "labelled", "value"),
            )
        ]
    near, score = found["memorisation"], found["score"]
    lines.append(
        f"distance to training images {_pair(near['ratio'])} of held-out ones' (their halves: "
        f"{_pair(near['floor'])}); {_pair(near['closer'])} nearer than all but {near['level']:g}"
    )
    if score:
        lines.append(
            f"test accuracy after training on {score['n']} samples {_pair(score['samples'])}, on "
            f"as many real images {_pair(score['real'])} ({score['seeds']} seeds)"
        )
    for key, title in (("bits_by_flow", "flow"), ("bits_by_bound", "variational bound")):
        if key in found:
            given = "given the label" if found[key]["conditional"] else "without labels"
            lines.append(
                f"bits per dimension by the {title}, {given}: {_pair(found[key]['bits'])} "
                f"(n = {found[key]['n']})"
            )
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    readers = [value for value in row.values() if isinstance(value, dict)]
    distances = "  ".join(_pair(seen["frechet"], "plain") for seen in readers)
    return (
        f"{row['sampler']:12}{row['counted_evaluations']:6g} evaluations, sigma {row['sigma']} "
        f"g, seed {row['seed']}: Frechet {distances}  ({row['cpu_seconds']:g} s)"
    )


def _pair(estimate: dict[str, float] | None, part: str = "value") -> str:
    return f"{estimate[part]:.3f} ± {estimate['error']:.3f}" if estimate else "-"
