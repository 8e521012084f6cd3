"""Many tests at once: p-values and bands that hold for a whole family."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.contracts.families import FamilyMember
from rctspark.estimators.families.influence import sum_by_cluster
from rctspark.estimators.refusals import refuse, shape_faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.estimators.families.influence import Influence

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

WHAT = "The family of tests"
DRAWS_AT_ONCE = 1000
TIE = 1e-9


def estimate_family(
    found: Influence,
    random: np.random.Generator,
    *,
    draws: int = 9999,
    level: float = 0.90,
    cluster: Ints | None = None,
) -> tuple[FamilyMember, ...]:
    """Hold the size of all tests of a family together, and band its effects.

    Persons' (or clusters') influences are multiplied by random signs, which keeps
    how effects of months, arms and outcomes move together (Chernozhukov, Chetverikov
    and Kato 2013, doi:10.1214/13-AOS1161); from these draws come the step-down
    p-values of Romano and Wolf (2005, doi:10.1198/016214504000000539) and the
    simultaneous band (Montiel Olea and Plagborg-Moller 2019,
    doi:10.1002/jae.2656).

    Args:
        found: Estimates and influence of the family.
        random: Source of randomness.
        draws: How many draws.
        level: Level of the band.
        cluster: Shape (n,), cluster of each person, where clusters were drawn.

    Returns:
        One member per effect, in the order of `found.keys`.

    Raises:
        EstimationError: An effect has standard error zero.
    """
    error = found.std_error(cluster)
    refuse(
        WHAT,
        [
            f"{o} at horizon {h}, arm {arm}: nobody varies, leave it out"
            for (o, h, arm), e in zip(found.keys, error, strict=True)
            if not e > 0
        ],
    )
    drawn = multiply(found.influence, random, draws=draws, cluster=cluster)
    statistic = found.estimate / error
    p_value = 2 * stats.norm.sf(np.abs(statistic))
    stepped = step_down(statistic, drawn)
    critical = critical_value(drawn, level=level)
    holm, hochberg = adjust_holm(p_value), adjust_benjamini_hochberg(p_value)
    return tuple(
        FamilyMember(
            outcome=outcome,
            horizon=horizon,
            arm=arm,
            estimate=float(found.estimate[i]),
            std_error=float(error[i]),
            p_value=float(p_value[i]),
            p_holm=float(holm[i]),
            p_benjamini_hochberg=float(hochberg[i]),
            p_step_down=float(stepped[i]),
            band_lower=float(found.estimate[i] - critical * error[i]),
            band_upper=float(found.estimate[i] + critical * error[i]),
            level=level,
            critical=critical,
            family_size=len(found.keys),
            draws=draws,
        )
        for i, (outcome, horizon, arm) in enumerate(found.keys)
    )


def multiply(
    influence: Floats,
    random: np.random.Generator,
    *,
    draws: int,
    cluster: Ints | None = None,
) -> Floats:
    """Draw studentised effects as they would be if there were none.

    Every person or cluster gets a random sign; each draw is divided by the standard
    error of the same influences.

    Args:
        influence: Shape (n, m).
        random: Source of randomness.
        draws: How many draws.
        cluster: Shape (n,), cluster of each person; None: persons.

    Returns:
        Shape (draws, m).
    """
    parts = sum_by_cluster(influence, cluster)
    scaled = parts / np.sqrt((parts**2).sum(axis=0))
    found = np.empty((draws, parts.shape[1]))
    with threadpool_limits(limits=1, user_api="blas"):
        for first in range(0, draws, DRAWS_AT_ONCE):
            size = (min(DRAWS_AT_ONCE, draws - first), len(parts))
            signs = random.integers(0, 2, size, dtype=np.int8) * 2.0 - 1.0
            found[first : first + size[0]] = signs @ scaled
    return found


def step_down(observed: Floats, drawn: Floats) -> Floats:
    """Return Romano and Wolf's step-down p-values from draws under no effect.

    The largest statistic is held against the largest of every draw, the next against
    the largest of the remaining ones, and so on; p-values never fall on the way
    (Romano and Wolf 2016, doi:10.1016/j.spl.2016.02.012). The draws can be those of
    `multiply`, or those of the real draw repeated (`redraw_statistics`).

    Args:
        observed: Shape (m,), studentised effects.
        drawn: Shape (B, m), the same in every draw.

    Returns:
        Shape (m,): (b + 1) / (B + 1), made monotone.
    """
    refuse(WHAT, shape_faults(len(observed), {"a draw": drawn[0]}))
    size = np.abs(observed)
    order = np.argsort(-size, kind="stable")
    # From the last to the first: the largest statistic of this and all later ones.
    largest = np.maximum.accumulate(np.abs(drawn)[:, order[::-1]], axis=1)[:, ::-1]
    extreme = (largest >= size[order] * (1 - TIE)).sum(axis=0)
    stepped = np.maximum.accumulate((extreme + 1.0) / (len(drawn) + 1.0))
    found = np.empty_like(stepped)
    found[order] = stepped
    return found


def critical_value(drawn: Floats, *, level: float) -> float:
    """Return how many standard errors a simultaneous band reaches.

    Args:
        drawn: Shape (B, m), studentised effects in every draw under no effect.
        level: Chance that the band holds all effects at once.

    Returns:
        The smallest draw of the largest statistic that (B + 1) times `level` draws
        don't exceed.
    """
    largest = np.sort(np.abs(drawn).max(axis=1))
    place = int(np.ceil(level * (len(largest) + 1) - TIE)) - 1
    return float(largest[min(place, len(largest) - 1)])


def adjust_holm(p_values: Sequence[float] | Floats) -> Floats:
    """Return Holm's p-values (1979, jstor.org/stable/4615733).

    Args:
        p_values: Shape (m,).

    Returns:
        Shape (m,): each at most alpha with chance at most alpha of any false one.

    Raises:
        EstimationError: A p-value is missing or no probability.
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    factor = np.arange(p.size, 0, -1)
    found = np.empty_like(p)
    found[order] = np.minimum(np.maximum.accumulate(p[order] * factor), 1.0)
    return found


def adjust_benjamini_hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Return Benjamini and Hochberg's p-values.

    Of those at most alpha, a share of at most alpha is expected to be false, for
    independent or positively dependent tests (Benjamini and Hochberg 1995,
    doi:10.1111/j.2517-6161.1995.tb02031.x).

    Args:
        p_values: Shape (m,).

    Returns:
        Shape (m,).

    Raises:
        EstimationError: A p-value is missing or no probability.
    """
    p = _checked(p_values)
    order = np.argsort(-p, kind="stable")
    factor = p.size / np.arange(p.size, 0, -1)
    found = np.empty_like(p)
    found[order] = np.minimum(np.minimum.accumulate(p[order] * factor), 1.0)
    return found


def _checked(p_values: Sequence[float] | Floats) -> Floats:
    p = np.asarray(p_values, dtype=np.float64)
    wrong = int((~((p >= 0) & (p <= 1))).sum())
    refuse(WHAT, [f"{wrong} p-value(s) are missing or no probability"] * (wrong > 0))
    return p
