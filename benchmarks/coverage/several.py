"""Trials with known truth where several things stand together.

Several arms interacted, several receipts, horizons tested together, categories with
few clusters, persons with weights, the sizes of the arms, and the logit hazard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from rctspark.config.plan import Model
from rctspark.contracts.sample import AnalysisSample
from rctspark.estimators.durations import (
    estimate_discrete_hazard,
    expand_person_periods,
)
from rctspark.estimators.families.influence import make_influence
from rctspark.estimators.families.joint import estimate_joint
from rctspark.estimators.families.redrawn import Again, draw_again
from rctspark.estimators.randomised.sample_ratio import estimate_sample_ratio
from rctspark.estimators.regression.att import estimate_att
from rctspark.estimators.regression.sources import PersonSums
from rctspark.estimators.regression.subgroups import estimate_subgroups
from regression import EFFECT, FEW, FOUR_ARMS, TWO_ARMS, by, judged, linear, persons

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

THREE_ARMS = FOUR_ARMS[:3]
ALPHA = 0.05
MONTHS, DRAWS = 6, 199
PERIODS = 8
SHARE = 0.7
ODDS = 0.4
"""Effect on the log odds of leaving."""


def lin_four_arms(rng: np.random.Generator) -> dict[str, bool]:
    """Lin's estimator in four arms of 100 to 250 persons, effects that go with age."""
    arm = rng.permutation(np.repeat(FOUR_ARMS, (250, 150, 100, 100)))
    age = rng.gamma(4.0, 1.0, arm.size)
    lift = (arm == "zia") * (age - 4.0) * 1.5 + (arm == "hia") * EFFECT
    source = persons(arm, age + lift + rng.normal(size=arm.size), numbers={"age": age})
    zia, hia, wl = linear(source, by("HC1"), estimator="lin", covariates=("age",))
    return (
        judged(zia, 0.0, "_zia") | judged(hia, EFFECT, "_hia") | judged(wl, 0.0, "_wl")
    )


def weighted_persons(rng: np.random.Generator) -> dict[str, bool]:
    """Persons seen with chances of 0.3 and 0.9, weighted back; effects differ."""
    often = rng.random(600) < 0.5
    seen = rng.random(600) < np.where(often, 0.9, 0.3)
    often, arm = often[seen], rng.choice(TWO_ARMS, int(seen.sum()))
    y = often + (arm == "zia") * often * 2 * EFFECT + rng.normal(size=arm.size)
    sample = AnalysisSample(arm=arm, covariates={}, columns={}, outcomes={("y", 0): y})
    source = PersonSums(sample, TWO_ARMS, weights=1 / np.where(often, 0.9, 0.3))
    found: dict[str, bool] = {}
    for covariance in ("HC1", "HC2"):
        (contrast,) = linear(source, by(covariance))
        found |= judged(contrast, EFFECT, f"_{covariance}")
    return found


def receipt_as_good_as_random(rng: np.random.Generator) -> dict[str, bool]:
    """Seven in ten take up an offer whatever they gain; outcomes of theirs spread."""
    arm = rng.permutation(np.repeat(TWO_ARMS, 200))
    got = ((arm == "zia") & (rng.random(arm.size) < SHARE)).astype(float)
    y = got + rng.normal(size=arm.size) * (1 + got)
    detail = estimate_att(
        persons(arm, y, received=got),
        model=Model(name="m", estimator="iv", receipt={"zia": "received"}),
        inference=by("HC1"),
        thresholds=FEW,
    ).details[0]
    return {"rejects_wu_hausman": detail.wu_hausman_p < ALPHA}


def two_receipts(rng: np.random.Generator) -> dict[str, bool]:
    """Two arms, each with an offer of its own that seven in ten take up.

    Who takes it up is who gains least; the effects are 1 and 0.
    """
    arm = rng.permutation(np.repeat(THREE_ARMS, 200))
    hidden = rng.normal(size=arm.size)
    takes = rng.random(arm.size) < expit(0.85 + 1.5 * hidden)
    got = {a: ((arm == a) & takes).astype(float) for a in THREE_ARMS[1:]}
    y = got["zia"] + 2 * hidden + rng.normal(size=arm.size)
    outcomes = {("y", 0): y, **{(f"got_{a}", 0): v for a, v in got.items()}}
    sample = AnalysisSample(arm=arm, covariates={}, columns={}, outcomes=outcomes)
    found = estimate_att(
        PersonSums(sample, THREE_ARMS, tuple(k for k in outcomes if k[0] != "y")),
        model=Model(
            name="m", estimator="iv", receipt={"zia": "got_zia", "hia": "got_hia"}
        ),
        inference=by("HC1"),
        thresholds=FEW,
    )
    held = {}
    for truth, contrast, rubin in zip(
        (1.0, 0.0), found.contrasts, found.details[0].anderson_rubin, strict=True
    ):
        held |= judged(contrast, truth, f"_{contrast.arm}")
        is_inside = rubin.kind == "bounded" and rubin.lower <= truth <= rubin.upper
        held[f"covers_ar_{contrast.arm}"] = is_inside
    return held


def months_together(rng: np.random.Generator) -> dict[str, bool]:
    """Six months of 80 persons an arm that walk together: no effect in any."""
    arm = rng.permutation(np.repeat([0, 1, 2], 80))
    walk = rng.exponential(1.0, (arm.size, MONTHS)).cumsum(axis=1)
    outcomes = {("y", h): walk[:, h] for h in range(MONTHS)}
    design = np.column_stack([np.ones(arm.size), arm == 1, arm == 2]).astype(float)
    made = make_influence(outcomes, design, treatments={"a": 1, "b": 2})
    joint = estimate_joint(made, df=arm.size - 3)[0]
    drawn = draw_again(
        outcomes,
        design,
        treatments=2,
        strata=np.full(arm.size, "all"),
        random=rng,
        again=Again(draws=DRAWS),
    )
    return {
        "rejects_wald": joint.p_value < ALPHA,
        "rejects_by_draws": drawn.joint["y", 0] <= ALPHA,
    }


def categories_in_clusters(rng: np.random.Generator) -> dict[str, bool]:
    """Twenty offices of 30 persons, ten treated: effects by category are the same."""
    office = np.repeat(np.arange(20), 30)
    arm = np.where(rng.permutation(20) < 10, "zia", "control")[office]
    group = rng.integers(0, 3, office.size)
    level = rng.normal(size=(20, 3))[office, group] * 0.3
    y = level + rng.normal(size=office.size)
    source = persons(arm, y, categories={"group": group, "office": office})
    found = {}
    for covariance in ("CR1", "CR2"):
        split = estimate_subgroups(
            source,
            model=Model(name="m", by="group"),
            inference=by(covariance, "office"),
            thresholds=FEW,
            reference="0",
        )
        found[f"rejects_{covariance}"] = split.tests[-1].p_value < ALPHA
    return found


def sizes_of_arms(rng: np.random.Generator) -> dict[str, bool]:
    """300 persons dealt by chance to two arms, and to four."""
    found = {}
    for arms in (TWO_ARMS, FOUR_ARMS):
        share = dict.fromkeys(arms, 1 / len(arms))
        dealt = rng.multinomial(300, list(share.values()))
        counts = dict(zip(arms, (int(n) for n in dealt), strict=True))
        tested = estimate_sample_ratio(counts, shares=share)
        found[f"rejects_{tested.method}"] = tested.p_value < ALPHA
    return found


def logit_hazard(rng: np.random.Generator) -> dict[str, bool]:
    """Four arms of 40; the odds of leaving in a period, given who is still in."""
    arms = np.repeat(FOUR_ARMS, 40)
    treated = (arms == "zia").astype(float)
    age = rng.normal(size=arms.size)
    chance = expit(-2.0 + ODDS * treated + 0.3 * age)
    leaves = rng.geometric(chance)
    covariates = np.column_stack([treated, age])
    periods = expand_person_periods(
        np.minimum(leaves, PERIODS).astype(np.int64),
        leaves <= PERIODS,
        covariates=covariates,
        names=("zia", "age"),
    )
    found = {}
    for covariance in ("model", "cluster"):
        fit = estimate_discrete_hazard(
            periods, link="logit", pieces=(1, 4), covariance=covariance
        )
        zia = next(c for c in fit.coefficients if c.name == "zia")
        found[f"covers_{covariance}"] = zia.ci_lower <= ODDS <= zia.ci_upper
    return found


CASES: dict[str, Callable[[np.random.Generator], Mapping[str, bool]]] = {
    case.__name__: case
    for case in (
        lin_four_arms,
        weighted_persons,
        receipt_as_good_as_random,
        categories_in_clusters,
        sizes_of_arms,
        logit_hazard,
        months_together,
        two_receipts,
    )
}
