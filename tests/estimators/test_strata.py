"""Differences by strata: identities, R's figures, refusals, coverage."""

from __future__ import annotations

import numpy as np
import pytest

from estimators.formula_trial import ARM, ARMS, OUTCOME, PRINTED, STRATUM, N, within
from rctspark.errors import EstimationError
from rctspark.estimators.randomised.strata import estimate_by_strata


def numbers(found):
    d = found.difference
    return [d.estimate, d.std_error, d.df, d.p_value, d.ci_lower, d.ci_upper]


def printed(name):
    kept = ("estimate", "std_error", "df", "p", "lower", "upper")
    return [PRINTED[name][key] for key in kept]


def test_strata_give_what_r_gives_for_blocks():
    (found,) = estimate_by_strata(OUTCOME, ARM, STRATUM, arms=ARMS)
    np.testing.assert_allclose(numbers(found), printed("blocks"), rtol=1e-9)
    assert (found.strata, found.pooled) == (3, ())


def test_one_stratum_is_welch():
    (found,) = estimate_by_strata(OUTCOME, ARM, np.full(N, "all"), arms=ARMS)
    np.testing.assert_allclose(numbers(found), printed("plain"), rtol=1e-9)


def test_pairs_have_the_paired_variance():
    arm = np.tile(ARMS, 20)
    pair = np.repeat(np.arange(20).astype(str), 2)
    (found,) = estimate_by_strata(OUTCOME[:40], arm, pair, arms=ARMS)
    np.testing.assert_allclose(numbers(found), printed("pairs"), rtol=1e-9)
    assert found.share_pooled == pytest.approx(1)


def slow_hybrid(outcome, treated, stratum):
    """The hybrid variance written out stratum by stratum."""
    n = len(outcome)
    big, small = 0.0, []
    for name in sorted(set(stratum)):
        here = stratum == name
        y1, y0 = outcome[here & treated], outcome[here & ~treated]
        if min(len(y1), len(y0)) > 1:
            v = y1.var(ddof=1) / len(y1) + y0.var(ddof=1) / len(y0)
            big += (here.sum() / n) ** 2 * v
        else:
            small.append((here.sum(), y1.mean() - y0.mean()))
    m = sum(k for k, _ in small)
    mean = sum(k * t for k, t in small) / m
    total = m + sum(k**2 / (m - 2 * k) for k, _ in small)
    pooled = sum(k**2 / ((m - 2 * k) * total) * (t - mean) ** 2 for k, t in small)
    return big + (m / n) ** 2 * pooled


def test_strata_with_one_person_in_an_arm_are_pooled():
    stratum = np.repeat(["a", "b", "s1", "s2", "s3", "s4"], [50, 52, 3, 4, 5, 6])
    treated = np.arange(N) % 2 == 0
    for name in ("s1", "s2", "s3", "s4"):
        here = np.flatnonzero(stratum == name)
        treated[here] = np.arange(here.size) == 1
    arm = np.where(treated, "treated", "control")
    (found,) = estimate_by_strata(OUTCOME, arm, stratum, arms=ARMS)
    slow = slow_hybrid(OUTCOME, treated, stratum)
    assert found.difference.std_error**2 == pytest.approx(slow, rel=1e-12)
    assert found.pooled == ("s1", "s2", "s3", "s4")
    assert found.share_pooled == pytest.approx(18 / 120)
    assert found.difference.method == "Neyman and pooled small strata"


def refused(stratum, treated, words):
    arm = np.where(treated, "treated", "control")
    with pytest.raises(EstimationError, match=words):
        estimate_by_strata(OUTCOME, arm, stratum, arms=ARMS)


def test_a_single_stratum_with_one_person_in_an_arm_is_named():
    stratum = np.repeat(["most", "late"], [N - 4, 4])
    treated = np.arange(N) % 2 == 0
    treated[-4:] = [True, False, False, False]
    refused(stratum, treated, "stratum late alone has a single person")


def test_a_stratum_without_an_arm_is_named():
    stratum = np.repeat(["most", "late"], [N - 4, 4])
    treated = np.arange(N) % 2 == 0
    treated[-4:] = False
    refused(stratum, treated, "stratum late has nobody in arm treated")


def test_a_small_stratum_as_large_as_the_others_of_its_kind_is_named():
    stratum = np.repeat(["most", "p", "q", "large"], [N - 14, 2, 3, 9])
    treated = np.arange(N) % 2 == 0
    treated[-14:] = False
    treated[[-14, -12, -9]] = True
    refused(stratum, treated, "stratum large holds 64 %")


def test_missing_values_small_arms_and_strange_arms_are_refused_at_once():
    outcome = OUTCOME.copy()
    outcome[:3] = np.nan
    arm = np.where(np.arange(N) < 5, "treated", "control")
    arm[-2:] = "elsewhere"
    with pytest.raises(EstimationError) as refused_all:
        estimate_by_strata(outcome, arm, STRATUM, arms=ARMS)
    words = str(refused_all.value)
    assert "missing or infinite for 3 person(s)" in words
    assert "5 person(s) in arm treated, needed are 10" in words
    assert "2 person(s) are in an arm that is not compared" in words


def test_where_nobody_varies_nothing_differs_and_a_bare_difference_is_refused():
    arm = np.resize(ARMS, N)
    (found,) = estimate_by_strata(np.full(N, 0.1), arm, STRATUM, arms=ARMS)
    d = found.difference
    assert (d.estimate, d.std_error, d.p_value) == (0, 0, 1)
    assert d.mean_arm == pytest.approx(0.1)
    with pytest.raises(EstimationError, match="no standard error"):
        estimate_by_strata((arm == "treated") * 0.3, arm, STRATUM, arms=ARMS)


def test_a_constant_of_any_size_changes_nothing():
    plain, far = (
        estimate_by_strata(OUTCOME + c, ARM, STRATUM, arms=ARMS)[0] for c in (0, 1e7)
    )
    np.testing.assert_allclose(numbers(far), numbers(plain), rtol=1e-7)


def test_intervals_of_four_arms_and_small_strata_hold_the_truth_as_often_as_they_say():
    random = np.random.default_rng(752)
    sizes = [4] * 8 + [5] * 6 + [16] * 8
    stratum = np.repeat(np.arange(len(sizes)).astype(str), sizes)
    level = np.repeat(random.normal(0, 1, len(sizes)), sizes)
    arms = ("control", "a", "b", "c")
    trials, held = 400, 0
    for _ in range(trials):
        arm = np.concatenate(
            [random.permutation(np.resize(np.array(arms), k)) for k in sizes]
        )
        outcome = level + random.normal(0, 1, len(arm)) + 0.5 * (arm == "b")
        found = estimate_by_strata(outcome, arm, stratum, arms=arms)
        truth = (0, 0.5, 0)
        held += sum(
            f.difference.ci_lower <= t <= f.difference.ci_upper
            for f, t in zip(found, truth, strict=True)
        )
    assert within(held / (3 * trials), 0.90, trials)
