"""The Pennsylvania trial's figures from persons, from cells and from sums of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F

from rctspark.config.plan import Covariate, Inference, Model
from rctspark.config.settings import Thresholds
from rctspark.contracts.sample import AnalysisSample
from rctspark.estimators.regression.linear import estimate_linear
from rctspark.estimators.regression.sources import CellSums, PersonSums
from rctspark.sample.cells import collect_cells
from rctspark.sample.collect import code_covariate, column_names
from rctspark.sample.sums import TableSums
from reference.penn import WEEKS

CONTROLS = (
    *(Covariate(name=n, value=n) for n in ("female", "black", "othrace")),
    Covariate(name="dep", value="dep", categories=("0", "1", "2")),
    *(Covariate(name=f"q{i}", value=f"q{i}") for i in range(2, 7)),
    *(Covariate(name=n, value=n) for n in ("agelt35", "agegt54")),
    *(Covariate(name=n, value=n) for n in ("durable", "lusd", "husd")),
)
NAMES = tuple(c.name for c in CONTROLS)
OUTCOMES = (("log_weeks", 0), ("weeks", 0), ("exit", 10))
SIX = ("control", *WEEKS)
FOUR = ("control", "bonus_4")
MODELS = {
    SIX: [Model(name="unadjusted")],
    FOUR: [
        Model(name="unadjusted"),
        Model(name="products", covariates=NAMES, products="pairwise"),
    ],
}


@pytest.fixture(scope="module")
def claims(shared):
    """One row per claimant."""
    file = shared / "data" / "penn_reemployment_bonus.dat"
    rows = pd.read_csv(file, sep=r"\s+")
    weeks = rows["inuidur1"].astype(float)
    numbers = {n: rows[n].astype(float) for n in NAMES if n != "dep"}
    return pd.DataFrame(
        {
            "person_id": np.arange(len(rows)),
            "arm": np.array(SIX)[rows["tg"]],
            **numbers,
            "dep": rows["dep"].astype(str),
            "log_weeks@0": np.log(weeks),
            "weeks@0": weeks,
            "exit@10": (weeks <= 10).astype(float),
        }
    )


def of_persons(rows, _, arms):
    here = rows[rows["arm"].isin(arms)]
    sample = AnalysisSample(
        arm=here["arm"].to_numpy(dtype=np.str_),
        covariates={c.name: code_covariate(here, c) for c in CONTROLS},
        columns={c.name: column_names(c) for c in CONTROLS},
        outcomes={(o, h): here[f"{o}@{h}"].to_numpy() for o, h in OUTCOMES},
    )
    return PersonSums(sample, arms)


def of_cells(_, table, arms):
    here = table.where(F.col("arm").isin(list(arms)))
    cells = collect_cells(here, arms=arms, covariates=CONTROLS, outcomes=OUTCOMES)
    return CellSums(cells)


def of_table(_, table, arms):
    here = table.where(F.col("arm").isin(list(arms)))
    return TableSums(here, arms, CONTROLS, OUTCOMES)


WAYS = {"persons": of_persons, "cells": of_cells, "table": of_table}


@pytest.fixture(scope="module")
def found(spark, claims):
    """Way to arms to (model, outcome, arm) to its contrast."""
    table = spark.createDataFrame(claims).repartition(3).cache()

    def estimate(way, arms):
        contrasts = estimate_linear(
            WAYS[way](claims, table, arms),
            models=MODELS[arms],
            inference=Inference(covariance="HC1"),
            thresholds=Thresholds(),
        )
        return {(c.model, c.outcome, c.arm): c for c in contrasts}

    return {way: {arms: estimate(way, arms) for arms in MODELS} for way in WAYS}


@pytest.mark.parametrize("way", WAYS)
def test_the_published_effects_of_the_fourth_bonus(found, way):
    plain = found[way][FOUR]["unadjusted", "log_weeks", "bonus_4"]
    assert f"{plain.estimate:.8f} {plain.std_error:.8f}" == "-0.08545541 0.03585569"
    assert plain.n_total == 5099
    wide = found[way][FOUR]["products", "log_weeks", "bonus_4"]
    assert f"{wide.estimate:.8f} {wide.std_error:.8f}" == "-0.07968012 0.03559092"
    assert (wide.columns, wide.rank, wide.df) == (121, 104, 4995)
    left = found[way][FOUR]["unadjusted", "exit", "bonus_4"]
    assert f"{left.estimate:+.4f} {left.std_error:.4f}" == "+0.0436 0.0147"


@pytest.mark.parametrize("way", WAYS)
def test_all_six_bonuses_at_once(found, way):
    for arm, printed in WEEKS.items():
        one = found[way][SIX]["unadjusted", "weeks", arm]
        assert (f"{one.estimate:.3f}", f"{one.std_error:.3f}") == printed
        assert f"{one.mean_against:.3f}" == "13.338"


@pytest.mark.parametrize("way", ["cells", "table"])
def test_the_ways_agree_to_nine_digits(found, way):
    for arms in MODELS:
        for key, one in found["persons"][arms].items():
            other = found[way][arms][key]
            assert other.std_error == pytest.approx(one.std_error, rel=1e-9)
            assert other.estimate == pytest.approx(
                one.estimate, rel=1e-9, abs=1e-9 * one.std_error
            )
