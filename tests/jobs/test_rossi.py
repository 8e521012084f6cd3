"""Durations through the whole chain: the figures of ../shared/data/README.md."""

import json

import numpy as np
import pandas as pd
import pytest
from deltalake import DeltaTable

from estimate_durations import estimate_durations
from run_chain import run_chain

pytestmark = pytest.mark.long

FILE = "rossi_recidivism.csv"
BEFORE = ("age", "race", "wexp", "mar", "paro", "prio")


@pytest.fixture(scope="session")
def lake(run, workplace, shared):
    deliveries = workplace / "prisoners"
    (deliveries / "rossi_prisoners").mkdir(parents=True)
    text = (shared / "data" / FILE).read_text()
    (deliveries / "rossi_prisoners" / FILE).write_text(text)
    assert run(run_chain, "--plan", "rossi", "--deliveries", deliveries) == 0
    return workplace / "out" / "lake" / "experiments" / "rossi"


@pytest.fixture(scope="session")
def estimates(lake):
    return DeltaTable(lake / "duration_estimates").to_pandas()


@pytest.fixture(scope="session")
def curves(lake):
    return DeltaTable(lake / "duration_curves").to_pandas()


@pytest.fixture(scope="session")
def r_numbers(root):
    path = root / "tests" / "reference" / "r" / "durations.json"
    return json.loads(path.read_text())["rossi"]


def one(rows, **where):
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_risk_set_has_19809_weeks_and_114_arrests(curves, estimates):
    weeks = curves[(curves["curve"] == "hazard") & (curves["arm"] == "all")]
    assert len(weeks) == 52
    assert (weeks["n_at_risk"].sum(), weeks["n_exits"].sum()) == (19_809, 114)
    cox = estimates[estimates["model"] == "cox_employed"]
    assert set(cox["n_rows"]) == {19_809}
    assert set(cox["n_exits"]) == {114}
    assert set(cox["n_persons"]) == {432}


def test_the_weeks_at_risk_are_those_of_the_file(curves, shared):
    rows = pd.read_csv(shared / "data" / FILE)
    for arm, aid in (("control", "no"), ("aid", "yes")):
        mine = rows[rows["fin"] == aid]
        found = curves[(curves["curve"] == "hazard") & (curves["arm"] == arm)]
        for week, n, exits in zip(
            found["time"], found["n_at_risk"], found["n_exits"], strict=True
        ):
            assert n == (mine["week"] >= week).sum()
            assert exits == ((mine["week"] == week) & (mine["arrest"] == 1)).sum()


@pytest.mark.parametrize(
    ("model", "aid", "employed", "log_likelihood", "rows"),
    [
        ("cox", ("-0.37942", "0.19138"), None, "-658.74766", 432),
        (
            "cox_employed",
            ("-0.35672", "0.19113"),
            ("employed", "-1.32832", "0.25072"),
            "-641.05495",
            19_809,
        ),
        (
            "cox_employed_before",
            ("-0.35130", None),
            ("employed_before", "-0.78689", "0.21808"),
            None,
            19_377,
        ),
    ],
)
def test_cox_is_as_printed(estimates, model, aid, employed, log_likelihood, rows):
    found = one(estimates, model=model, term="arm=aid")
    assert f"{found['estimate']:.5f}" == aid[0]
    assert aid[1] is None or f"{found['std_error']:.5f}" == aid[1]
    assert log_likelihood is None or f"{found['log_likelihood']:.5f}" == log_likelihood
    assert found["n_rows"] == rows
    if employed:
        term, estimate, error = employed
        found = one(estimates, model=model, term=term)
        assert f"{found['estimate']:.5f} {found['std_error']:.5f}" == (
            f"{estimate} {error}"
        )


@pytest.mark.parametrize(
    ("model", "reference", "last"),
    [
        ("cox", "plain", ()),
        ("cox_robust", "robust", ()),
        ("cox_employed", "working", ("employed",)),
        ("cox_employed_before", "lagged", ("employed_before",)),
        ("weekly_logit", "logit", ("employed",)),
        ("weekly_cloglog", "cloglog", ("employed",)),
    ],
)
def test_every_coefficient_is_rs(estimates, r_numbers, model, reference, last):
    of_model = estimates[estimates["model"] == model].set_index("term")
    pieces = [t for t in of_model.index if t.startswith("period")]
    pieces.sort(key=lambda term: int(term.split()[1].split("-")[0]))
    terms = [*pieces, "arm=aid", *BEFORE, *last]
    assert len(of_model) == len(terms)
    found = of_model.loc[terms, ["estimate", "std_error"]].to_numpy()
    theirs = r_numbers[reference]
    np.testing.assert_allclose(
        found,
        np.column_stack([theirs["estimate"], theirs["std_error"]]),
        rtol=1e-6,
    )
    assert of_model["log_likelihood"].iloc[0] == pytest.approx(
        theirs["log_likelihood"], abs=1e-7
    )


def test_running_again_publishes_nothing_new(lake, run):
    tables = ("duration_estimates", "duration_curves")
    before = [DeltaTable(lake / t).version() for t in tables]
    assert run(estimate_durations, "--plan", "rossi") == 0
    assert [DeltaTable(lake / t).version() for t in tables] == before
