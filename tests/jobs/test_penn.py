"""A real trial through the whole chain: the figures of ../shared/data/README.md."""

import json
import re
import sqlite3

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from deltalake import DeltaTable

from ingest import ingest
from reference.penn import WEEKS
from run_chain import run_chain

FILE = "penn_reemployment_bonus.dat"


def deliver(folder, text):
    (folder / "penn_claims").mkdir(parents=True)
    (folder / "penn_claims" / FILE).write_text(text)
    return folder


@pytest.fixture(scope="session")
def original(shared):
    return (shared / "data" / FILE).read_text()


@pytest.fixture(scope="session")
def lake(run, workplace, original):
    deliveries = deliver(workplace / "deliveries", original)
    assert run(run_chain, "--plan", "penn", "--deliveries", deliveries) == 0
    return workplace / "out" / "lake"


def effects_in(lake):
    return DeltaTable(lake / "experiments" / "penn" / "effects").to_pandas()


def one(effects, **where):
    for column, value in where.items():
        effects = effects[effects[column] == value]
    assert len(effects) == 1
    return effects.iloc[0]


def test_the_published_effect_without_covariates(lake):
    found = one(
        effects_in(lake),
        population="bonus_4_and_control",
        outcome="log_weeks",
        model="unadjusted",
    )
    assert f"{found['estimate']:.8f}" == "-0.08545541"
    assert f"{found['std_error']:.8f}" == "0.03585569"
    assert found["n_total"] == 5099


def test_the_published_effect_with_all_pairwise_products(lake):
    found = one(
        effects_in(lake),
        population="bonus_4_and_control",
        outcome="log_weeks",
        model="products",
    )
    assert f"{found['estimate']:.8f}" == "-0.07968012"
    assert f"{found['std_error']:.8f}" == "0.03559092"
    assert (found["columns"], found["rank"], found["df"]) == (121, 104, 4995)


@pytest.mark.parametrize("arm", WEEKS)
def test_all_six_arms_at_once(lake, arm):
    found = one(
        effects_in(lake), population="all", outcome="weeks", arm=arm, model="unadjusted"
    )
    assert (f"{found['estimate']:.3f}", f"{found['std_error']:.3f}") == WEEKS[arm]
    assert f"{found['mean_against']:.3f}" == "13.338"


def test_exit_within_ten_weeks(lake):
    found = one(
        effects_in(lake),
        population="bonus_4_and_control",
        outcome="exit",
        horizon=10,
        model="unadjusted",
    )
    assert f"{found['estimate']:+.4f} {found['std_error']:.4f}" == "+0.0436 0.0147"


@pytest.mark.usefixtures("lake")
def test_the_tracked_run_holds_the_same_figures(workplace):
    with sqlite3.connect(workplace / "out" / "mlflow.db") as database:
        metrics = dict(
            database.execute(
                "SELECT run_uuid, value FROM metrics WHERE key LIKE '%estimate_bonus_4' "
                "AND ABS(value + 0.08545541) < 5e-9"
            ).fetchall()
        )
    assert metrics


def test_running_again_publishes_nothing_new(lake, run, workplace):
    tables = [p.parent for p in lake.glob("*/*/*/_delta_log")]
    before = {p: DeltaTable(p).version() for p in tables}
    code = run(run_chain, "--plan", "penn", "--deliveries", workplace / "deliveries")
    assert code == 0
    assert {p: DeltaTable(p).version() for p in tables} == before


def test_no_identifier_of_a_claimant_stands_in_the_open(lake, workplace):
    log = "".join(p.read_text() for p in (workplace / "out" / "runs").glob("*.log"))
    ids = DeltaTable(lake / "experiments" / "penn" / "population").to_pandas()
    seen = set(re.findall(r"-?\d{12,}", log))
    assert not seen & set(ids["person_id"].astype(str))
    status = [
        json.loads(p.read_text()) for p in (workplace / "out" / "runs").glob("*.json")
    ]
    assert {s["state"] for s in status} <= {"done", "failed"}


def changed(original):
    """The file with 100 rows removed and arms 0 and 4 exchanged."""
    header, *rows = original.splitlines()
    kept = rows[50:-50]
    swap = {"0": "4", "4": "0"}
    relabelled = []
    for row in kept:
        cells = row.split()
        cells[1] = swap.get(cells[1], cells[1])
        relabelled.append(" ".join(cells))
    return "\n".join([header, *relabelled]) + "\n"


@pytest.mark.usefixtures("spark")
def test_other_rows_give_what_statsmodels_gives_on_them(workplace, original, tmp_path):
    """On a lake of its own, so that the first experiment is left alone."""
    text = changed(original)
    rows = pd.DataFrame(
        [line.split() for line in text.splitlines()[1:]],
        columns=text.splitlines()[0].split(),
    ).astype(int)
    rows = rows[rows["tg"].isin([0, 4])]
    design = sm.add_constant((rows["tg"] == 4).astype(float).to_numpy())
    fit = sm.OLS(np.log(rows["inuidur1"].to_numpy()), design).fit(cov_type="HC1")

    settings = (workplace / "settings.yaml").read_text()
    (tmp_path / "settings.yaml").write_text(
        settings.replace(str(workplace / "out"), str(tmp_path / "out"))
    )
    deliveries = deliver(tmp_path / "deliveries", text)
    from build_panel import build_panel
    from build_population import build_population
    from estimate_effects import estimate_effects
    from rctspark.runtime.job import run_job

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RCTSPARK_CONF", str(tmp_path / "settings.yaml"))
        for job in (ingest, build_population, build_panel, estimate_effects):
            arguments = ["--plan", "penn", "--deliveries", str(deliveries)]
            assert run_job(job, doc="", argv=arguments) == 0
    found = one(
        effects_in(tmp_path / "out" / "lake"),
        population="bonus_4_and_control",
        outcome="log_weeks",
        model="unadjusted",
    )
    assert found["n_total"] == len(rows)
    np.testing.assert_allclose(found["estimate"], fit.params[1], rtol=1e-10)
    np.testing.assert_allclose(found["std_error"], fit.bse[1], rtol=1e-10)


def test_a_delivery_that_is_cut_off_stops_the_job_with_its_code(run, tmp_path):
    (tmp_path / "penn_claims").mkdir()
    (tmp_path / "penn_claims" / FILE).write_text("abdt tg inuidur1\n")
    assert run(ingest, "--plan", "penn", "--deliveries", tmp_path) == 13
    assert run(ingest, "--plan", "none", "--deliveries", tmp_path) in (11, 12)
