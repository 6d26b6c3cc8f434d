"""Print the tables of the nets' benchmark."""

from show import WORDS, say, say_why


def show_nets(rows: list[dict], data: str) -> None:
    """Print size, speed, memory, and the loss at the end of each seed."""
    print(f"\nOne thread, batch 32, {data}; CPU time")
    print(
        f"{'net':<24}{'params':>8}{'train':>9}{'sample':>11}{'kept':>11}   "
        "held-out loss (images, CPU s)"
    )
    print(f"{'':<24}{'M':>8}{'images/s':>9}{'ms/step':>11}{'MB/image':>11}")
    for row in rows:
        if "failed" in row:
            print(f"{row['net']:<24}  {row['failed']}")
            continue
        ends = [run["curve"][-1] for run in row["runs"]]
        speed = max(end["images"] / end["cpu_s"] for end in ends)
        losses = "; ".join(
            f"{end['loss']:.4f} ({end['images']}, {end['cpu_s']:.0f})" for end in ends
        )
        print(
            f"{row['net']:<24}{row['parameters'] / 1e6:>8.2f}{speed:>9.1f}"
            f"{row['step_ms']:>11.0f}{row['kept_MB_per_image']:>11.2f}   {losses}"
        )


def show_claims(claims: list[dict]) -> None:
    """Print how many times less CPU time ours needs to reach the peer's loss."""
    print()
    for row in claims:
        wanted = f", claimed {row['claimed']:g}" if row["claimed"] else ""
        print(f"  {WORDS[row['met']]:<8}CPU time of {row['peer']} to its loss over ours{wanted}:")
        for one in row["by seed"]:
            say(
                f"seed {one['seed']}, loss {one['loss']:.4f}: {one['peer_s']:.1f} s against "
                + (f"{one['ours_s']:.1f} s, {one['ratio']:.2f}" if one["ratio"] else "never"),
                10,
            )
        say_why(row)
