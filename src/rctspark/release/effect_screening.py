"""Apply the data owner's rules to effects: which may leave, and with which means.

Rule 2 says what a model needs: persons and degrees of freedom. Rule 3 says that no
category holds more than 90 % of its row. A mean of a yes-or-no outcome is such a row
(the persons of an arm who have it, and those who lack it), and an effect is one too: a
difference of two shares and its standard error give both shares, exactly without
covariates, and to a few persons with covariates that explain little of the outcome. How
much they explain is not known to whoever screens, so where an arm's share may not be
shown, its effects stay inside in every model. The data owner can let those with
covariates leave all the same. Fewer than ten persons who have, or lack, the outcome
(rule 1) keep the effect inside whatever is exempted. Where all persons of an arm have
one value, amounts too, mean and standard error say so of each of them.

Sources: the data owner's rules 1 to 4 and 6. That a regression without, or with few,
covariates is a table in another form: M. Brandt et al. (2010), Guidelines for the
checking of output based on microdata research, ESSnet SDC.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rctspark.config.plan import (
    ContactCountOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    JobQualityOutcome,
    PanelOutcome,
    PerRoundOutcome,
    ReentryOutcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rctspark.config import Plan, Thresholds
    from rctspark.contracts import Effect

Contrast = tuple[str, str, str, int, str, str, str]
"""Site, population, outcome, horizon, arm, against and estimand."""
Moment = tuple[str, str, str, int]
"""Site, population, outcome and horizon: arms whose shares stand beside one another."""
Persons = tuple[str, str, int, str, str, int, int]
"""Site, outcome, horizon, arm, against, and the persons of both."""
Dominated = frozenset[tuple[str, str, int, str]]
"""Population, outcome, horizon and arm of means that would tell of persons."""
ONE_VALUE = "everyone in an arm has the same value"
NOTHING = 1e-9
"""Of the size of an effect: smaller numbers are nothing, but for rounding."""


@dataclass(frozen=True, slots=True)
class WithheldEffect:
    """An effect that stays inside: which one and why, and no number of it."""

    site: str
    population: str
    outcome: str
    horizon: int
    arm: str
    against: str
    estimand: str
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScreenedEffects:
    """Effects sorted into what may leave and what may not.

    Attributes:
        kept: May leave, in the order given. A `mean_against` that is not a number
            stays inside.
        withheld: Stay inside, with the reason.
    """

    kept: tuple[Effect, ...]
    withheld: tuple[WithheldEffect, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """Reason to number of effects withheld for it."""
        return dict(Counter(w.reason for w in self.withheld))


@dataclass(frozen=True, slots=True)
class EffectRules:
    """What the data owner's rules need to know of a plan.

    Attributes:
        thresholds: Thresholds of the data owner.
        yes_no: Outcomes whose means are shares of persons (`yes_no_outcomes`).
        adjusted: Models with covariates (`adjusted_models`).
        enrolled: Arm to everyone enrolled, where a reader knows it: an effect on all
            but a few of an arm tells those few apart. None: not looked at.
        dominated: Means of amounts in which one person, or a few, weigh too much.
        uniform: Means of amounts that are the same for every person of the arm.
        are_shares_exempt: Whether the data owner lets shares of an arm leave that
            rule 3 would keep.
        are_adjusted_exempt: Whether the data owner lets effects with covariates
            leave, without means, where rule 3 would keep a share of an arm.
    """

    thresholds: Thresholds
    yes_no: frozenset[str] = frozenset()
    adjusted: frozenset[str] = frozenset()
    enrolled: Mapping[str, int] | None = None
    dominated: Dominated = frozenset()
    uniform: Dominated = frozenset()
    are_shares_exempt: bool = False
    are_adjusted_exempt: bool = False


def yes_no_outcomes(plan: Plan) -> frozenset[str]:
    """Name the outcomes that are yes or no for each person (and period).

    Their means are shares of persons, so a mean and its n give two counts of
    persons. A panel outcome in shares is taken for one: the plan can't say more.

    Args:
        plan: The analysis plan.

    Returns:
        Names of outcomes.
    """
    counted = (
        ExitOutcome | ExitToJobOutcome | PanelOutcome | ReentryOutcome | PerRoundOutcome
    )
    return frozenset(
        o.name
        for o in plan.outcomes
        if (isinstance(o, counted) and o.unit == "share")
        or (isinstance(o, JobQualityOutcome) and o.measure == "first_job_permanent")
        or (isinstance(o, ContactCountOutcome) and o.measure == "any")
    )


def adjusted_models(plan: Plan) -> frozenset[str]:
    """Name the models whose effects the data owner can let leave without shares.

    Args:
        plan: The analysis plan.

    Returns:
        Models with a covariate that is a number. With categories alone a regression
        is a table in another form, and its coefficients are cells of it.
    """
    numbers = {c.name for c in plan.covariates if not c.categories}
    return frozenset(m.name for m in plan.models if numbers & {*m.covariates})


def screen_effects(effects: Iterable[Effect], rules: EffectRules) -> ScreenedEffects:
    """Sort effects into those that may leave and those that may not.

    All models of one contrast stay inside together: they rest on the same persons.
    Where rule 3 keeps the share of one arm inside, every effect of that population,
    outcome and horizon stays: a variance that arms have in common would tell of it.

    Args:
        effects: Effects as estimated.
        rules: The data owner's, and what they need to know.

    Returns:
        The effects kept, and those withheld with the reason.
    """
    effects = tuple(effects)
    contrasts = defaultdict(list)
    for effect in effects:
        contrasts[_contrast(effect)].append(effect)
    plainest = _plainest(effects)
    reasons: dict[Contrast, str] = {}
    veiled: set[Moment] = set()
    for contrast, same in contrasts.items():
        # Other populations may hold the same persons, and a model without covariates.
        telling = [min(same, key=_rank), *(plainest[_persons(e)] for e in same)]
        reasons[contrast] = (
            _reason(same, rules)
            or _all_reason(telling, rules)
            or _few_reason(telling, rules)
        )
        if _is_group_disclosed(telling, rules):
            veiled.add(contrast[:4])
    kept, withheld = [], []
    for e in effects:
        reason = reasons[_contrast(e)]
        if not reason and _moment(e) in veiled:
            reason = _share_reason(e, rules)
            e = replace(e, mean_against=math.nan)  # noqa: PLW2901 (the one that leaves)
        if reason:
            withheld.append(WithheldEffect(*_contrast(e), e.model, reason))
        else:
            kept.append(e)
    return ScreenedEffects(tuple(kept), tuple(withheld))


def _contrast(e: Effect) -> Contrast:
    return (*_moment(e), e.arm, e.against, e.estimand)


def _moment(e: Effect) -> Moment:
    return (e.site, e.population, e.outcome, e.horizon)


def _persons(e: Effect) -> Persons:
    """Name the persons of a contrast as far as they can be told apart."""
    return (e.site, e.outcome, e.horizon, e.arm, e.against, e.n_arm, e.n_against)


def _rank(e: Effect) -> int:
    return e.rank


def _plainest(effects: Iterable[Effect]) -> dict[Persons, Effect]:
    """Return the effect in the smallest model: it comes nearest to the arm's mean."""
    return {_persons(e): e for e in sorted(effects, key=_rank, reverse=True)}


def _reason(effects: Sequence[Effect], rules: EffectRules) -> str:
    """Return why these models of one contrast may not leave; empty: they may."""
    fewest, fewest_df = rules.thresholds.minimum_persons, rules.thresholds.minimum_df
    first = effects[0]
    sides = [
        (first.population, first.outcome, first.horizon, arm)
        for arm in (first.arm, first.against)
    ]
    if any(side in rules.dominated for side in sides):
        return "one person, or a few, give most of the mean of an arm"
    if any(side in rules.uniform for side in sides):
        return ONE_VALUE
    if any(min(e.n_arm, e.n_against) < fewest for e in effects):
        return f"fewer than {fewest} persons in an arm"
    if any(e.n_total - e.rank < fewest_df for e in effects):
        return f"fewer than {fewest_df} residual degrees of freedom"
    if any(_misses_few(e, rules.enrolled or {}, fewest) for e in effects):
        return f"not observed for a few persons (fewer than {fewest}) of an arm"
    return ""


def _misses_few(effect: Effect, enrolled: Mapping[str, int], fewest: int) -> bool:
    if effect.population != "all" or effect.site != "all":
        return False
    sides = ((effect.arm, effect.n_arm), (effect.against, effect.n_against))
    return any(0 < enrolled.get(arm, n) - n < fewest for arm, n in sides)


def _shares(e: Effect) -> tuple[tuple[float, int], tuple[float, int]]:
    """Return the share that has the outcome, and the persons, of both arms."""
    return ((e.mean_against, e.n_against), (e.mean_against + e.estimate, e.n_arm))


def _few_reason(effects: Iterable[Effect], rules: EffectRules) -> str:
    """Say whether an arm's share tells of a few persons (rule 1)."""
    fewest = rules.thresholds.minimum_persons
    if any(
        0 < round(side) < fewest
        for e in effects
        if e.outcome in rules.yes_no
        for mean, n in _shares(e)
        for side in (mean * n, n - mean * n)
    ):
        return f"fewer than {fewest} persons of an arm have, or lack, the outcome"
    return ""


def _all_reason(effects: Sequence[Effect], rules: EffectRules) -> str:
    """Say whether all of an arm have, or lack, the outcome, or have one amount.

    Then the standard error is nearly nothing in every model, and says so itself.
    """
    if any(_has_one_amount(e) for e in effects if e.outcome not in rules.yes_no):
        return ONE_VALUE
    if rules.are_shares_exempt or not any(
        round(side) <= 0
        for e in effects
        if e.outcome in rules.yes_no
        for mean, n in _shares(e)
        for side in (mean * n, n - mean * n)
    ):
        return ""
    return "everyone in an arm has, or lacks, the outcome"


def _has_one_amount(e: Effect) -> bool:
    """Say whether nobody of an arm has any amount, or an effect is without variance."""
    means = (e.mean_against, e.mean_against + e.estimate)
    size = max(*(abs(mean) for mean in means), abs(e.std_error))
    return any(abs(x) <= NOTHING * size for x in (*means, e.std_error))


def _is_group_disclosed(effects: Iterable[Effect], rules: EffectRules) -> bool:
    """Say whether an arm's share is one that rule 3 keeps."""
    largest = rules.thresholds.maximum_share
    return not rules.are_shares_exempt and any(
        max(mean, 1 - mean) > largest
        for e in effects
        if e.outcome in rules.yes_no
        for mean, _ in _shares(e)
    )


def _share_reason(e: Effect, rules: EffectRules) -> str:
    """Return why an effect stays inside with the shares; empty: it leaves alone."""
    largest = rules.thresholds.maximum_share
    # A difference that large is the share itself: the other arm has hardly any.
    is_model = e.model in rules.adjusted and abs(e.estimate) <= largest
    if is_model and rules.are_adjusted_exempt:
        return ""
    return f"more than {largest:.0%} of an arm have, or lack, the outcome"
