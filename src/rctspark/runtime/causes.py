"""What kind of error Spark met, without its text, which may carry values of rows."""

from __future__ import annotations

from typing import Any

DEEPEST = 10


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
