"""Repeated draws: all draws at once, inversion, refusals, coverage."""

from __future__ import annotations

from functools import partial
from itertools import combinations

import numpy as np
import pytest

from estimators.formula_trial import PRINTED, within
from rctspark.errors import EstimationError
from rctspark.estimators.families.multiplicity import step_down
from rctspark.estimators.randomised.draw import (
    draw_parity,
    draw_sizes,
    draw_strata,
    draw_within,
)
from rctspark.estimators.randomised.misfits import Dealing
from rctspark.estimators.randomised.randomisation import (
    Redraw,
    estimate_by_draws,
    redraw_statistics,
)

ARMS = ("control", "treated")


def all_divisions(_random, times):
    """Every way to choose 10 of 20, in order: a draw that is no draw."""
    codes = np.zeros((times, 20), dtype=np.int8)
    for i, chosen in enumerate(combinations(range(20), 10)):
        codes[i, list(chosen)] = 1
    return codes


def test_over_all_divisions_it_counts_what_r_counts():
    printed = PRINTED["all_draws"]
    arm = np.repeat([0, 1], 10)
    (found,) = estimate_by_draws(
        {("y", 0): np.array(printed["y"])},
        arm,
        all_divisions,
        np.random.default_rng(0),
        arms=ARMS,
        redraw=Redraw(draws=printed["draws"]),
    )
    assert found.estimate / found.std_error == pytest.approx(
        printed["statistic"], rel=1e-10
    )
    expected = (printed["extreme"] + 1) / (printed["draws"] + 1)
    assert found.p_value == pytest.approx(expected, rel=1e-12)


def slow_p_value(outcome, arm, drawn, effect):
    """Take the effect out of the treated, redraw, studentise: one draw at a time."""

    def statistic(y, a):
        y1, y0 = y[a == 1], y[a == 0]
        error = np.sqrt(y1.var(ddof=1) / y1.size + y0.var(ddof=1) / y0.size)
        return (y1.mean() - y0.mean()) / error

    untreated = outcome - effect * (arm == 1)
    found = abs(statistic(untreated, arm))
    extreme = sum(abs(statistic(untreated, a)) >= found - 1e-12 for a in drawn)
    return (extreme + 1) / (len(drawn) + 1)


@pytest.mark.parametrize("arms", [ARMS, ("control", "treated", "other")])
def test_the_interval_ends_where_a_slow_test_begins_to_reject(arms):
    random = np.random.default_rng(3)
    arm = np.resize(np.arange(len(arms)), 60)
    outcome = random.normal(size=60) + (arm == 1)
    draw = partial(draw_sizes, sizes=np.bincount(arm))
    found = estimate_by_draws(
        {("y", 1): outcome},
        arm,
        draw,
        np.random.default_rng(8),
        arms=arms,
        redraw=Redraw(draws=499),
    )[0]
    drawn = draw(np.random.default_rng(8), 499)
    assert found.p_value == pytest.approx(slow_p_value(outcome, arm, drawn, 0))
    step = 2e-4 * found.std_error
    for end, outward in ((found.ci_lower, -step), (found.ci_upper, step)):
        assert slow_p_value(outcome, arm, drawn, end - outward) > 0.10 + 1e-12
        assert slow_p_value(outcome, arm, drawn, end + outward) <= 0.10 + 1e-12


def test_adding_a_constant_or_changing_the_unit_changes_no_p_value():
    random = np.random.default_rng(5)
    arm = draw_parity(random, 1, persons=80)[0]
    outcome = random.exponential(1000, 80)
    kept = {("a", 0): outcome, ("b", 0): 1e9 + outcome, ("c", 0): -outcome / 1e7}
    found = estimate_by_draws(
        kept,
        arm,
        partial(draw_parity, persons=80),
        random,
        arms=ARMS,
        redraw=Redraw(draws=999),
    )
    assert len({f.p_value for f in found}) == 1
    assert found[0].ci_upper == pytest.approx(-found[2].ci_lower * 1e7, rel=1e-6)


def test_persons_without_an_outcome_have_none_in_every_draw():
    random = np.random.default_rng(6)
    arm = np.resize([0, 1], 60)
    outcome = random.normal(size=60)
    outcome[:12] = np.nan
    draw = partial(draw_sizes, sizes=(30, 30))
    observed, drawn = redraw_statistics(
        {("y", 0): outcome}, arm, draw(np.random.default_rng(2), 30), arms=ARMS
    )
    codes = draw(np.random.default_rng(2), 30)
    for row, found in zip(codes, drawn[:, 0], strict=True):
        y1 = outcome[12:][row[12:] == 1]
        y0 = outcome[12:][row[12:] == 0]
        error = np.sqrt(y1.var(ddof=1) / y1.size + y0.var(ddof=1) / y0.size)
        assert found == pytest.approx((y1.mean() - y0.mean()) / error)
    assert observed.shape == (1,)


def test_an_outcome_that_nobody_varies_in_says_nothing():
    arm = np.resize([0, 1], 40)
    (found,) = estimate_by_draws(
        {("y", 0): np.ones(40)},
        arm,
        partial(draw_sizes, sizes=(20, 20)),
        np.random.default_rng(1),
        arms=ARMS,
        redraw=Redraw(draws=99),
    )
    assert (found.estimate, found.std_error, found.p_value) == (0, 0, 1)
    assert (found.ci_lower, found.ci_upper) == (0, 0)


def test_few_draws_reject_no_effect_and_say_so_with_endless_ends():
    arm = np.resize([0, 1], 40)
    outcome = np.random.default_rng(1).normal(size=40)
    (found,) = estimate_by_draws(
        {("y", 0): outcome},
        arm,
        partial(draw_sizes, sizes=(20, 20)),
        np.random.default_rng(1),
        arms=ARMS,
        redraw=Redraw(draws=5),
    )
    assert (found.ci_lower, found.ci_upper) == (-np.inf, np.inf)


def test_small_arms_infinite_outcomes_and_exact_differences_are_refused():
    arm = np.repeat([0, 1], [31, 9])
    outcome = np.where(np.arange(40) < 2, np.inf, 1.0)
    with pytest.raises(EstimationError) as refused:
        estimate_by_draws(
            {("wage", 3): outcome},
            arm,
            partial(draw_sizes, sizes=(31, 9)),
            np.random.default_rng(1),
            arms=ARMS,
        )
    words = str(refused.value)
    assert "wage at horizon 3 is infinite for 2 person(s)" in words
    assert "9 person(s) with wage at horizon 3 in arm treated, needed are 10" in words
    with pytest.raises(EstimationError, match="no standard error"):
        estimate_by_draws(
            {("wage", 3): (np.arange(40) % 2).astype(float)},
            np.resize([0, 1], 40),
            partial(draw_sizes, sizes=(20, 20)),
            np.random.default_rng(1),
            arms=ARMS,
            redraw=Redraw(draws=9),
        )


def test_p_values_and_intervals_of_a_stratified_draw_of_four_arms_are_as_they_say():
    random = np.random.default_rng(752)
    strata = np.repeat(list("abcdefg"), [15, 2, 19, 22, 6, 9, 7])
    draw = partial(draw_strata, strata=strata, dealing=Dealing(ratio=(1, 1, 1, 1)))
    level = np.repeat(random.normal(0, 1, 7), [15, 2, 19, 22, 6, 9, 7])
    trials, rejected, held = 200, 0, 0
    for _ in range(trials):
        arm = draw(random, 1)[0]
        noise = random.exponential(1, strata.size) + level
        outcomes = {("none", 0): noise, ("some", 0): noise + 0.7 * (arm == 2)}
        found = estimate_by_draws(
            outcomes,
            arm,
            draw,
            random,
            arms=("control", "a", "b", "c"),
            redraw=Redraw(draws=99),
        )
        rejected += found[0].p_value <= 0.10
        held += found[4].ci_lower <= 0.7 <= found[4].ci_upper
    assert within(rejected / trials, 0.10, trials)
    assert within(held / trials, 0.90, trials)


def test_one_pair_of_arms_has_an_exact_test_whatever_the_third_arm_does():
    random = np.random.default_rng(753)
    strata = np.repeat(list("abcd"), [13, 17, 9, 12])
    draw = partial(draw_strata, strata=strata, dealing=Dealing(ratio=(1, 1, 1)))
    trials, rejected = 200, 0
    for _ in range(trials):
        arm = draw(random, 1)[0]
        outcome = random.normal(size=strata.size) ** 3 + 50 * (arm == 2)
        pair = arm < 2
        again = partial(draw_within, arm=arm[pair], strata=strata[pair])
        (found,) = estimate_by_draws(
            {("y", 0): outcome[pair]},
            arm[pair],
            again,
            random,
            arms=ARMS,
            redraw=Redraw(draws=99),
        )
        rejected += found.p_value <= 0.10
    assert within(rejected / trials, 0.10, trials)


def test_the_draws_step_down_through_a_family():
    random = np.random.default_rng(12)
    arm = np.resize([0, 1], 80)
    outcomes = {("y", h): random.normal(size=80) + 2 * (h == 3) * arm for h in range(5)}
    drawn = draw_sizes(random, 499, sizes=(40, 40))
    observed, redrawn = redraw_statistics(outcomes, arm, drawn, arms=ARMS)
    p = step_down(observed, redrawn)
    assert p[3] == 1 / 500
    assert (p[[0, 1, 2, 4]] > 0.05).all()
