"""Who is still in, and who leaves, at every time; and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError, listed
from rctspark.estimators.refusals import MINIMUM_PERSONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.contracts.durations import Durations

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """Counts at every distinct time, exits or not.

    Attributes:
        time: Shape (t,), rising.
        at_risk: Shape (t,): still in just before.
        exits: Shape (t, causes): leave at it, by kind of exit.
    """

    time: Floats
    at_risk: Floats
    exits: Floats

    @property
    def any_exits(self) -> Floats:
        """Shape (t,): leave at each time, in whatever way."""
        total: Floats = self.exits.sum(axis=1)
        return total

    @property
    def survival(self) -> Floats:
        """Shape (t,): Kaplan-Meier, just after each time."""
        stays = 1 - self.any_exits / self.at_risk
        kept: Floats = np.asarray(np.cumprod(stays), dtype=np.float64)
        return kept


def count_risk_sets(
    durations: Durations, persons: Bools, *, times: Floats | None = None
) -> RiskSets:
    """Count the risk sets of some persons; ties are exact equality of times.

    An exit and a last sighting at the same time: the one last seen was at risk.

    Args:
        durations: The durations.
        persons: Shape (n,): whose.
        times: Times at which to count, rising, all of theirs among them; their own
            where left out.

    Returns:
        The counts.
    """
    time, cause = durations.time[persons], durations.cause[persons]
    grid = np.unique(time) if times is None else times
    place = np.searchsorted(grid, time)
    kinds = len(durations.causes) + 1
    flat = np.bincount(place * kinds + cause, minlength=grid.size * kinds)
    counts: Floats = flat.reshape(grid.size, kinds).astype(np.float64)
    at_risk = counts.sum(axis=1)[::-1].cumsum()[::-1]
    return RiskSets(time=grid, at_risk=at_risk, exits=counts[:, 1:])


def require_durations(
    durations: Durations, *, minimum_persons: int = MINIMUM_PERSONS, minimum_arms: int
) -> tuple[str, ...]:
    """Refuse durations on which an answer would be meaningless.

    Args:
        durations: The durations.
        minimum_persons: Fewest persons in an arm.
        minimum_arms: Fewest arms.

    Returns:
        The arms, sorted.

    Raises:
        EstimationError: A time is missing, infinite or not above 0; a cause is not
            in `causes`; arms are too few or too small. All at once, with counts.
    """
    n = durations.time.size
    faults = [
        f"{name} has {values.size} row(s) for {n} time(s)"
        for name, values in (
            ("cause", durations.cause),
            ("arm", durations.arm),
            (
                "stratum",
                durations.arm if durations.stratum is None else durations.stratum,
            ),
        )
        if values.size != n
    ]
    unusable = int((~np.isfinite(durations.time) | (durations.time <= 0)).sum())
    if unusable:
        faults.append(
            f"time is missing, infinite or not above 0 for {unusable} person(s)"
        )
    faults += unknown_causes(durations.cause, len(durations.causes))
    arms, counts = np.unique(durations.arm, return_counts=True)
    faults += [
        f"arm {arm} has {count} person(s); {minimum_persons} are needed"
        for arm, count in zip(arms, counts, strict=True)
        if count < minimum_persons
    ]
    if arms.size < minimum_arms:
        faults.append(f"{arms.size} arm(s) are too few: {minimum_arms} are needed")
    refuse(faults, "The durations")
    return tuple(str(arm) for arm in arms)


def unknown_causes(cause: NDArray[np.int64], causes: int) -> list[str]:
    """Say how many causes are not among the known ones."""
    if not np.issubdtype(cause.dtype, np.integer):
        return ["cause must be whole numbers: 0 for no exit, 1, 2, ... for its kind"]
    strangers = int(((cause < 0) | (cause > causes)).sum())
    return [f"cause is not 0 to {causes} in {strangers} row(s)"] if strangers else []


def refuse(faults: list[str], what: str) -> None:
    """Raise every fault at once, if there is one.

    Args:
        faults: One sentence each.
        what: What can't be used, as the subject of the error.

    Raises:
        EstimationError: There is a fault.
    """
    if faults:
        raise EstimationError(f"{what} can't be used:\n{listed(faults)}")
