"""The families of joint tests that a plan declares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.descriptives import EVERY
from rctspark.contracts.families import JudgedTest
from rctspark.estimators.described import category_of
from rctspark.estimators.design import make_design
from rctspark.estimators.families.influence import make_influence
from rctspark.estimators.families.joint import estimate_joint
from rctspark.estimators.families.multiplicity import (
    adjust_benjamini_hochberg,
    adjust_holm,
)
from rctspark.estimators.families.redrawn import Again, draw_again
from rctspark.estimators.observed import keep_observed
from rctspark.estimators.regression.sources import PersonSums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Family, Plan
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.estimators.design import Design
    from rctspark.estimators.families.joint import JointNull
    from rctspark.estimators.families.redrawn import Redrawn

    Floats = NDArray[np.float64]


def judge_joint(
    plan: Plan, samples: Mapping[str, AnalysisSample], *, data_version: str
) -> tuple[JudgedTest, ...]:
    """Test the families of joint tests that a plan declares.

    Args:
        plan: The analysis plan.
        samples: Population of an analysis to its sample; one that is absent is not
            tested.
        data_version: Named set of deliveries.

    Returns:
        Per family one test per outcome and arm, their p-values adjusted for how many
        there are. Where the family asks for draws, p-values are those of drawing
        again, and there is the count of its single effects with a small p-value,
        which no other test adjusts.

    Raises:
        EstimationError: As `make_influence` and `draw_again`.
    """
    judged: list[JudgedTest] = []
    for family in plan.families:
        sample = samples.get(family.populations[0])
        if family.tests == "joint" and sample is not None:
            judged += _judge(plan, family, sample, data_version)
    return tuple(judged)


def _judge(
    plan: Plan, family: Family, sample: AnalysisSample, data_version: str
) -> list[JudgedTest]:
    (population,), (name,) = family.populations, family.models
    model = next(m for m in plan.models if m.name == name)
    analysis = next(a for a in plan.analyses if a.population == population)
    arms = analysis.arms or plan.arms.all
    held = [key for key in sample.outcomes if family.holds(population, *key, name)]
    observed, _ = keep_observed(PersonSums(sample, arms).measuring(held))
    outcomes = observed.sample.outcomes
    if not outcomes:
        return []
    everyone = np.ones(sample.n, dtype=np.bool_)
    design = make_design(sample, everyone, arms=arms, model=model)
    found = make_influence(
        outcomes,
        design.matrix,
        treatments={arm: i for i, arm in enumerate(design.treatments, start=1)},
        covariance=plan.inference.covariance,
    )
    tests = estimate_joint(found, df=float(sample.n - design.rank))
    first = min(horizon for _, horizon in outcomes)
    common = _Common(plan, family, first, sample.n, data_version)
    if family.seed is None:
        return common.joint(tests, [t.p_value for t in tests])
    again = _draw_again(plan, family, sample, design, outcomes)
    place = {arm: i for i, arm in enumerate(design.treatments)}
    drawn = [again.joint[t.outcome, place[t.arm]] for t in tests]
    return [*common.joint(tests, drawn), common.count(again)]


def _draw_again(
    plan: Plan,
    family: Family,
    sample: AnalysisSample,
    design: Design,
    outcomes: Mapping[tuple[str, int], Floats],
) -> Redrawn:
    strata = np.full(sample.n, EVERY)
    if family.strata is not None:
        covariate = next(c for c in plan.covariates if c.name == family.strata)
        strata = category_of(sample, covariate)
    return draw_again(
        outcomes,
        design.matrix,
        treatments=len(design.treatments),
        strata=strata,
        random=np.random.default_rng(family.seed),
        again=Again(
            draws=family.draws,
            below=1 - plan.inference.level,
            covariance=plan.inference.covariance,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Common:
    """What all tests of a family share."""

    plan: Plan
    family: Family
    horizon: int
    n: int
    data_version: str

    def joint(
        self, tests: Sequence[JointNull], p_values: Sequence[float]
    ) -> list[JudgedTest]:
        """File the tests of outcomes and arms, adjusted for how many there are."""
        holm, hochberg = adjust_holm(p_values), adjust_benjamini_hochberg(p_values)
        return [
            replace(
                self._empty(),
                outcome=test.outcome,
                arm=test.arm,
                statistic=test.statistic,
                df_numerator=test.df_numerator,
                df_denominator=test.df_denominator,
                p_value=p_values[i],
                p_holm=float(holm[i]),
                p_benjamini_hochberg=float(hochberg[i]),
                family_size=len(tests),
            )
            for i, test in enumerate(tests)
        ]

    def count(self, again: Redrawn) -> JudgedTest:
        """File the count of small p-values."""
        return replace(
            self._empty(),
            statistic=float(again.found),
            df_numerator=again.effects,
            df_denominator=float(again.draws),
            p_value=again.p_value,
        )

    def _empty(self) -> JudgedTest:
        return JudgedTest(
            experiment=self.plan.name,
            family=self.family.name,
            tests="effects",
            population=self.family.populations[0],
            outcome=EVERY,
            horizon=self.horizon,
            arm=EVERY,
            model=self.family.models[0],
            by="",
            statistic=0.0,
            df_numerator=0,
            df_denominator=0.0,
            p_value=1.0,
            p_holm=None,
            p_benjamini_hochberg=None,
            p_step_down=None,
            family_size=1,
            n_total=self.n,
            data_version=self.data_version,
            plan_hash=self.plan.hash,
        )
