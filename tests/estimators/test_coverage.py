"""Intervals hold the truth as often as they say. Full: benchmarks/coverage.

Where theory has a shortfall, the same check must find it: few clusters with CR1, and
spreads that differ with the classical covariance, beside what mends them.
"""

from __future__ import annotations

import pytest

ERRORS = 3.0


@pytest.fixture(scope="module")
def play(root):
    """Trials of a case: figure to its tally."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "benchmarks" / "coverage"))
        import running

        cases = running.load("regression").CASES
        yield lambda case, trials: running.simulate(case, cases[case], trials=trials)


def away(tallies, figure):
    """How many Monte Carlo errors a share is above what it should be."""
    nominal = 0.05 if figure.startswith("rejects") else 0.90
    tally = tallies[figure]
    return (tally.value - nominal) / tally.error(nominal)


@pytest.mark.parametrize(
    ("case", "figures"),
    [
        ("difference_in_means", ("covers_HC2_zia", "rejects_HC2_hia")),
        ("small_strata", ("covers_HC2_zia", "rejects_HC2_hia")),
        ("fully_interacted", ("covers_HC2",)),
        ("logit_margins", ("covers_HC1_zia",)),
        ("by_category", ("covers", "rejects_joint")),
        ("receipt", ("covers", "covers_ar")),
        ("weak_receipt", ("covers_ar",)),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(play, case, figures):
    tallies = play(case, 60)
    for figure in figures:
        assert abs(away(tallies, figure)) <= ERRORS, figure


def test_few_clusters_ask_for_cr2_and_the_check_finds_that_cr1_falls_short(play):
    tallies = play("few_clusters", 300)
    assert abs(away(tallies, "covers_CR2")) <= ERRORS
    assert abs(away(tallies, "rejects_CR2")) <= ERRORS
    assert away(tallies, "covers_CR1") < -ERRORS
    assert away(tallies, "rejects_CR1") > ERRORS


def test_the_check_finds_a_covariance_that_supposes_equal_spreads(play):
    tallies = play("unequal_and_small", 40)
    assert away(tallies, "covers_classical") < -ERRORS
    assert away(tallies, "rejects_classical") > ERRORS
