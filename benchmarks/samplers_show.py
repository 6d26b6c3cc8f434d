"""Print the tables of the samplers' benchmark."""

from collections.abc import Callable

from show import WORDS, say_why

PACKAGES = "diffusers", "k-diffusion", "azula", "flow-matching", "torchdiffeq"


def show_errors(found: dict, mean: Callable[[list[float]], float]) -> None:
    """Print RMS / median errors by evaluations, each peer on the better of its grids."""
    budgets = list(dict.fromkeys(row["budget"] for row in found["rows"]))
    print(
        f"\n{found['dim']} dimensions, RMS/median error in x_0 (geometric mean over mixtures); "
        f"the reference is known to {found['residual']:.0e}"
    )
    print(f"{'evaluations':<24}{''.join(f'{n:>16}' for n in budgets)}")
    for name in dict.fromkeys(row["name"] for row in found["rows"]):
        line = ""
        for budget in budgets:
            here = [r for r in found["rows"] if r["name"] == name and r["budget"] == budget]
            done = [row for row in here if "rms" in row]
            if not done:
                line = f"  {here[0]['failed']}"
                break
            rms, median = (min(mean(row[key]) for row in done) for key in ("rms", "median"))
            line += f"{rms:>8.1e}/{median:.1e}"
        print(f"{name:<24}{line}")


def show_claims(found: dict) -> None:
    """Print how many times smaller our error is than the best peer's, with the interval."""
    for row in found["claims"]:
        head = f"  {WORDS[row['met']]:<8}{row['error']:<7}at {row['budget']:>3}, at least"
        if row["met"] is None:
            print(f"{head} {row['claimed']:g} times better: {row['why']}")
            continue
        low, high = row["interval"]
        print(
            f"{head} {row['claimed']:>3g} times better: {row['ratio']:6.2f} "
            f"[{low:.2f}, {high:.2f}] than {row['peer']} on grid {row['grid']}"
        )
        say_why(row)
    print(end="", flush=True)


def show_law(found: dict) -> None:
    """Print the distance in law of every step, by its noise."""
    print(
        f"\nError in law on a line, {found['steps']} evaluations: L1 of the smoothed density; "
        f"exact draws {found['floor']:.4f} (at most {found['floor_max']:.4f})"
    )
    for sigma, row in found["table"].items():
        print(f"sigma = {sigma}")
        for name, value in row.items():
            text = value if isinstance(value, str) else "blown up"
            print(f"    {name:<32}{f'{value:.4f}' if isinstance(value, float) else text}")
    print(
        f"  {WORDS[found['met']]:<8}balanced within {found['claimed']:g} floors for every sigma: "
        f"at most {found['worst']:.2f}"
    )
    say_why(found)


def show_cost(found: dict) -> None:
    """Print microseconds a step."""
    print("\nOverhead of a step, batch 1 of 3072, us (50 steps, 500 steps)")
    for row in found["rows"]:
        values = row.get("failed") or "".join(
            f"{row[key]:>8.0f}" for key in ("short", "long") if key in row
        )
        print(f"{row['name']:<28}{values}")
    for row in found["claims"]:
        print(f"  {WORDS[row['met']]:<8}{row['claim']}: {row['measured']:.3g}")
        say_why(row)


def show_equal(found: dict) -> None:
    """Print how far our steps are from k-diffusion's."""
    print(f"\nThe same steps in k-diffusion: largest difference, at most {found['allowed']:g}")
    for row in found["rows"]:
        value = row.get("failed") or f"{row['difference']:.1e}"
        print(f"  {WORDS[row.get('met')]:<8}{row['name']:<20}{value}")
