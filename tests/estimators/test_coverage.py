"""Intervals hold the truth as often as they say. Full: benchmarks/coverage."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("case", "figures"),
    [
        ("difference_in_means", ("covers_HC2_zia", "rejects_HC2_hia")),
        ("small_strata", ("covers_HC2_zia", "rejects_HC2_hia")),
        ("fully_interacted", ("covers_HC2",)),
        ("few_clusters", ("covers_CR2", "rejects_CR2")),
        ("logit_margins", ("covers_HC1_zia",)),
        ("by_category", ("covers", "rejects_joint")),
        ("receipt", ("covers", "covers_ar")),
        ("weak_receipt", ("covers_ar",)),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(root, case, figures):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "benchmarks" / "coverage"))
        import running

        cases = running.load("regression").CASES
        tallies = running.simulate(case, cases[case], trials=60)
    for figure in figures:
        nominal = 0.05 if figure.startswith("rejects") else 0.90
        tally = tallies[figure]
        assert abs(tally.value - nominal) <= 3.5 * tally.error(nominal), figure
