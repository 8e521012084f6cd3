"""The weights that a plan asks for: persons analysed, made like the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.descriptives import (
    EFFECTIVE_N,
    EVERY,
    LARGEST_WEIGHT,
    LARGEST_WEIGHTS,
    TARGET,
    WEIGHTED,
    WEIGHTS,
)
from rctspark.estimators.balance.target_weights import balance_entropy, rake
from rctspark.estimators.described import Count, category_of, count_amounts
from rctspark.estimators.refusals import refuse
from rctspark.estimators.tallies import MISSING, Amounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Covariate, Reweighting
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.estimators.balance.target_weights import TargetWeights

    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class _Margin:
    """One characteristic of those analysed, and of the target.

    Attributes:
        covariate: The characteristic.
        own: Shape (n,), categories or numbers of those analysed.
        target: Shape (N,), those of everyone of the target population who is not left
            out.
        missing: Category that means unknown and is left out. None: there is none.
    """

    covariate: Covariate
    own: Texts | Floats
    target: Texts | Floats
    missing: str | None = None

    @property
    def shares(self) -> dict[str, float]:
        """Categories that somebody of the target has, to their shares."""
        counted = {c: int((self.target == c).sum()) for c in self.covariate.categories}
        return {c: n / self.target.size for c, n in counted.items() if n}


def weigh_to_target(
    sample: AnalysisSample,
    target: AnalysisSample,
    *,
    reweighting: Reweighting,
    covariates: Sequence[Covariate],
) -> tuple[TargetWeights, tuple[Count, ...]]:
    """Weight those analysed so that they are like the target in the plan's margins.

    The target's shares and means are those of everyone of it, those analysed among
    them, and are taken as known.

    Args:
        sample: Everyone analysed.
        target: Everyone of the target population.
        reweighting: What the plan asks for.
        covariates: Covariates of the plan.

    Returns:
        The weights, and per margin and category the persons analysed, those of the
        target, and what the weights reach.

    Raises:
        EstimationError: A margin is not known for someone; the target has a category
            that nobody analysed is in; or no weights reach all margins. With margin,
            category and persons.
    """
    named = {c.name: c for c in covariates}
    margins = [
        _margin(named[name], sample, target, missing=reweighting.missing.get(name))
        for name in reweighting.margins
    ]
    refuse(
        f"Weights of {reweighting.population}",
        [fault for margin in margins for fault in _faults(margin)],
    )
    if reweighting.method == "raking":
        found = rake(
            {m.covariate.name: np.asarray(m.own, dtype=np.str_) for m in margins},
            target={m.covariate.name: m.shares for m in margins},
        )
    else:
        columns = [column for margin in margins for column in _columns(margin)]
        found = balance_entropy(
            {name: own for name, own, _ in columns},
            target={name: mean for name, _, mean in columns},
        )
    method = found.summary.method
    counts = [c for m in margins for c in _reached(m, found.weight, method)]
    return found, tuple(counts)


def count_weights(found: TargetWeights, *, minimum_persons: int) -> tuple[Count, ...]:
    """Say how far weights had to go, by numbers about all of them.

    Args:
        found: The weights.
        minimum_persons: Persons over whom the largest weights are averaged, so that
            no number is about one person.

    Returns:
        Effective sample size, largest weight, and the mean of the largest.
    """
    told, n = found.summary, found.summary.n
    largest = np.sort(found.weight)[-minimum_persons:]
    numbers = {
        EFFECTIVE_N: told.effective_n,
        LARGEST_WEIGHT: told.largest,
        LARGEST_WEIGHTS: float(largest.mean()),
    }
    return tuple(
        Count(WEIGHTS, name, 0, EVERY, n, n, total=value, method=told.method)
        for name, value in numbers.items()
    )


def _margin(
    covariate: Covariate,
    sample: AnalysisSample,
    target: AnalysisSample,
    *,
    missing: str | None,
) -> _Margin:
    own, there = _values(sample, covariate), _values(target, covariate)
    if missing is not None:
        there = there[there != missing]
    return _Margin(covariate, own, there, missing)


def _values(sample: AnalysisSample, covariate: Covariate) -> Texts | Floats:
    if covariate.categories:
        return category_of(sample, covariate)
    return sample.covariates[covariate.name][:, 0]


def _faults(margin: _Margin) -> list[str]:
    """Find who has no value, and categories that nobody analysed is in."""
    name = margin.covariate.name
    if not margin.covariate.categories:
        sides = {"analysed": margin.own, "of the target": margin.target}
        unknown = {
            who: int((~np.isfinite(np.asarray(values, dtype=np.float64))).sum())
            for who, values in sides.items()
        }
        return [
            f"{name} is missing or infinite for {n} person(s) {who}"
            for who, n in unknown.items()
            if n
        ]
    faults = [
        f"{name} is not known for {n} person(s) {who}"
        for who, values in (("analysed", margin.own), ("of the target", margin.target))
        if (n := int((values == MISSING).sum()))
    ]
    left_out = int((margin.own == margin.missing).sum()) if margin.missing else 0
    if left_out:
        faults.append(
            f"{name}: {left_out} person(s) analysed are in {margin.missing}, which the "
            "margin leaves out; let it be a category, or leave them out of the analysis"
        )
    return faults + [
        f"{name}: nobody analysed is in {category}, where "
        f"{int((margin.target == category).sum())} person(s) of the target are; join "
        "it with another category, or leave the margin out"
        for category in margin.shares
        if not (margin.own == category).any()
    ]


def _columns(margin: _Margin) -> list[tuple[str, Floats, float]]:
    """Return names, columns and the target's means; of categories all but the first."""
    name = margin.covariate.name
    if not margin.covariate.categories:
        numbers = np.asarray(margin.own, dtype=np.float64)
        mean = float(np.asarray(margin.target, dtype=np.float64).mean())
        return [(name, numbers, mean)]
    return [
        (f"{name}={category}", (margin.own == category).astype(np.float64), share)
        for category, share in list(margin.shares.items())[1:]
    ]


def _reached(margin: _Margin, weight: Floats, method: str) -> list[Count]:
    name, n, size = margin.covariate.name, margin.own.size, margin.target.size
    share = weight / weight.sum()
    if not margin.covariate.categories:
        own = np.asarray(margin.own, dtype=np.float64)
        sides = {EVERY: own, TARGET: np.asarray(margin.target, dtype=np.float64)}
        told = [
            count_amounts(Amounts.of(values[:, None]), name, EVERY, 0, who)
            for who, values in sides.items()
        ]
        mean = float(share @ own)
        reached = Count(name, EVERY, 0, WEIGHTED, n, n, total=mean, method=method)
        return [*told, reached]
    found = []
    for category in margin.shares:
        is_own = margin.own == category
        persons, there = int(is_own.sum()), int((margin.target == category).sum())
        found += [
            Count(name, category, 0, EVERY, persons, n),
            Count(name, category, 0, TARGET, there, size),
            Count(
                *(name, category, 0, WEIGHTED, persons, n),
                total=float(share[is_own].sum()),
                method=method,
            ),
        ]
    return found
