"""The second pass: what it is asked of one regression, and what it found wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.estimators import design
from rctspark.estimators.regression.first_sums import Within
from rctspark.estimators.regression.middle_sums import (
    LEVERAGE_POWER,
    Middle,
    MiddleSums,
)
from rctspark.estimators.regression.regressions import Step, about_the_mean, in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.middle_sums import MiddleTotals
    from rctspark.estimators.regression.terms import Terms


def middle_of(step: Step, covariance: str) -> Middle:
    """Return what the second pass is asked for one regression."""
    group, equations = step.group, step.equations
    return Middle(
        outcomes=group.outcomes,
        terms=equations.kept,
        means=group.means[:, equations.kept],
        y_means=group.y_means,
        coefficients=step.coefficients,
        directions=equations.inverse @ step.interest,
        root=equations.root,
        weight=np.where(group.weight > 0, group.weight, 1.0),
        power=LEVERAGE_POWER.get(covariance, 0),
        redundant=equations.redundant,
        redundant_means=group.means[:, equations.redundant],
        explained=equations.explained,
    )


def middle_faults(
    source: SourceOfSums,
    step: Step,
    total: MiddleTotals,
    terms: Terms,
    covariance: str,
) -> list[str]:
    """Say what the second pass found wrong with one regression.

    Args:
        source: The source, for the names of outcomes.
        step: The regression between the passes.
        total: What the second pass found.
        terms: The terms.
        covariance: Kind of covariance.

    Returns:
        Faults: columns left out that are not wholly redundant, persons with a column
        to themselves where that matters.
    """
    faults = _redundancy_faults(step, total, terms)
    if total.exact:
        faults.append(
            f"{total.exact:.0f} person(s) have a covariate column to themselves, for "
            f"which {covariance} does not exist; use HC1 or join categories"
        )
    where = f"{in_words(source, step.group.outcomes)}: model {step.regression.name}"
    return [f"{where}: {fault}" for fault in faults]


def _redundancy_faults(step: Step, total: MiddleTotals, terms: Terms) -> list[str]:
    """Hold what was left out to the rule of `design`, person by person."""
    left = step.equations.redundant
    weight = float(step.group.weight.sum())
    squares = np.diag(about_the_mean(step.group).products)[left]
    deviation = np.sqrt(np.maximum(squares, 0) / weight)
    varies = deviation > design.NOISE * step.group.largest[left]
    apart = np.sqrt(total.redundant_squares / weight)
    stands = varies & (apart > design.TOLERANCE * deviation)
    return [
        f"{terms.names[i]} is nearly, but not wholly, said by the other columns; sums "
        "can't tell its effect from theirs. Leave it out of the model"
        for i in left[stands]
    ]


def redundancy_faults(
    source: SourceOfSums, steps: Sequence[Step], terms: Terms
) -> list[str]:
    """Look at columns left out, person by person; no pass where there are none.

    Args:
        source: The source.
        steps: Regressions without a second pass of their own; none absorbs strata.
        terms: The terms.

    Returns:
        Names of columns left out that are not wholly said by the others.
    """
    doubtful = [step for step in steps if len(step.equations.redundant)]
    if not doubtful:
        return []
    middles = [middle_of(_of_all(step), "HC0") for step in doubtful]
    found = source.add_up(
        MiddleSums(terms, middles, within=Within())  # one constant
    )
    return [
        fault
        for step, total in zip(doubtful, found.totals, strict=True)
        for fault in middle_faults(source, step, total, terms, "HC0")
    ]


def _of_all(step: Step) -> Step:
    whole = about_the_mean(step.group)
    whole.weight = np.array([whole.weight.sum()])
    return Step(
        step.regression, whole, step.equations, step.coefficients, step.interest
    )
