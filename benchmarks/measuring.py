"""Run a process and see what it took; say from within what one run took."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

MARK = "seconds:"
MEGABYTE_IN_KB = 1024
SOURCES = Path(__file__).resolve().parents[1] / "src"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took.

    Attributes:
        cold: Seconds from start to the end of its first run.
        warm: Seconds of its last run.
        peak_mb: Peak memory of it and its descendants, each at its own peak.
    """

    cold: float
    warm: float
    peak_mb: float


def report(seconds: list[float]) -> None:
    """Say what the runs of this process took, for `measure` to read."""
    print(MARK, json.dumps(seconds), flush=True)


def measure(command: list[str]) -> Taken:
    """Run a command that reports the seconds of its runs.

    Args:
        command: Program and arguments.

    Returns:
        What it took. Cold is what a process of one run would have taken: all of it
        less the later runs.

    Raises:
        SystemExit: It failed; the end of what it said is shown.
    """
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
    )
    peaks: dict[int, float] = {}
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    whole = time.monotonic() - began
    said = [line for line in output.splitlines() if line.startswith(MARK)]
    if process.returncode or not said:
        raise SystemExit(f"{command[1]} failed:\n{output[-3000:]}")
    seconds = json.loads(said[-1].removeprefix(MARK))
    cold = whole - sum(seconds[1:])
    return Taken(cold, seconds[-1], sum(peaks.values()) / MEGABYTE_IN_KB)


def _watch(pid: int, peaks: dict[int, float]) -> None:
    while Path(f"/proc/{pid}").exists():
        for one in _family(pid):
            peak = _peak_kb(one)
            if peak:
                peaks[one] = peak
        time.sleep(0.2)


def _family(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return [pid]
    return [pid, *(p for child in text.split() for p in _family(int(child)))]


def _peak_kb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return float(found[0]) if found else 0
