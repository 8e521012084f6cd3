"""Least squares by sums: R's and statsmodels' numbers, identities, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from estimators.conftest import PENN_ARMS, PENN_CONTROLS, keep, sample_of
from estimators.regression_data import (
    ARMS,
    ROWS,
    THRESHOLDS,
    R,
    Scattered,
    by,
    cells,
    model,
    numbers,
    persons,
    trial,
)
from rctspark.config.plan import Inference
from rctspark.errors import EstimationError
from rctspark.estimators import estimate_itt
from rctspark.estimators.regression.linear import estimate_linear
from rctspark.estimators.regression.subgroups import estimate_subgroups
from reference.penn import WEEKS

AGE_AND_WAGE = model(covariates=("age", "wage"))
RTOL = 1e-9


def linear(source, *models, inference=None):
    return estimate_linear(
        source,
        models=models or (AGE_AND_WAGE,),
        inference=inference or by("HC1"),
        thresholds=THRESHOLDS,
    )


@pytest.mark.parametrize("covariance", ["classical", "HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("way", [persons, cells])
def test_every_covariance_is_what_r_gives(covariance, way):
    found = linear(way(trial()), inference=by(covariance))
    np.testing.assert_allclose(
        numbers(found, "estimate"), R["plain/estimate"], rtol=RTOL
    )
    np.testing.assert_allclose(numbers(found), R[f"plain/{covariance}"], rtol=RTOL)


@pytest.mark.parametrize(
    "covariance", ["classical", "HC0", "HC1", "HC2", "HC3", "CR1", "CR2"]
)
def test_weighted_persons_are_what_r_gives(covariance):
    source = persons(trial(), weights=ROWS["weight"].to_numpy())
    found = linear(source, inference=by(covariance))
    np.testing.assert_allclose(
        numbers(found, "estimate"), R["weighted/estimate"], rtol=RTOL
    )
    np.testing.assert_allclose(numbers(found), R[f"weighted/{covariance}"], rtol=RTOL)
    if covariance == "CR2":
        np.testing.assert_allclose(
            numbers(found, "df"), R["weighted/CR2/df"], rtol=RTOL
        )


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_weights_of_whole_offices_are_what_clubsandwich_gives(scale):
    weights = scale * (1 + ROWS["office"].to_numpy() / 10)
    found = linear(persons(trial(), weights=weights), inference=by("CR2"))
    np.testing.assert_allclose(numbers(found), R["office_weighted/CR2"], rtol=RTOL)
    np.testing.assert_allclose(
        numbers(found, "df"), R["office_weighted/CR2/df"], rtol=RTOL
    )


def cr2_row_by_row(design, outcome, weights, cluster):
    """CR2 as defined, with a matrix of persons by persons, and its moments."""
    bread = np.linalg.inv(design.T @ (weights[:, None] * design))
    maker = np.eye(len(outcome)) - design @ bread @ (design.T * weights)
    residuals = maker @ outcome
    varies = maker @ maker.T
    pulls, ends = [], []
    for name in np.unique(cluster):
        rows = cluster == name
        values, vectors = np.linalg.eigh(varies[np.ix_(rows, rows)])
        known = values > 1e-10
        power = np.where(known, np.where(known, values, 1.0) ** -0.5, 0.0)
        adjust = (vectors * power) @ vectors.T
        weighted = bread @ (design[rows].T * weights[rows]) @ adjust
        pulls.append(weighted @ residuals[rows])
        ends.append(weighted @ maker[rows])
    pulls, ends = np.array(pulls), np.array(ends)
    between = np.einsum("isn,jtn->stij", ends, ends)
    df = [np.trace(p) ** 2 / (p**2).sum() for p in between[range(5), range(5)]]
    return np.sqrt((pulls**2).sum(axis=0)), np.array(df)


@pytest.mark.parametrize("weighted", ["not", "nearly", "much"])
@pytest.mark.parametrize("sizes", ["few", "alone"])
def test_cr2_from_sums_is_cr2_row_by_row(weighted, sizes):
    rng = np.random.default_rng(5)
    rows = ROWS.iloc[:60].reset_index(drop=True)
    if sizes == "alone":
        # Clusters of one person, of two, and one larger than the rest.
        office = np.array([1, 2, 3, 3, 4, 4, 5, 5, 5, *[6] * 20, *[7] * 20, *[8] * 11])
        rows = rows.assign(office=office)
    spread = {"not": 0.0, "nearly": 1e-6, "much": 0.9}[weighted]
    weights = 3 + spread * 3 * rng.uniform(-1, 1, 60)
    design = np.column_stack(
        [
            np.ones(60),
            *(rows["arm"] == arm for arm in ARMS[1:]),
            rows["age"],
            rows["wage"] / 1e5,
        ]
    ).astype(float)
    error, df = cr2_row_by_row(
        design, rows["y"].to_numpy(), weights, rows["office"].to_numpy()
    )
    found = linear(persons(trial(rows), weights=weights), inference=by("CR2"))
    np.testing.assert_allclose(numbers(found), error[1:3], rtol=1e-8)
    np.testing.assert_allclose(numbers(found, "df"), df[1:3], rtol=1e-7)


def test_weighted_persons_cut_into_parts_give_the_same():
    source = persons(trial(), weights=ROWS["weight"].to_numpy())
    found = linear(Scattered(source, (3, 100, 101)), inference=by("CR2"))
    np.testing.assert_allclose(numbers(found), R["weighted/CR2"], rtol=RTOL)
    np.testing.assert_allclose(numbers(found, "df"), R["weighted/CR2/df"], rtol=RTOL)


@pytest.mark.parametrize("covariance", ["classical", "HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("way", [persons, cells])
def test_absorbed_strata_give_what_a_column_per_stratum_gives_in_r(covariance, way):
    absorbed = model(covariates=("age",), strata="office")
    found = linear(way(trial()), absorbed, inference=by(covariance))
    np.testing.assert_allclose(
        numbers(found, "estimate"), R["strata/estimate"], rtol=RTOL
    )
    np.testing.assert_allclose(numbers(found), R[f"strata/{covariance}"], rtol=RTOL)
    assert {c.rank for c in found} == {15}
    assert {c.df for c in found} == {225}


@pytest.mark.parametrize("covariance", ["CR1", "CR2"])
@pytest.mark.parametrize("way", [persons, cells])
def test_clusters_are_what_r_gives(covariance, way):
    found = linear(way(trial()), inference=by(covariance))
    np.testing.assert_allclose(numbers(found), R[f"plain/{covariance}"], rtol=RTOL)
    if covariance == "CR2":
        np.testing.assert_allclose(numbers(found, "df"), R["plain/CR2/df"], rtol=RTOL)
        np.testing.assert_allclose(
            numbers(found, "p_value"), R["plain/CR2/p"], rtol=1e-8
        )
    else:
        assert {c.df for c in found} == {11}


def test_offices_assigned_as_a_whole_have_few_degrees_of_freedom_as_in_r():
    together = trial(arm="cluster_arm")
    found = linear(
        persons(together, ("control", "zia")),
        model(covariates=("age",)),
        inference=by("CR2"),
    )
    for name, key in (("std_error", "CR2"), ("df", "CR2/df"), ("p_value", "CR2/p")):
        np.testing.assert_allclose(
            numbers(found, name), R[f"together/{key}"], rtol=1e-8
        )


def test_cr2_of_clusters_of_one_person_is_hc2():
    rows = ROWS.iloc[:12].assign(office=np.arange(1, 13), arm=["control", "zia"] * 6)
    few = trial(rows)
    thresholds = THRESHOLDS.model_copy(update={"minimum_persons": 2, "minimum_df": 1})
    found = [
        estimate_linear(
            persons(few, ARMS[:2]),
            models=[model()],
            inference=by(c).model_copy(update={"minimum_persons": 2}),
            thresholds=thresholds,
        )[0]
        for c in ("CR2", "HC2")
    ]
    np.testing.assert_allclose(found[0].std_error, found[1].std_error, rtol=1e-12)


@pytest.mark.parametrize("covariance", ["HC0", "HC1", "HC2", "HC3"])
def test_sums_give_every_field_that_the_row_by_row_fit_gives(covariance):
    rng = np.random.default_rng(3)
    sample = trial(outcomes=("y", "job"))
    partly = sample.outcomes["y", 0].copy()
    partly[rng.random(240) < 0.2] = np.nan
    wide = sample_of(
        sample.arm,
        {**sample.outcomes, ("partly", 4): partly, ("same", 1): np.full(240, 0.3)},
        sample.covariates,
        sample.columns,
    )
    adjusted = model(covariates=("age", "wage", "late"), products="pairwise")
    rows = estimate_itt(
        wide,
        arms=ARMS,
        model=adjusted,
        inference=by(covariance),
        thresholds=THRESHOLDS,
    )
    for way in (persons, cells):
        for one, row in zip(
            linear(way(wide), adjusted, inference=by(covariance)), rows, strict=True
        ):
            for name in row.__dataclass_fields__:
                mine, theirs = getattr(one, name), getattr(row, name)
                if isinstance(theirs, float):
                    assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-13), name
                else:
                    assert mine == theirs, name


def test_the_fully_interacted_effect_is_that_of_regressions_arm_by_arm():
    found = linear(persons(trial()), model(covariates=("age", "wage"), estimator="lin"))
    y, x = ROWS["y"].to_numpy(), ROWS[["age", "wage"]].to_numpy(dtype=float)
    arm = ROWS["arm"].to_numpy()
    at_mean, variance, slopes = {}, {}, {}
    design = sm.add_constant((x - x.mean(axis=0)) / x.std(axis=0))
    for name in ARMS:
        fit = sm.OLS(y[arm == name], design[arm == name]).fit(cov_type="HC0")
        at_mean[name], slopes[name] = fit.params[0], fit.params[1:]
        variance[name] = fit.cov_params()[0, 0]
    spread = np.cov(design[:, 1:].T, ddof=0)
    for contrast in found:
        apart = slopes[contrast.arm] - slopes["control"]
        from_fits = variance[contrast.arm] + variance["control"]
        expected = from_fits * 240 / (240 - 9) + apart @ spread @ apart / 240
        assert contrast.estimate == pytest.approx(
            at_mean[contrast.arm] - at_mean["control"], rel=RTOL
        )
        assert contrast.std_error == pytest.approx(np.sqrt(expected), rel=RTOL)
        assert (contrast.covariance, contrast.rank) == ("HC1+means", 9)


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


@pytest.mark.parametrize("way", [persons, cells])
def test_penn_gives_its_printed_figures_from_sums(penn, way):
    found = {c.arm: c for c in linear(way(penn, PENN_ARMS), model())[:6]}
    for arm, figures in WEEKS.items():
        contrast = found[arm]
        assert (f"{contrast.estimate:.3f}", f"{contrast.std_error:.3f}") == figures
    arms = ("control", "bonus_4")
    two = keep(penn, np.isin(penn.arm, arms))
    products = model(name="p", covariates=PENN_CONTROLS, products="pairwise")
    plain, adjusted = (
        {c.outcome: c for c in linear(way(two, arms), m)} for m in (model(), products)
    )
    log_weeks = plain["log_weeks"]
    assert f"{log_weeks.estimate:.8f}" == "-0.08545541"
    assert f"{log_weeks.std_error:.8f}" == "0.03585569"
    exits = plain["exit"]
    assert f"{exits.estimate:+.4f} {exits.std_error:.4f}" == "+0.0436 0.0147"
    log_weeks = adjusted["log_weeks"]
    assert (log_weeks.columns, log_weeks.rank, log_weeks.df) == (121, 104, 4995)
    assert f"{log_weeks.estimate:.8f}" == "-0.07968012"
    assert f"{log_weeks.std_error:.8f}" == "0.03559092"


def test_all_models_of_one_source_are_fitted_in_two_passes():
    passes = []

    class Counted:
        def __init__(self, source):
            self.source = source
            self.arms, self.columns = source.arms, source.columns
            self.outcomes, self.is_weighted = source.outcomes, False

        def add_up(self, empty, *, outcomes=None):
            passes.append(type(empty).__name__)
            return self.source.add_up(empty, outcomes=outcomes)

    models = [
        model(name=f"m{i}", covariates=c)
        for i, c in enumerate([(), ("age",), ("age", "wage")])
    ]
    found = linear(Counted(persons(trial())), *models)
    assert passes == ["FirstSums", "MiddleSums"]
    assert [c.model for c in found] == ["m0", "m0", "m1", "m1", "m2", "m2"]


def test_placebo_months_and_sites_are_ordinary_outcomes_and_covariates():
    sample = trial()
    before = sample_of(
        sample.arm,
        {("working", h): ROWS["job"] for h in (-8, -1, 3)},
        sample.covariates,
        sample.columns,
    )
    found = linear(persons(before), model(covariates=("late", "age")))
    assert [c.horizon for c in found] == [-8, -8, -1, -1, 3, 3]


def broken(**outcomes):
    sample = trial()
    return sample_of(
        sample.arm,
        {(name, 0): values for name, values in outcomes.items()},
        sample.covariates,
        sample.columns,
    )


def test_every_reason_to_refuse_is_told_at_once():
    few = np.full(240, np.nan)
    few[ROWS["arm"] != "hia"] = 1.0
    few[np.flatnonzero(ROWS["arm"] == "hia")[:9]] = 2.0
    with pytest.raises(EstimationError) as refused:
        linear(persons(broken(few=few, y=ROWS["y"])), model(name="a"), model(name="b"))
    text = str(refused.value)
    for name in ("a", "b"):
        assert (
            f"few at horizon 0: model {name}: 9 person(s) observed in arm hia, "
            "needed are 10" in text
        )


def test_missing_covariates_infinite_outcomes_and_other_arms_are_counted():
    sample = trial()
    sample.covariates["age"][:7] = np.nan
    sample.outcomes["y", 0][3] = np.inf
    sample.arm[100:104] = "wl"
    with pytest.raises(EstimationError) as refused:
        linear(persons(sample))
    text = str(refused.value)
    assert "missing or infinite covariate age for 7 person(s)" in text
    assert "y at horizon 0 is infinite for 1 person(s)" in text
    assert "4 person(s) are in an arm that is not in the regression" in text


def test_covariates_that_say_the_arm_are_refused():
    sample = trial()
    sample.covariates["wage"][:, 0] = ROWS["arm"] == "zia"
    with pytest.raises(EstimationError, match="say which arm a person is in"):
        linear(persons(sample))


def test_a_column_that_sums_can_neither_keep_nor_drop_is_refused():
    sample = trial()
    noise = np.random.default_rng(1).normal(size=(240, 1))
    nearly = sample.covariates["age"] * 7 + 1e-5 * noise
    sample.covariates["wage"][:] = nearly
    with pytest.raises(EstimationError, match="wage is nearly, but not wholly, said"):
        linear(persons(sample))


def test_a_person_with_a_column_to_himself_has_no_hc3():
    sample = trial()
    sample.covariates["late"][:] = 0
    sample.covariates["late"][5] = 1
    adjusted = model(covariates=("late",))
    with pytest.raises(EstimationError, match=r"1 person\(s\) have a covariate column"):
        linear(persons(sample), adjusted, inference=by("HC3"))
    assert linear(persons(sample), adjusted)


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


def test_arms_that_differ_without_anyone_varying_are_refused():
    exact = (ROWS["arm"] == "zia").to_numpy(dtype=float)
    with pytest.raises(EstimationError, match="there is no standard error"):
        linear(persons(broken(exact=exact)), model())


def test_two_clusters_are_too_few():
    with pytest.raises(EstimationError, match=r"2 cluster\(s\) are too few"):
        linear(
            persons(trial()),
            model(),
            inference=Inference(covariance="CR2", cluster="late"),
        )


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
