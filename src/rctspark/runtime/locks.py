"""One publisher at a time: a lock that the kernel frees when its process dies."""

from __future__ import annotations

import fcntl
import re
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rctspark.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REMOTE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]*://")
POLL_SECONDS = 0.2


@contextmanager
def holding(
    lake: str, scope: str, wait_seconds: float, say: Callable[[str], None]
) -> Iterator[None]:
    """Hold the lock of a scope.

    On a remote file system there is no such lock; there Delta's own conflict check
    lets one of two writers through and stops the other.

    Args:
        lake: Root of the tables.
        scope: Folder of the lake.
        wait_seconds: Longest wait.
        say: Told once if there is a wait.

    Yields:
        Nothing.

    Raises:
        StoreError: Another run still held it after the wait.
    """
    if REMOTE.match(lake):
        yield
        return
    folder = Path(lake.removeprefix("file://")) / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{scope.replace('/', '.')}.lock").open("a") as lock:
        _take(lock.fileno(), scope, wait_seconds, say)
        yield


def _take(
    lock: int, scope: str, wait_seconds: float, say: Callable[[str], None]
) -> None:
    end = time.monotonic() + wait_seconds
    told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise StoreError(
                    f"Another run has been publishing {scope} for over "
                    f"{wait_seconds:.0f} seconds: wait for it to end, and run again."
                ) from None
            if not told:
                say(f"waiting until another job has published {scope}")
                told = True
            time.sleep(POLL_SECONDS)
        else:
            return
