"""Errors by cluster from sums: the numbers of R, and CR2 row by row."""

from __future__ import annotations

import numpy as np
import pytest

from estimators.regression_data import (
    ARMS,
    ROWS,
    THRESHOLDS,
    R,
    by,
    cells,
    linear,
    model,
    numbers,
    persons,
    trial,
)
from rctspark.estimators.regression.linear import estimate_linear

RTOL = 1e-9


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
