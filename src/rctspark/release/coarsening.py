"""Effects on a part of those enrolled, so coarse that no few persons follow from them.

Men and women add up to everyone but the few whose sex is not known: from exact numbers
of persons, and from means with many digits, those few follow, and what became of them.
So do the few whose job has a contract that is known and a wage that is not.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rctspark.config.plan import JobQualityOutcome
from rctspark.release.numerals import kept_decimals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config import Plan, Thresholds
    from rctspark.contracts import Effect

CLUSTERED = "CR"
"""Beginning of the covariances whose degrees of freedom count no persons."""
DIGITS = 2
"""Significant digits of the standard error; a whole population keeps more."""
P_DECIMALS = 3
IN_OUTCOME_UNIT = ("estimate", "std_error", "ci_lower", "ci_upper", "mean_against")
IN_PERSONS = ("n_arm", "n_against", "n_total")


def whole_populations(plan: Plan) -> frozenset[str]:
    """Name the populations that hold everyone enrolled, in the plan's arms."""
    whole = {
        a.population
        for a in plan.analyses
        if a.where is None and a.among is None and a.follows is None
    }
    weighted = {one.population for one in plan.reweighted if one.of in whole}
    return frozenset(whole | weighted)


def is_of_everyone(effect: Effect, plan: Plan) -> bool:
    """Say whether an effect is of everyone enrolled, so that its numbers stay exact."""
    of_some = {o.name for o in plan.outcomes if isinstance(o, JobQualityOutcome)}
    return (
        effect.population in whole_populations(plan)
        and effect.site == "all"
        and effect.outcome not in of_some
    )


def coarsen_parts(
    effects: Iterable[Effect], plan: Plan, thresholds: Thresholds
) -> tuple[Effect, ...]:
    """Round the effects on a part of those enrolled.

    Args:
        effects: Effects that may leave.
        plan: The analysis plan.
        thresholds: Thresholds of the data owner.

    Returns:
        The effects in the same order; of parts, and of outcomes that only those with
        a job have, persons are rounded to the nearest
        multiple of the fewest that may be shown, and estimates to two significant
        digits of the standard error. Degrees of freedom, and persons of a whole
        regression, are rounded down to such a multiple: with the persons of the arms
        shown they would give those of another.
    """
    base = thresholds.minimum_persons
    return tuple(
        replace(e, df=_coarse_df(e, base), n_total=base * (e.n_total // base))
        if is_of_everyone(e, plan)
        else _coarsened(e, base)
        for e in effects
    )


def coarse_persons(n: int, thresholds: Thresholds) -> str:
    """Write a number of persons for a log or a tracked run.

    Logs leave the secure environment as tables do: exact numbers of several parts
    would give the few who are in one and not in the other.

    Args:
        n: Persons.
        thresholds: Thresholds of the data owner.

    Returns:
        The number, rounded as released persons of parts are; or that it is fewer than
        may be shown.
    """
    base = thresholds.minimum_persons
    return f"{_to_nearest(n, base):,}" if n >= base else f"fewer than {base}"


def _to_nearest(n: int, base: int) -> int:
    return base * round(n / base)


def _coarse_df(e: Effect, base: int) -> float:
    counts_no_persons = math.isinf(e.df) or e.covariance.startswith(CLUSTERED)
    return e.df if counts_no_persons else float(base * math.floor(e.df / base))


def _coarsened(e: Effect, base: int) -> Effect:
    decimals = kept_decimals(e.std_error, digits=DIGITS)
    numbers = {name: round(getattr(e, name), decimals) for name in IN_OUTCOME_UNIT}
    persons: dict[str, Any] = {
        name: _to_nearest(getattr(e, name), base) for name in IN_PERSONS
    }
    p_value = round(e.p_value, P_DECIMALS)
    df = _coarse_df(e, base)
    return replace(e, **numbers, **persons, df=df, p_value=p_value)
