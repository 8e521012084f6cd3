"""Trials with known truth for the estimators of the design.

Balance, attrition, families of tests and questionnaires are here too. Every case
plays one trial and says, by name, whether an interval held the truth or a test
rejected what is true: names end in `interval` or `test`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from rctspark.config.plan import Inference
from rctspark.contracts.questionnaires import Index, Item
from rctspark.estimators.attrition.inverse_probability import (
    estimate_inverse_probability,
)
from rctspark.estimators.attrition.lee_bounds import estimate_lee_bounds
from rctspark.estimators.attrition.observed import (
    estimate_attrition,
    estimate_manski_bounds,
)
from rctspark.estimators.balance.arms import (
    ExactTest,
    estimate_category_balance,
    estimate_mean_balance,
)
from rctspark.estimators.balance.joint_balance import estimate_joint_balance
from rctspark.estimators.balance.reweighted import estimate_reweighted
from rctspark.estimators.balance.target import estimate_category_fit, estimate_mean_fit
from rctspark.estimators.balance.target_weights import rake
from rctspark.estimators.families.influence import make_influence
from rctspark.estimators.families.multiplicity import (
    estimate_family,
    step_down,
)
from rctspark.estimators.questionnaires import estimate_reliability
from rctspark.estimators.randomised.arm_agreement import estimate_arm_agreement
from rctspark.estimators.randomised.draw import (
    draw_parity,
    draw_strata,
    draw_within,
)
from rctspark.estimators.randomised.misfits import Dealing
from rctspark.estimators.randomised.randomisation import (
    Redraw,
    estimate_by_draws,
    redraw_statistics,
)
from rctspark.estimators.randomised.strata import estimate_by_strata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rctspark.contracts.attrition import EffectBounds
    from rctspark.contracts.design import Difference, RedrawnDifference

    Interval = Difference | RedrawnDifference | EffectBounds

LEVEL, ALPHA = 0.90, 0.05
REDRAW = Redraw(draws=199)
FOUR = ("control", "a", "b", "c")
TWO = ("control", "a")
STRATA = np.repeat(list("abcdefg"), [15, 2, 19, 22, 6, 9, 7])
QUARTERS = partial(draw_strata, strata=STRATA, dealing=Dealing(ratio=(1, 1, 1, 1)))


def _holds(found: Interval, truth: float) -> bool:
    return found.ci_lower <= truth <= found.ci_upper


def small_strata(rng: np.random.Generator) -> Mapping[str, bool]:
    """Four arms in strata of 4, 5 and 16: one person in an arm, pooled."""
    sizes = [4] * 8 + [5] * 6 + [16] * 8
    stratum = np.repeat(np.arange(len(sizes)).astype(str), sizes)
    level = np.repeat(np.sin(np.arange(len(sizes)) * 3.0), sizes)
    arm = np.concatenate([rng.permutation(np.resize(FOUR, k)) for k in sizes])
    outcome = level + rng.normal(size=arm.size) + 0.5 * (arm == "b")
    found = [f.difference for f in estimate_by_strata(outcome, arm, stratum, arms=FOUR)]
    return {
        "small strata, four arms: interval": _holds(found[1], 0.5),
        "small strata, four arms: test": found[0].p_value <= ALPHA,
    }


def large_strata(rng: np.random.Generator) -> Mapping[str, bool]:
    """Two arms in five strata, skewed outcomes, a share treated of its own each."""
    sizes, treated = [20, 30, 40, 60, 80], [10, 12, 20, 20, 40]
    stratum = np.repeat(np.arange(5).astype(str), sizes)
    arm = np.concatenate(
        [
            rng.permutation(np.repeat(["a", "control"], [t, n - t]))
            for n, t in zip(sizes, treated, strict=True)
        ]
    )
    outcome = rng.gamma(2.0, 1.0, arm.size) * np.where(arm == "a", 1.2, 1.0)
    (found,) = estimate_by_strata(outcome, arm, stratum, arms=TWO)
    return {"strata, skewed outcomes: interval": _holds(found.difference, 0.4)}


def pairs(rng: np.random.Generator) -> Mapping[str, bool]:
    """Thirty pairs."""
    stratum = np.repeat(np.arange(30).astype(str), 2)
    arm = np.concatenate([rng.permutation(TWO) for _ in range(30)])
    outcome = np.repeat(rng.normal(size=30), 2) + rng.normal(size=60)
    (found,) = estimate_by_strata(outcome, arm, stratum, arms=TWO)
    return {
        "pairs: interval": _holds(found.difference, 0.0),
        "pairs: test": found.difference.p_value <= ALPHA,
    }


def repeated_draws(rng: np.random.Generator) -> Mapping[str, bool]:
    """The stratified draw with left-over persons, four arms, 80 persons, skewed."""
    arm = QUARTERS(rng, 1)[0]
    noise = rng.exponential(1.0, STRATA.size) + (STRATA == "c")
    outcomes = {("none", 0): noise, ("some", 0): noise + 0.7 * (arm == 2)}
    found = estimate_by_draws(outcomes, arm, QUARTERS, rng, arms=FOUR, redraw=REDRAW)
    return {
        "repeated draws, four arms: test": found[0].p_value <= ALPHA,
        "repeated draws, four arms: interval": _holds(found[4], 0.7),
    }


def repeated_parity(rng: np.random.Generator) -> Mapping[str, bool]:
    """A coin for each of 60 persons, a rare outcome."""
    draw = partial(draw_parity, persons=60)
    arm = draw(rng, 1)[0]
    while not 10 <= arm.sum() <= 50:
        arm = draw(rng, 1)[0]
    outcome = rng.lognormal(size=60)
    (found,) = estimate_by_draws(
        {("y", 0): outcome}, arm, draw, rng, arms=TWO, redraw=REDRAW
    )
    return {
        "repeated parity: test": found.p_value <= ALPHA,
        "repeated parity: interval": _holds(found, 0.0),
    }


def shuffled_pair(rng: np.random.Generator) -> Mapping[str, bool]:
    """One pair of arms shuffled within strata, while the others have effects."""
    arm = QUARTERS(rng, 1)[0]
    outcome = rng.standard_t(3, STRATA.size) + 20 * (arm == 3)
    pair = arm < 2
    (found,) = estimate_by_draws(
        {("y", 0): outcome[pair]},
        arm[pair],
        partial(draw_within, arm=arm[pair], strata=STRATA[pair]),
        rng,
        arms=TWO,
        redraw=REDRAW,
    )
    return {
        "pair shuffled within strata: test": found.p_value <= ALPHA,
        "pair shuffled within strata: interval": _holds(found, 0.0),
    }


def balance(rng: np.random.Generator) -> Mapping[str, bool]:
    """Four arms of 47: categories, a number, all characteristics together."""
    arm = rng.permutation(np.repeat(FOUR, 47))
    level = rng.choice(list("uvw"), 188, p=[0.5, 0.3, 0.2])
    rare = rng.choice(list("xy"), 188, p=[0.04, 0.96])
    columns = {"x": rng.exponential(1, 188), "y": rng.normal(size=188)}
    category = partial(estimate_category_balance, characteristic="level")
    mean = partial(estimate_mean_balance, characteristic="y")
    spread = np.where(arm == "a", 2.0, 1.0) * columns["y"]
    exact = ExactTest(when="always")
    return {
        "chi-square, four arms: test": category(arm, level, arms=FOUR).p_value <= ALPHA,
        "exact, rare category: test": category(arm, rare, arms=TWO, exact=exact).p_value
        <= ALPHA,
        "pooled t: test": mean(
            arm, columns["y"], arms=TWO, variance="pooled"
        ).difference.p_value
        <= ALPHA,
        "Welch, unequal variances: interval": _holds(
            mean(arm, spread, arms=TWO).difference, 0.0
        ),
        "joint F, pair: test": estimate_joint_balance(arm, columns, arms=TWO).p_value
        <= ALPHA,
        "joint F, four arms: test": estimate_joint_balance(
            arm, columns, arms=FOUR
        ).p_value
        <= ALPHA,
    }


def target(rng: np.random.Generator) -> Mapping[str, bool]:
    """A sample of 200 from its target, and effects weighted to another."""
    level = rng.choice(list("uvw"), 200, p=[0.5, 0.3, 0.2])
    fit = estimate_category_fit(
        level, target={"u": 0.5, "v": 0.3, "w": 0.2}, characteristic="level"
    )
    number = rng.gamma(4.0, 1.0, 200)
    mean = estimate_mean_fit(number, target=4.0, characteristic="number")
    low = rng.random(400) < 0.5
    arm = rng.permutation(np.resize(TWO, 400))
    outcome = rng.normal(size=400) + low + (low & (arm == "a"))
    weights = rake(
        {"level": np.where(low, "low", "high")},
        target={"level": {"low": 0.7, "high": 0.3}},
    )
    (found,) = estimate_reweighted(
        outcome,
        arm,
        weights.weight,
        arms=TWO,
        covariates=low[:, None].astype(np.float64),
        inference=Inference(covariance="HC2"),
    )
    return {
        "goodness of fit: test": fit.p_value <= ALPHA,
        "one-sample t, skewed: interval": _holds(mean.difference, 0.0),
        "reweighted effect: interval": _holds(found, 0.7),
    }


def _family(rng: np.random.Generator, persons: int) -> Mapping[str, bool]:
    """Six months by three arms that walk together; one arm has an effect in one."""
    arm = rng.permutation(np.resize(np.arange(4), persons))
    design = np.column_stack([np.ones(persons), *(arm == k for k in (1, 2, 3))])
    walk = rng.normal(size=(persons, 6)).cumsum(axis=1)
    walk[:, 0] += arm == 1
    outcomes = {("y", h): walk[:, h] for h in range(6)}
    made = make_influence(outcomes, design, treatments={"a": 1, "b": 2, "c": 3})
    members = estimate_family(made, rng, draws=199)
    truth = [float(m.horizon == 0 and m.arm == "a") for m in members]
    false = [
        m.p_step_down <= ALPHA for m, t in zip(members, truth, strict=True) if not t
    ]
    within = [
        m.band_lower <= t <= m.band_upper for m, t in zip(members, truth, strict=True)
    ]
    return {
        f"step-down by signs, {persons} persons, 18 effects: test": any(false),
        f"simultaneous band, {persons} persons, 18 effects: interval": all(within),
    }


def family(rng: np.random.Generator) -> Mapping[str, bool]:
    """A family of 240 persons: the band by signs falls short by 1.3 points."""
    return _family(rng, 240)


def large_family(rng: np.random.Generator) -> Mapping[str, bool]:
    """A family of 752 persons."""
    return _family(rng, 752)


def family_by_draws(rng: np.random.Generator) -> Mapping[str, bool]:
    """Six months by three arms, none with an effect, by the draw itself."""
    arm = QUARTERS(rng, 1)[0]
    walk = rng.exponential(1.0, (STRATA.size, 6)).cumsum(axis=1)
    outcomes = {("y", h): walk[:, h] for h in range(6)}
    found, drawn = redraw_statistics(outcomes, arm, QUARTERS(rng, 199), arms=FOUR)
    rejected = step_down(found, drawn) <= ALPHA
    return {"step-down by draws, 18 effects: test": bool(rejected.any())}


def attrition(rng: np.random.Generator) -> Mapping[str, bool]:
    """600 persons; the missing are the worst case for each bound."""
    n = 600
    treated = rng.permutation(np.resize([True, False], n))
    arm = np.where(treated, "a", "control")
    there = rng.random(n) < 0.7
    shares = estimate_attrition(there, arm, arms=TWO)
    cell = rng.choice(["low", "high"], n)
    able = rng.random(n) < np.where(cell == "low", 0.6, 0.8)
    y = rng.normal(size=n)
    # Those whom the arm adds have the highest values: the lower bound is the truth.
    always = able & (y <= np.where(cell == "low", *norm.ppf([0.80, 0.90])))
    over_all = able & (y <= norm.ppf(0.85))
    outcome, plain = (
        np.where(seen | (able & treated), y + 0.3 * treated, np.nan)
        for seen in (always, over_all)
    )
    (lee,) = estimate_lee_bounds(plain, arm, arms=TWO)
    (cells,) = estimate_lee_bounds(outcome, arm, arms=TWO, cell=cell)
    yes = (rng.random(n) < 0.4 + 0.2 * treated).astype(np.float64)
    gone = rng.random(n) < 0.3 * (yes == ~treated)
    (manski,) = estimate_manski_bounds(
        np.where(gone, np.nan, yes), arm, arms=TWO, support=(0, 1)
    )
    x = rng.normal(size=n)
    z = x + rng.normal(size=n) + 0.5 * treated
    known = rng.random(n) < 1 / (1 + np.exp(-(0.7 + x * treated)))
    (weighted,) = estimate_inverse_probability(
        np.where(known, z, np.nan), arm, x[:, None], arms=TWO
    )
    return {
        "attrition: test": shares.p_value <= ALPHA,
        "attrition: interval": _holds(shares.differences[0], 0.0),
        "Lee's bounds, at the bound: interval": _holds(lee, 0.3),
        "Lee's bounds in cells, at the bound: interval": _holds(cells, 0.3),
        "Manski's bounds, at the bound: interval": _holds(manski, 0.2),
        "inverse-probability weights: interval": _holds(weighted, 0.5),
    }


def questionnaires(rng: np.random.Generator) -> Mapping[str, bool]:
    """Four parallel questions, 200 persons, alpha 6/7 less a little."""
    index = Index("x", tuple(Item(f"q{i}", 0.25, -99, 99) for i in range(4)))
    block = rng.normal(size=(200, 1)) + rng.normal(size=(200, 4))
    given = {f"q{i}": block[:, i] for i in range(4)}
    truth = 4 / 3 * (1 - 4 * 2 / (4 * 2 + 12))
    feldt = estimate_reliability(given, index)
    free = estimate_reliability(given, index, method="distribution free")
    return {
        "alpha, Feldt: interval": feldt.ci_lower <= truth <= feldt.ci_upper,
        "alpha, distribution free: interval": free.ci_lower <= truth <= free.ci_upper,
    }


def agreement(rng: np.random.Generator) -> Mapping[str, bool]:
    """Errors of 2 % in the recorded arm of 300 persons."""
    rule = np.resize(TWO, 300)
    wrong = rng.random(300) < 0.02
    recorded = np.where(wrong, np.resize(TWO[::-1], 300), rule)
    found = estimate_arm_agreement(rule, recorded, arms=TWO)
    held = found.ci_lower <= 0.02 <= found.ci_upper
    return {"recorded arm, exact: interval": held}


TRIALS = {"family": 20_000, "large_family": 20_000}
"""Cases that take more trials than the others to tell a shortfall from chance."""
CASES: dict[str, Callable[[np.random.Generator], Mapping[str, bool]]] = {
    case.__name__: case
    for case in (
        small_strata,
        large_strata,
        pairs,
        repeated_draws,
        repeated_parity,
        shuffled_pair,
        balance,
        target,
        family,
        large_family,
        family_by_draws,
        attrition,
        questionnaires,
        agreement,
    )
}
CONSERVATIVE = (
    "exact, rare category: test",
    "recorded arm, exact: interval",
)
"""Exact tests of counts: theory has them below alpha, or above the level."""
