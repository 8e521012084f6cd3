"""Several tables at once, where each waits for Spark."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Made = TypeVar("Made")

AT_ONCE = 6


def together(do: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    """Do the same to several tables at once: Spark plans one while it runs another.

    Args:
        do: What is done; waits for Spark.
        items: What it is done to.

    Returns:
        What came of each, in the order of the items. Where several fail, the error is
        that of the first; all have ended by then.
    """
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        return list(threads.map(do, items))
