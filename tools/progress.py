"""Run a command: its whole output is added to a log, the lines that matter to the screen."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

QUIET_SECONDS = 30


def stream(
    command: list[str],
    log: Path,
    say: Callable[[str], str | None],
    env: Mapping[str, str] | None = None,
) -> int:
    """Run `command`, print `say(line)` for each line where it is not None, return the status.

    Where nothing has been worth saying for a while, a dot and the time show that work goes on.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    start = spoke = time.monotonic()
    with (
        log.open("a", encoding="utf-8") as copy,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=env,
        ) as process,
    ):
        for line in process.stdout or ():
            copy.write(line)
            copy.flush()
            message = say(line.rstrip())
            now = time.monotonic()
            if message is None and now - spoke > QUIET_SECONDS:
                message = f"  ... {now - start:.0f} s"
            if message is not None:
                print(message, flush=True)
                spoke = now
    return process.returncode


def tail(log: Path, count: int = 30) -> str:
    """Return the last `count` lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def fail(message: str) -> None:
    """Leave with a message on standard error."""
    sys.exit(f"\n{message}")
