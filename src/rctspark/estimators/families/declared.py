"""The families of tests that a plan declares, on what its models found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rctspark.contracts.families import NO_FAMILY, JudgedTest
from rctspark.estimators.families.multiplicity import (
    adjust_benjamini_hochberg,
    adjust_holm,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rctspark.config.plan import Plan
    from rctspark.contracts.regression import JointTest
    from rctspark.contracts.results import Effect

OF_CATEGORY = ":"
"""Between a population and the category of it that an effect is about."""


@dataclass(frozen=True, slots=True)
class FoundTest:
    """A joint test and the analysis that it belongs to.

    Attributes:
        population: Label of those analysed.
        test: The test.
    """

    population: str
    test: JointTest


def adjust_families(
    plan: Plan,
    effects: Iterable[Effect],
    equality: Iterable[FoundTest],
    *,
    data_version: str,
    stepped: Mapping[str, Mapping[tuple[str, int, str], float]] | None = None,
) -> tuple[JudgedTest, ...]:
    """Adjust the p-values of each family of the plan for how many tests it has.

    Holm's and Benjamini and Hochberg's need p-values alone, so a family may hold
    tests of several populations and models. Over all arms at once is no further
    test where each arm is tested too: it belongs to no family.

    Args:
        plan: The analysis plan.
        effects: Its effects; those of a category belong to a family as those of the
            analysis that they are a part of.
        equality: Tests that effects are the same in all categories.
        data_version: Named set of deliveries.
        stepped: Family to outcome, horizon and arm to step-down p-value.

    Returns:
        The tests of each family, in its order, and the tests of equality that belong
        to none.
    """
    filed = [
        *(_of_equality(found, plan, data_version) for found in equality),
        *(_of_effect(effect) for effect in effects),
    ]
    judged: list[JudgedTest] = []
    is_judged: dict[int, bool] = defaultdict(bool)
    for family in plan.families:
        own = [
            i
            for i, t in enumerate(filed)
            if t.tests == family.tests
            and t.arm != "all"
            and family.holds(_analysis(t.population), t.outcome, t.horizon, t.model)
        ]
        members = [filed[i] for i in own]
        judged += _adjusted(members, family.name, (stepped or {}).get(family.name, {}))
        is_judged |= dict.fromkeys(own, True)
    alone = [
        t for i, t in enumerate(filed) if t.tests == "equality" and not is_judged[i]
    ]
    return (*judged, *alone)


def _analysis(population: str) -> str:
    return population.split(OF_CATEGORY, maxsplit=1)[0]


def _adjusted(
    tests: Sequence[JudgedTest],
    family: str,
    stepped: Mapping[tuple[str, int, str], float],
) -> list[JudgedTest]:
    if not tests:
        return []
    p_values = [t.p_value for t in tests]
    holm, hochberg = adjust_holm(p_values), adjust_benjamini_hochberg(p_values)
    return [
        replace(
            t,
            family=family,
            p_holm=float(holm[i]),
            p_benjamini_hochberg=float(hochberg[i]),
            p_step_down=stepped.get((t.outcome, t.horizon, t.arm)),
            family_size=len(tests),
        )
        for i, t in enumerate(tests)
    ]


def _of_equality(found: FoundTest, plan: Plan, data_version: str) -> JudgedTest:
    test = found.test
    return JudgedTest(
        experiment=plan.name,
        family=NO_FAMILY,
        tests="equality",
        population=found.population,
        outcome=test.outcome,
        horizon=test.horizon,
        arm=test.arm,
        model=test.model,
        by=test.by,
        statistic=test.statistic,
        df_numerator=test.df_numerator,
        df_denominator=test.df_denominator,
        p_value=test.p_value,
        p_holm=None,
        p_benjamini_hochberg=None,
        p_step_down=None,
        family_size=1,
        n_total=test.n_total,
        data_version=data_version,
        plan_hash=plan.hash,
    )


def _of_effect(effect: Effect) -> JudgedTest:
    t = effect.estimate / effect.std_error if effect.std_error > 0 else 0.0
    return JudgedTest(
        experiment=effect.experiment,
        family=NO_FAMILY,
        tests="effects",
        population=effect.population,
        outcome=effect.outcome,
        horizon=effect.horizon,
        arm=effect.arm,
        model=effect.model,
        by="",
        statistic=t**2,
        df_numerator=1,
        df_denominator=effect.df,
        p_value=effect.p_value,
        p_holm=None,
        p_benjamini_hochberg=None,
        p_step_down=None,
        family_size=1,
        n_total=effect.n_total,
        data_version=effect.data_version,
        plan_hash=effect.plan_hash,
    )
