"""``diffusion-lab evaluate``: measure a run, or put its checkpoint under every sampler."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any, get_args

from .evaluate_run import EVALUATION, Run, evaluate_run, sampler_table, write_json
from .samplers import NOISY, Sampler, Sampling

ABOUT = """\
Draw samples from a trained run and measure them: Frechet distance, kernel distance, precision and
recall in the features of the project's own classifiers (never called FID: that is another
network), each beside the same measurement of as many held-out images, which is the best that any
model can reach; the share of samples read as the label they were drawn for; what they teach a
classifier; how near they lie to the training images; and bits per dimension.
With --table, one checkpoint under every sampler: a row for each, written when it is done, so that
the same command goes on where it was stopped."""

# Quick rows first, so that a table that is stopped early is already worth reading.
TABLE: tuple[Sampling, ...] = (
    *(Sampling(name, 10) for name in ("adams", "dpm2", "ddim")),
    *(Sampling(name, 20) for name in ("adams", "dpm2", "ddim")),
    *(Sampling(name, 20, 1.0) for name in ("balanced", "ddim", "euler")),
    *(Sampling(name, 5) for name in ("adams", "dpm2", "ddim")),
    Sampling("balanced", 20, 2.0),
    Sampling("balanced", 10, 1.0),
    Sampling("heun", 19),
    Sampling("euler", 20, 0.0),
    Sampling("euler", 20, 2.0),
    Sampling("balanced", 50, 1.0),
    Sampling("adams", 50),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the subcommand and its arguments."""
    parser.description = ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="for example runs/digits")
    parser.add_argument("--sampler", choices=get_args(Sampler), default="adams")
    parser.add_argument("--evaluations", type=int, default=20, help="of the network, per image")
    parser.add_argument(
        "--sigma",
        type=float,
        default=0.0,
        help=f"free noise scale in units of g, above 0 with {', '.join(NOISY)} only",
    )
    parser.add_argument("--guidance", type=float, default=1.0, help="1 is none")
    parser.add_argument("--n", type=int, default=1000, help="samples, at most the test images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bits", type=int, default=100, help="test images, 0 leaves them out")
    parser.add_argument("--bound", type=int, default=360, help="test images, 0 leaves it out")
    parser.add_argument(
        "--score", type=int, default=2, help="classifiers trained on the samples, 0 leaves it out"
    )
    parser.add_argument("--table", action="store_true", help="every sampler; ignores the others")
    parser.add_argument("--seeds", type=int, default=1, help="of the table: 0 ... seeds - 1")
    parser.add_argument("--device", default="cpu", help='"cpu" (default) or "cuda"')
    parser.add_argument("--out", type=Path, help=f"default FOLDER/{EVALUATION}")


def run(options: argparse.Namespace) -> None:
    """Measure, print, and write the JSON beside the run."""
    model = Run.load(options.folder, options.device)
    if options.table:
        for row in sampler_table(model, TABLE, options.n, range(options.seeds)):
            print(_line(row), flush=True)
        return
    plan = Sampling(options.sampler, options.evaluations, options.sigma, options.guidance)
    found = evaluate_run(
        model,
        plan,
        options.n,
        seed=options.seed,
        bits=options.bits,
        bound=options.bound,
        score_seeds=options.score,
    )
    command = shlex.join(["diffusion-lab", *sys.argv[1:]])
    write_json(options.out or options.folder / EVALUATION, {"command": command, **found})
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
        f"{row['sampler']:9}{row['counted_evaluations']:6g} evaluations, sigma {row['sigma']:g} "
        f"g, seed {row['seed']}: Frechet {distances}  ({row['seconds']:g} s)"
    )


def _pair(estimate: dict[str, float] | None, part: str = "value") -> str:
    return f"{estimate[part]:.3f} ± {estimate['error']:.3f}" if estimate else "-"
