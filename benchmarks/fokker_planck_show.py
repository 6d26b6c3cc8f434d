"""Print the table of one problem: the runs, the claims, and where a peer is as fast."""

from show import WORDS, say, say_why

PACKAGES = "fipy", "py-pde", "fplanck"
HEADS = "n", "effort", "L1 error", "CPU ms", "first ms", "ratio", "reader", "defect", "lowest"


def show(title: str, found: dict) -> None:
    """Print the runs of one problem, what is claimed of them, and what else they say."""
    print(f"\n{title}\n{'solver':<13}{''.join(f'{head:>9}' for head in HEADS)}  lines")
    for row in found["runs"]:
        print(f"{row['solver']:<13}{row['n']:>9}{row['effort']:>9g}{cells(row)}")
    for verdict in found["claims"]:
        print(f"  {WORDS[verdict['met']]:<8}{verdict['claim']:<40}{verdict['measured']}")
        say_why(verdict)
    for sentence in found["as fast"]:
        say(sentence, 2)
    print(end="", flush=True)


def cells(row: dict) -> str:
    """Return the measured part of a row."""
    if "failed" in row:
        return f"  {row['failed']}"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.1f}"
    return (
        f"{row['error']:>9.1e}{row['cpu_ms']:>9.1f}{row['first_ms']:>9.0f}{ratio:>9}"
        f"{row['reader']:>9.0%}{row['mass_defect']:>9.0e}{row['lowest']:>9.0e}"
        f"{row['lines']:>7}"
    )
