"""Columns that separate who has an outcome from who has not.

Where one does, the likelihood of a logit rises without end, and no finite coefficient
fits best (Albert and Anderson 1984, doi:10.1093/biomet/71.1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.sums import ARM
from rctspark.estimators.regression.regressions import about_the_mean, in_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.logit_sums import LogitAt
    from rctspark.estimators.regression.terms import Terms

    Floats = NDArray[np.float64]

SEPARATED = 15.0
"""Log odds per standard deviation (or category) that no finite data ask for."""
ROUNDING = 1e-9


def separating_categories(
    source: SourceOfSums, group: GroupSums, terms: Terms
) -> list[str]:
    """Name arms and categories in which everyone or nobody has the outcome.

    Args:
        source: Whose outcomes they are.
        group: Sums of a group of outcomes.
        terms: The terms of the design.

    Returns:
        One fault for each, with its persons; before any step is made.
    """
    whole = about_the_mean(group)
    weight = float(group.weight.sum())
    faults = [
        f"{in_words(source, [place])}: everyone or nobody in arm {arm} has it "
        f"({group.arm_persons[a]:.0f} person(s))"
        for a, arm in enumerate(source.arms)
        for j, place in enumerate(group.outcomes)
        if _is_whole(group.arm_y[a, j])
    ]
    share = whole.means[0]
    squares = np.diag(whole.products) / weight + share**2
    for i, name in enumerate(terms.names):
        is_category = abs(squares[i] - share[i]) < ROUNDING and 0 < share[i] < 1
        if not is_category or name.startswith(ARM):
            continue
        inside = (whole.term_y[i] / weight + share[i] * whole.y_means[0]) / share[i]
        outside = (whole.y_means[0] - inside * share[i]) / (1 - share[i])
        faults += [
            f"{in_words(source, [place])}: {name} separates who has it from who has "
            f"not ({share[i] * group.persons:.0f} of {group.persons:.0f} person(s))"
            for j, place in enumerate(group.outcomes)
            if _is_whole(inside[j]) or _is_whole(outside[j])
        ]
    return faults


def _is_whole(share: float) -> bool:
    return min(abs(share), abs(1 - share)) < ROUNDING


def separating_terms(
    source: SourceOfSums,
    terms: Terms,
    at: list[LogitAt],
    persons: list[Floats],
    *,
    beyond: float = SEPARATED,
) -> list[str]:
    """Name terms whose coefficients run away, as they do without a highest likelihood.

    Args:
        source: Whose outcomes they are.
        terms: The terms of the design, in standard deviations.
        at: Where a fit has come to.
        persons: Per group of outcomes, shape (2, j): persons observed, and of them
            those with the outcome.
        beyond: Log odds that no finite data ask for.

    Returns:
        One fault for each outcome that has such terms, with its persons.
    """
    faults = []
    for one, counts in zip(at, persons, strict=True):
        far = np.abs(one.coefficients[1:]) > beyond
        for j in np.flatnonzero(far.any(axis=0)):
            named = ", ".join(
                terms.names[one.terms[i]] for i in np.flatnonzero(far[:, j])
            )
            faults.append(
                f"{in_words(source, [one.outcomes[j]])}: {named} separates who has "
                f"it from who has not ({counts[1, j]:.0f} of {counts[0, j]:.0f} "
                "person(s) have it), so no finite coefficient fits best; leave the "
                "column out or join categories"
            )
    return faults
