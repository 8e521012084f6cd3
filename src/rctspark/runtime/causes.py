"""What kind of error Spark met, without its text, which may carry values of rows."""

from __future__ import annotations

from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

SPARK_ERRORS = (PySparkException, Py4JError)
DEEPEST = 10
FULL_DISK = "No space left on device"
STARVED = ("OutOfMemory", "Timeout", "OUT_OF_MEMORY", "ExecutorLost", "BlockNotFound")
"""In the kinds of errors that a run ends with which lacks memory, or was paused."""


def kind_of(broken: Exception) -> str:
    """Name an error of Spark or of the Java side.

    Args:
        broken: The error.

    Returns:
        Spark's condition (`CAST_INVALID_INPUT`); where there is none, the kinds of
        the Java errors from the outermost to the cause; else the kind in Python.
    """
    get = getattr(broken, "getCondition", None) or getattr(
        broken, "getErrorClass", None
    )
    condition = get() if get else None
    if condition:
        return str(condition)
    thrown: Any = getattr(broken, "java_exception", None)
    names: list[str] = []
    while thrown is not None and len(names) < DEEPEST:
        names.append(str(thrown.getClass().getSimpleName()))
        thrown = thrown.getCause()
    return ", caused by ".join(dict.fromkeys(names)) or type(broken).__name__


def remedy_of(broken: Exception) -> str:
    """Say what somebody can do about an error of Spark while a table was written.

    Args:
        broken: The error.

    Returns:
        A sentence, by the kind of the error; its text is looked at for a full disk
        alone, and never repeated.
    """
    kind = kind_of(broken)
    if FULL_DISK in str(broken):
        return "The disk is full: free some space, run again."
    if "Concurrent" in kind or "CONCURRENT" in kind:
        return "Another run published at the same time: run again."
    if any(word in kind for word in STARVED):
        return (
            "The machine ran out of memory or time: let fewer runs share it or give "
            "Spark more (`spark.driver.memory` in the settings), then run again."
        )
    return "Look for an expression in a mapping or plan that fails on some row."


def failed_write(name: str, broken: Exception) -> str:
    """Say that rows could not be written, and what to do.

    Args:
        name: Name of the table, or of the step.
        broken: The error of Spark or of the Java side.

    Returns:
        Sentences for a `StoreError`.
    """
    return (
        f"Writing {name} failed ({kind_of(broken)}); nothing was published. "
        f"{remedy_of(broken)}"
    )
