"""Cells and sums made by Spark give what persons on the driver give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from rctspark.config.plan import Covariate, Inference, Model
from rctspark.config.settings import Thresholds
from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError
from rctspark.estimators.regression.att import estimate_att
from rctspark.estimators.regression.linear import estimate_linear
from rctspark.estimators.regression.logit import estimate_logit
from rctspark.estimators.regression.sources import CellSums, PersonSums
from rctspark.sample.cells import collect_cells, count_cells
from rctspark.sample.collect import code_covariate, column_names
from rctspark.sample.sums import TableSums

ARMS = ("control", "zia", "hia")
OFFICES = tuple("abcd")
COVARIATES = (
    Covariate(name="age", value="age"),
    Covariate(name="wage", value="wage", missing="dummy"),
    Covariate(name="office", value="office", categories=OFFICES),
)
OUTCOMES = (("y", 0), ("y", 1), ("job", 3))
RECEIPTS = (("got", 0),)
THRESHOLDS = Thresholds()


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(11)
    n = 600
    arm = np.array(ARMS)[rng.permutation(n) % 3]
    age = rng.integers(20, 66, n)
    got = np.where(arm == "zia", rng.random(n) < 0.7, 0.0)
    y = 100_000 + 20 * age + 500 * got + rng.normal(size=n) * 300
    return pd.DataFrame(
        {
            "person_id": np.arange(n),
            "arm": arm,
            "age": age.astype(float),
            "wage": np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, 4, n) * 1e5),
            "office": rng.choice(OFFICES, n),
            "y@0": y,
            "y@1": np.where(rng.random(n) < 0.1, np.nan, y**2),
            "job@3": (rng.random(n) < 0.4).astype(float),
            "got@0": got,
        }
    )


@pytest.fixture(scope="module")
def table(spark, rows):
    frame = spark.createDataFrame(rows)
    # Unknown is null in a table, never NaN.
    from pyspark.sql import functions as F

    numbers = [c for c, kind in frame.dtypes if kind == "double"]
    known = {c: F.nanvl(F.col(f"`{c}`"), F.lit(None)) for c in numbers}
    return frame.withColumns(known).repartition(3).cache()


@pytest.fixture(scope="module")
def on_driver(rows):
    keys = (*OUTCOMES, *RECEIPTS)
    sample = AnalysisSample(
        arm=rows["arm"].to_numpy(dtype=np.str_),
        covariates={c.name: code_covariate(rows, c) for c in COVARIATES},
        columns={c.name: column_names(c) for c in COVARIATES},
        outcomes={(o, h): rows[f"{o}@{h}"].to_numpy() for o, h in keys},
    )
    return PersonSums(sample, ARMS, RECEIPTS)


@pytest.fixture(scope="module")
def in_spark(table):
    return TableSums(table, ARMS, COVARIATES, (*OUTCOMES, *RECEIPTS), RECEIPTS)


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert (one.outcome, one.arm, one.n_total) == (
            other.outcome,
            other.arm,
            other.n_total,
        )
        assert (one.rank, one.columns) == (other.rank, other.columns)
        for name in ("estimate", "std_error", "df", "ci_lower", "mean_against"):
            assert getattr(one, name) == pytest.approx(
                getattr(other, name), rel=1e-9, abs=1e-9 * other.std_error
            ), name


@pytest.mark.parametrize("covariance", ["HC1", "HC3", "CR2"])
def test_sums_of_a_table_are_those_of_its_persons(in_spark, on_driver, covariance):
    cluster = "office" if covariance == "CR2" else None
    given = {
        "models": [
            Model(name="plain"),
            Model(name="adjusted", covariates=("age", "wage")),
            Model(name="products", covariates=("age", "wage"), products="pairwise"),
        ],
        "inference": Inference(covariance=covariance, cluster=cluster),
        "thresholds": THRESHOLDS,
    }
    assert_same(estimate_linear(in_spark, **given), estimate_linear(on_driver, **given))


def test_weighted_persons_and_absorbed_strata_go_by_the_table_too(table, on_driver):
    from pyspark.sql import functions as F

    weight = F.col("age") / 10
    weighted = TableSums(
        table.withColumn("weight", weight), ARMS, COVARIATES, OUTCOMES, weight="weight"
    )
    sample = on_driver.sample
    outcomes = {key: sample.outcomes[key] for key in OUTCOMES}
    persons = PersonSums(
        replace(sample, outcomes=outcomes),
        ARMS,
        weights=sample.covariates["age"][:, 0] / 10,
    )
    plain = PersonSums(replace(sample, outcomes=outcomes), ARMS)
    absorbed = Model(name="absorbed", covariates=("age",), strata="office")
    for covariance, models, one, other in (
        ("HC1", [Model(name="m"), absorbed], weighted, persons),
        ("HC3", [absorbed], TableSums(table, ARMS, COVARIATES, OUTCOMES), plain),
    ):
        given = {
            "models": models,
            "inference": Inference(covariance=covariance),
            "thresholds": THRESHOLDS,
        }
        assert_same(estimate_linear(one, **given), estimate_linear(other, **given))
    assert (
        estimate_linear(persons, **given)[0].estimate
        != estimate_linear(plain, **given)[0].estimate
    )


def test_cells_of_a_table_are_those_of_its_persons(table, on_driver):
    counted = count_cells(table, arms=ARMS, covariates=COVARIATES[1:])
    assert counted.persons == 600
    assert counted.cells <= 3 * 5 * 4
    cells = collect_cells(
        table,
        arms=ARMS,
        covariates=COVARIATES[1:],
        outcomes=(*OUTCOMES, *RECEIPTS),
    )
    assert len(cells.arm) == counted.cells
    given = {
        "models": [Model(name="m", covariates=("wage", "office"))],
        "inference": Inference(covariance="HC2"),
        "thresholds": THRESHOLDS,
    }
    assert_same(
        estimate_linear(CellSums(cells), **given), estimate_linear(on_driver, **given)
    )


def test_receipt_and_logit_go_by_the_table_as_by_its_persons(in_spark, on_driver):
    inference = Inference(covariance="HC1")
    iv = Model(name="iv", estimator="iv", covariates=("age",), receipt={"zia": "got"})
    one, other = (
        estimate_att(s, model=iv, inference=inference, thresholds=THRESHOLDS)
        for s in (in_spark, on_driver)
    )
    assert_same(one.contrasts, other.contrasts)


def test_logit_of_a_table(table, on_driver):
    alone = TableSums(table, ARMS, COVARIATES, OUTCOMES[2:])
    sample = on_driver.sample
    persons = PersonSums(
        AnalysisSample(
            arm=sample.arm,
            covariates=sample.covariates,
            columns=sample.columns,
            outcomes={OUTCOMES[2]: sample.outcomes[OUTCOMES[2]]},
        ),
        ARMS,
    )
    logit = Model(name="l", estimator="logit", covariates=("age",))
    one, other = (
        estimate_logit(
            s,
            model=logit,
            inference=Inference(covariance="HC1"),
            thresholds=THRESHOLDS,
        )
        for s in (alone, persons)
    )
    assert_same(one, other)


def test_a_table_with_gaps_is_refused_as_its_persons_are(table):
    from pyspark.sql import functions as F

    gap = F.when(F.col("person_id") < 7, F.lit(None)).otherwise(F.col("age"))
    source = TableSums(table.withColumn("age", gap), ARMS, COVARIATES, OUTCOMES)
    with pytest.raises(EstimationError, match=r"age for 7 person\(s\)"):
        estimate_linear(
            source,
            models=[Model(name="m", covariates=("age",))],
            inference=Inference(),
            thresholds=THRESHOLDS,
        )


def test_more_cells_than_may_come_are_refused(table):
    with pytest.raises(EstimationError, match="at most 5 are brought"):
        collect_cells(
            table, arms=ARMS, covariates=COVARIATES, outcomes=OUTCOMES, largest_cells=5
        )


def test_penn_from_the_sums_of_a_table(spark, shared):
    path = shared / "data" / "penn_reemployment_bonus.dat"
    if not path.is_file():
        pytest.skip("the Penn trial's file is not in ../shared/data")
    claims = pd.read_csv(path, sep=r"\s+")
    arms = ("control", *(f"bonus_{i}" for i in range(1, 7)))
    claims["arm"] = np.array(arms)[claims["tg"]]
    claims["weeks@0"] = claims["inuidur1"].astype(float)
    claims["log_weeks@0"] = np.log(claims["inuidur1"])
    claims["exit@10"] = (claims["inuidur1"] <= 10).astype(float)
    claims["dep"] = claims["dep"].astype(str)
    numbers = (
        *("female", "black", "othrace", "agelt35", "agegt54", "durable"),
        *("lusd", "husd", "q2", "q3", "q4", "q5", "q6"),
    )
    covariates = (
        *(Covariate(name=n, value=n) for n in numbers),
        Covariate(name="dep", value="dep", categories=("0", "1", "2")),
    )
    outcomes = (("weeks", 0), ("log_weeks", 0), ("exit", 10))
    table = spark.createDataFrame(claims).repartition(2).cache()
    everyone = TableSums(table, arms, (), outcomes)
    given = {"inference": Inference(covariance="HC1"), "thresholds": THRESHOLDS}
    weeks = estimate_linear(everyone, models=[Model(name="m")], **given)[:6]
    printed = ("-0.278", "-0.725", "-0.387", "-0.832", "-0.147", "-1.002")
    assert tuple(f"{c.estimate:.3f}" for c in weeks) == printed
    two = TableSums(
        table.where("arm IN ('control', 'bonus_4')"),
        ("control", "bonus_4"),
        covariates,
        outcomes,
    )
    names = tuple(c.name for c in covariates)
    models = [
        Model(name="plain"),
        Model(name="products", covariates=names, products="pairwise"),
    ]
    found = {
        (c.model, c.outcome): c for c in estimate_linear(two, models=models, **given)
    }
    plain, adjusted = (found[m.name, "log_weeks"] for m in models)
    assert f"{plain.estimate:.8f} {plain.std_error:.8f}" == "-0.08545541 0.03585569"
    assert (adjusted.columns, adjusted.rank) == (121, 104)
    assert (
        f"{adjusted.estimate:.8f} {adjusted.std_error:.8f}" == "-0.07968012 0.03559092"
    )
