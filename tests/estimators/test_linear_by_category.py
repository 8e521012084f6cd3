"""Effects by category from sums, and their joint tests: the numbers of R."""

from __future__ import annotations

import numpy as np
import pytest

from estimators.regression_data import (
    ROWS,
    THRESHOLDS,
    R,
    by,
    cells,
    model,
    numbers,
    persons,
    trial,
)
from rctspark.errors import EstimationError
from rctspark.estimators.regression.subgroups import estimate_subgroups

RTOL = 1e-9


@pytest.mark.parametrize("way", [persons, cells])
def test_effects_by_category_of_offices_and_htz_are_what_clubsandwich_gives(way):
    found = estimate_subgroups(
        way(trial()),
        model=model(covariates=("age",), by="late"),
        inference=by("CR2"),
        thresholds=THRESHOLDS,
        reference="no",
    )
    for arm in ("zia", "hia"):
        of_arm = [c for c in found.contrasts if c.arm == arm]
        np.testing.assert_allclose(numbers(of_arm), R[f"by/{arm}/CR2"], rtol=RTOL)
        np.testing.assert_allclose(
            numbers(of_arm, "df"), R[f"by/{arm}/CR2/df"], rtol=RTOL
        )
    joint = found.tests[-1]
    np.testing.assert_allclose(
        [joint.statistic, joint.df_denominator, joint.p_value],
        R["by/all/CR2"],
        rtol=1e-8,
    )


def test_more_differences_than_clusters_can_tell_have_no_joint_test():
    rows = ROWS.assign(office=1 + np.arange(240) // 3 % 6)
    sample = trial(rows)
    third = rows["office"].to_numpy() % 3
    sample.covariates["third"] = (third[:, None] == np.array([1, 2])).astype(float)
    sample.columns["third"] = ("third=1", "third=2")
    with pytest.raises(EstimationError, match=r"ask for more clusters\. Use CR1"):
        estimate_subgroups(
            persons(sample),
            model=model(by="third"),
            inference=by("CR2"),
            thresholds=THRESHOLDS,
            reference="0",
        )


@pytest.mark.parametrize("way", [persons, cells])
def test_effects_by_category_and_their_test_are_what_r_gives(way):
    found = estimate_subgroups(
        way(trial()),
        model=model(covariates=("age",), by="late"),
        inference=by("HC1"),
        thresholds=THRESHOLDS,
        reference="no",
    )
    for arm in ("zia", "hia"):
        of_arm = [c for c in found.contrasts if c.arm == arm]
        assert [c.subgroup for c in of_arm] == ["late=no", "late=yes"]
        np.testing.assert_allclose(
            numbers(of_arm, "estimate"), R[f"by/{arm}/estimate"], rtol=RTOL
        )
        np.testing.assert_allclose(numbers(of_arm), R[f"by/{arm}/HC1"], rtol=RTOL)
    joint = found.tests[-1]
    assert (joint.arm, joint.df_numerator, joint.df_denominator) == ("all", 2, 233)
    np.testing.assert_allclose([joint.statistic, joint.p_value], R["by/all"], rtol=1e-8)
    late = ROWS["office"] > 6
    for contrast in found.contrasts:
        inside = late if contrast.subgroup == "late=yes" else ~late
        control = inside & (ROWS["arm"] == "control")
        assert contrast.n_arm == (inside & (ROWS["arm"] == contrast.arm)).sum()
        assert contrast.n_against == control.sum()
        assert contrast.mean_against == pytest.approx(ROWS["y"][control].mean())


def test_too_few_persons_of_a_category_are_refused_by_name():
    sample = trial()
    sample.covariates["late"][:] = 0
    sample.covariates["late"][np.flatnonzero(sample.arm == "zia")[:5]] = 1
    sample.covariates["late"][np.flatnonzero(sample.arm != "zia")[:60]] = 1
    with pytest.raises(EstimationError, match=r"5 person\(s\) of late=yes in arm zia"):
        estimate_subgroups(
            persons(sample),
            model=model(by="late"),
            inference=by("HC1"),
            thresholds=THRESHOLDS,
            reference="no",
        )
