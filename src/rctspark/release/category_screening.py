"""Effects by category and tests looked at together: what may leave.

Categories add up to the population that they divide, so one that is hidden would follow
from the others and the whole: the effects of all categories leave together or not at
all, and a test leaves only beside the effects that it compares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rctspark.release.effect_screening import ScreenedEffects, WithheldEffect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rctspark.contracts import Effect, JudgedTest

OF_CATEGORY = ":"
OF_COVARIATE = "="
EVERY_ARM = "all"
P_DECIMALS = 3
STATISTIC_DECIMALS = 2
REASON = "another category of the same covariate stays inside"

Division = tuple[str, str, str, int, str]
"""Population, covariate, outcome, horizon and model of effects that add up."""


@dataclass(frozen=True, slots=True)
class ShownTest:
    """A test that may leave, with the persons behind it.

    Attributes:
        test: The test, rounded.
        n: Persons behind the effects that it rests on, as these are shown.
    """

    test: JudgedTest
    n: int


def is_of_category(e: Effect | WithheldEffect) -> bool:
    """Say whether an effect is about one category of a model with `by`."""
    return OF_CATEGORY in e.population


def category_parts(population: str) -> tuple[str, str, str]:
    """Split `all:sex=male` in population, covariate and category."""
    whole, _, category = population.partition(OF_CATEGORY)
    covariate, _, value = category.partition(OF_COVARIATE)
    return whole, covariate, value


def division_of(e: Effect | WithheldEffect) -> Division:
    """Name the effects that add up with this one to the population they divide."""
    whole, covariate, _ = category_parts(e.population)
    return (whole, covariate, e.outcome, e.horizon, e.model)


def hold_categories_together(screened: ScreenedEffects) -> ScreenedEffects:
    """Keep inside what would give a category away that stays inside.

    Args:
        screened: Effects that may leave, and those that may not.

    Returns:
        The same, with every category of a covariate withheld where one of them is,
        and every category's mean where that of one is.
    """
    told = {division_of(w) for w in screened.withheld if is_of_category(w)}

    def is_told(e: Effect) -> bool:
        return is_of_category(e) and division_of(e) in told

    more = tuple(
        WithheldEffect(
            e.site,
            e.population,
            e.outcome,
            e.horizon,
            e.arm,
            e.against,
            e.estimand,
            e.model,
            REASON,
        )
        for e in screened.kept
        if is_told(e)
    )
    kept = _without_means(e for e in screened.kept if not is_told(e))
    return ScreenedEffects(kept, (*screened.withheld, *more))


def _without_means(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    """Keep the means of all categories inside where that of one stays."""
    effects = tuple(effects)
    veiled = {
        division_of(e)
        for e in effects
        if is_of_category(e) and math.isnan(e.mean_against)
    }

    def leaving(e: Effect) -> Effect:
        is_veiled = is_of_category(e) and division_of(e) in veiled
        return replace(e, mean_against=math.nan) if is_veiled else e

    return tuple(leaving(e) for e in effects)


def screen_tests(
    tests: Iterable[JudgedTest], kept: Sequence[Effect], *, effects: Sequence[Effect]
) -> tuple[ShownTest, ...]:
    """Keep the tests all of whose effects may leave.

    A test over several arms, beside the effects of all but one, is an equation for
    those of the last.

    Args:
        tests: As found.
        kept: Effects that may leave, as they are shown.
        effects: Effects as estimated.

    Returns:
        The tests with rounded numbers; degrees of freedom of their denominator and
        persons in the regression stay inside.
    """
    shown = []
    for test in tests:
        behind = [e for e in kept if _rests_on(test, e)]
        if not behind or len(behind) < sum(_rests_on(test, e) for e in effects):
            continue
        adjusted = (test.p_holm, test.p_benjamini_hochberg, test.p_step_down)
        holm, hochberg, stepped = (
            None if p is None else round(p, P_DECIMALS) for p in adjusted
        )
        rounded = replace(
            test,
            statistic=round(test.statistic, STATISTIC_DECIMALS),
            p_value=round(test.p_value, P_DECIMALS),
            p_holm=holm,
            p_benjamini_hochberg=hochberg,
            p_step_down=stepped,
        )
        controls = {(e.population, e.n_against) for e in behind}
        n = sum(e.n_arm for e in behind) + sum(n for _, n in controls)
        shown.append(ShownTest(rounded, n))
    return tuple(shown)


def _rests_on(test: JudgedTest, e: Effect) -> bool:
    if (e.outcome, e.horizon, e.model) != (test.outcome, test.horizon, test.model):
        return False
    if test.arm not in (e.arm, EVERY_ARM) or e.site != "all":
        return False
    if test.tests == "effects":
        return e.population == test.population
    return category_parts(e.population)[:2] == (test.population, test.by)
