"""Run a process and see what it took; say from within what one run took."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "took:"
MEGABYTE_IN_KB = 1024
SOURCES = Path(__file__).resolve().parents[1] / "src"
TICKS = os.sysconf("SC_CLK_TCK")
EVERY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took.

    Attributes:
        cold: Seconds from its start to its end, without its later runs.
        cold_cpu: Seconds of processor time for the same, over all cores.
        warm: Seconds of its last run.
        warm_cpu: Seconds of processor time for that.
        peak_mb: Peak memory of it and its descendants, each at its own peak.
    """

    cold: float
    cold_cpu: float
    warm: float
    warm_cpu: float
    peak_mb: float


class Runs:
    """The runs of this process, which `measure` reads from what it prints."""

    def __init__(self) -> None:
        """Begin without runs."""
        self.taken: list[tuple[float, float]] = []

    @contextmanager
    def one(self) -> Iterator[None]:
        """Measure one run, the processor time of descendants included."""
        began, cpu = time.monotonic(), cpu_of(os.getpid())
        yield
        taken = time.monotonic() - began, cpu_of(os.getpid()) - cpu
        self.taken.append(taken)

    def report(self) -> None:
        """Say what the runs took."""
        print(MARK, json.dumps(self.taken), flush=True)


def measure(command: list[str]) -> Taken:
    """Run a command that reports its runs.

    Args:
        command: Program and arguments.

    Returns:
        What it took.

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
    cpus: dict[int, float] = {}
    watcher = threading.Thread(
        target=_watch, args=(process.pid, peaks, cpus), daemon=True
    )
    watcher.start()
    output, _ = process.communicate()
    whole = time.monotonic() - began
    watcher.join()
    said = [line for line in output.splitlines() if line.startswith(MARK)]
    if process.returncode or not said:
        raise SystemExit(f"{command[1]} failed:\n{output[-3000:]}")
    runs = json.loads(said[-1].removeprefix(MARK))
    later = runs[1:]
    return Taken(
        cold=whole - sum(wall for wall, _ in later),
        cold_cpu=sum(cpus.values()) - sum(cpu for _, cpu in later),
        warm=runs[-1][0],
        warm_cpu=runs[-1][1],
        peak_mb=sum(peaks.values()) / MEGABYTE_IN_KB,
    )


def cpu_of(pid: int) -> float:
    """Return the seconds of processor time of a process and its descendants."""
    return sum(_cpu(one) for one in _family(pid))


def _watch(pid: int, peaks: dict[int, float], cpus: dict[int, float]) -> None:
    while _family(pid) and Path(f"/proc/{pid}/status").exists():
        for one in _family(pid):
            peaks[one] = max(_peak_kb(one), peaks.get(one, 0))
            cpus[one] = max(_cpu(one), cpus.get(one, 0))
        time.sleep(EVERY_SECONDS)


def _family(pid: int) -> list[int]:
    """List a process and its descendants, whichever thread started them."""
    found = [pid]
    try:
        tasks = list(Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:  # it has ended since
        return found
    for task in tasks:
        try:
            children = task.read_text().split()
        except OSError:
            continue
        found += [p for child in children for p in _family(int(child))]
    return found


def _peak_kb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return float(found[0]) if found else 0


def _cpu(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
