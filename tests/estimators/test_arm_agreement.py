"""The recorded arm against the rule's: counts, exact interval, moves, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from estimators.formula_trial import PRINTED, within
from rctspark.errors import EstimationError
from rctspark.estimators.randomised.arm_agreement import estimate_arm_agreement


def arrays(counts, arms):
    pairs = [
        (a, b, counts[i][j]) for i, a in enumerate(arms) for j, b in enumerate(arms)
    ]
    return tuple(
        np.concatenate([np.full(n, pair[k]) for *pair, n in pairs]) for k in (0, 1)
    )


def test_thirty_errors_of_nine_thousand_have_r_s_exact_interval():
    arms = ("basic", "intensive")
    rule, recorded = arrays([[4602, 15], [15, 4605]], arms)
    found = estimate_arm_agreement(rule, recorded, arms=arms)
    assert found.counts == ((4602, 15), (15, 4605))
    assert (found.n, found.n_differ, found.n_unrecorded) == (9237, 30, 0)
    np.testing.assert_allclose(
        [found.ci_lower, found.ci_upper], PRINTED["clopper"], rtol=1e-9
    )
    assert found.p_symmetry == pytest.approx(PRINTED["symmetry"])


def test_moves_between_three_arms_are_tested_as_r_does():
    arms = ("a", "b", "c")
    rule, recorded = arrays([[50, 4, 9], [1, 40, 5], [3, 6, 60]], arms)
    found = estimate_arm_agreement(rule, recorded, arms=arms)
    assert found.p_symmetry == pytest.approx(PRINTED["bowker"], rel=1e-12)
    assert found.method == "Bowker's chi-square"


def test_everyone_in_the_rule_s_arm_shows_no_difference():
    rule = np.array(["a", "b"] * 20)
    found = estimate_arm_agreement(rule, rule.copy(), arms=("a", "b"))
    assert (found.share_differ, found.ci_lower, found.p_symmetry) == (0, 0, 1)


def test_persons_without_a_recorded_arm_are_counted_and_strange_arms_refused():
    rule = np.array(["a", "b"] * 20)
    recorded = rule.copy()
    recorded[:3] = ""
    found = estimate_arm_agreement(rule, recorded, arms=("a", "b"))
    assert (found.n, found.n_unrecorded) == (37, 3)
    recorded[5] = "z"
    with pytest.raises(EstimationError, match=r"1 person.* unknown arm as recorded"):
        estimate_arm_agreement(rule, recorded, arms=("a", "b"))
    with pytest.raises(EstimationError, match="nobody's arm was recorded"):
        estimate_arm_agreement(rule, np.full(40, ""), arms=("a", "b"))


def test_the_exact_interval_holds_the_share_at_least_as_often_as_it_says():
    random = np.random.default_rng(30)
    rule = np.array(["a", "b"] * 150)
    other = np.array(["b", "a"] * 150)
    held = 0
    for _ in range(300):
        recorded = np.where(random.random(300) < 0.02, other, rule)
        found = estimate_arm_agreement(rule, recorded, arms=("a", "b"))
        held += found.ci_lower <= 0.02 <= found.ci_upper
    assert held / 300 > 0.90 or within(held / 300, 0.90, 300)
