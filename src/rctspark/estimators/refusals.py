"""Say what is wrong with what an estimator is given: all faults at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rctspark.errors import EstimationError, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

MINIMUM_PERSONS = 10
"""Fewest persons per arm, where the caller does not say another number."""


def refuse(what: str, faults: Iterable[str]) -> None:
    """Stop if there are faults.

    Args:
        what: What can't be done: `The difference by strata`.
        faults: One sentence each; none: nothing happens.

    Raises:
        EstimationError: There are faults; the message holds all of them.
    """
    found = list(faults)
    if found:
        raise EstimationError(f"{what} can't be estimated:\n{listed(found)}")


def missing_faults(columns: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """Count the persons whose value is missing or infinite, column by column.

    Args:
        columns: Name to values, shape (n,) or (n, k).

    Returns:
        One sentence per column with such persons.
    """
    counts = {
        name: int((~np.isfinite(np.asarray(v).reshape(len(v), -1)).all(axis=1)).sum())
        for name, v in columns.items()
    }
    return [
        f"{name} is missing or infinite for {n} person(s)"
        for name, n in counts.items()
        if n
    ]


def arm_faults(
    arm: NDArray[Any], arms: Sequence[str], *, minimum_persons: int, what: str = ""
) -> list[str]:
    """Find persons in an arm that is not compared, and arms with too few.

    Args:
        arm: Shape (n,), arm of each person.
        arms: Arms that are compared.
        minimum_persons: Fewest persons per arm.
        what: Added after `persons`: ` observed`.

    Returns:
        One sentence per fault.
    """
    others = int((~np.isin(arm, list(arms))).sum())
    faults = []
    if others:
        faults.append(f"{others} person(s) are in an arm that is not compared")
    for name in arms:
        count = int((arm == name).sum())
        if count < minimum_persons:
            faults.append(
                f"{count} person(s){what} in arm {name}, needed are {minimum_persons}"
            )
    return faults


def shape_faults(n: int, columns: Mapping[str, NDArray[Any]]) -> list[str]:
    """Find columns that do not have one value per person.

    Args:
        n: Persons.
        columns: Name to values.

    Returns:
        One sentence per column of another length.
    """
    return [
        f"{name} has {len(values)} value(s) for {n} person(s)"
        for name, values in columns.items()
        if len(values) != n
    ]


def covariance_faults(covariance: str, known: Sequence[str]) -> list[str]:
    """Say that an estimator has no covariance of a kind.

    Args:
        covariance: Kind of covariance that is asked for.
        known: Kinds that there are.

    Returns:
        One sentence, or none.
    """
    if covariance in known:
        return []
    return [f"there is no covariance {covariance} for it, only {', '.join(known)}"]
