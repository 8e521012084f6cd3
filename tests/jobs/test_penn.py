"""A real trial through the whole chain: the figures of ../shared/data/README.md."""

import json
import re
import sqlite3
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from deltalake import DeltaTable

from ingest import ingest
from places import write_settings
from rctspark.runtime.job import run_job
from rctspark.runtime.secret import make_key
from reference.penn import WEEKS
from run_chain import run_chain

FILE = "penn_reemployment_bonus.dat"
CONTROLS = (
    *("female", "black", "othrace", "q2", "q3", "q4", "q5", "q6"),
    *("agelt35", "agegt54", "durable", "lusd", "husd"),
)
OUTCOMES = {
    "weeks": lambda weeks: weeks,
    "log_weeks": np.log,
    "exit": lambda weeks: (weeks <= 10).astype(float),
}
"""Weeks of benefit to an outcome; the controls besides are two of dependants."""


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


def tracked(out, outcome, model, population):
    """The numbers of one child run, by name and step: there is exactly one."""
    wanted = {"outcome": outcome, "model": model, "population": population}
    with sqlite3.connect(out / "mlflow.db") as database:
        runs = "SELECT run_uuid FROM tags WHERE key = 'mlflow.parentRunId'"
        children = {run for (run,) in database.execute(runs)}
        params = dict.fromkeys(children, ())
        for run, *pair in database.execute("SELECT run_uuid, key, value FROM params"):
            if run in children:
                params[run] = (*params[run], tuple(pair))
        (child,) = (r for r, p in params.items() if wanted.items() <= set(p))
        numbers = "SELECT key, step, value FROM metrics WHERE run_uuid = ?"
        found = database.execute(numbers, (child,)).fetchall()
    assert len({(key, step) for key, step, _ in found}) == len(found)
    return {(key, step): value for key, step, value in found}


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
    out = workplace / "out"
    plain = tracked(out, "log_weeks", "unadjusted", "bonus_4_and_control")
    assert f"{plain['estimate_bonus_4', 0]:.8f}" == "-0.08545541"
    assert f"{plain['std_error_bonus_4', 0]:.8f}" == "0.03585569"
    wide = tracked(out, "log_weeks", "products", "bonus_4_and_control")
    assert f"{wide['estimate_bonus_4', 0]:.8f}" == "-0.07968012"
    assert f"{wide['std_error_bonus_4', 0]:.8f}" == "0.03559092"
    left = tracked(out, "exit", "unadjusted", "bonus_4_and_control")
    assert f"{left['estimate_bonus_4', 10]:+.4f}" == "+0.0436"
    assert f"{left['std_error_bonus_4', 10]:.4f}" == "0.0147"
    weeks = tracked(out, "weeks", "unadjusted", "all")
    assert {
        arm: (
            f"{weeks[f'estimate_{arm}', 0]:.3f}",
            f"{weeks[f'std_error_{arm}', 0]:.3f}",
        )
        for arm in WEEKS
    } == WEEKS


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


RELABELLED = {"0": "4", "4": "2", "2": "0", "1": "6", "6": "1"}
"""Group in the changed file, by that in the original: no arm of the four is itself."""


def changed(original):
    """The file with 100 rows removed, from all over it, and with arms relabelled."""
    header, *rows = original.splitlines()
    gone = set(range(60, len(rows), len(rows) // 100)[:100])
    kept = [row.split() for i, row in enumerate(rows) if i not in gone]
    assert len(rows) - len(kept) == 100
    lines = [" ".join([a, RELABELLED.get(b, b), *rest]) for a, b, *rest in kept]
    return "\n".join([header, *lines]) + "\n"


@pytest.fixture(scope="session")
def again(spark, root, original, tmp_path_factory):
    """The changed rows, and all that the chain makes of them in a place of its own."""
    assert spark is not None
    folder = tmp_path_factory.mktemp("again")
    deliveries = deliver(folder / "deliveries", changed(original))
    make_key(folder / "key")
    arguments = ["--plan", "penn", "--deliveries", str(deliveries)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RCTSPARK_CONF", str(write_settings(folder)))
        patch.chdir(root)
        assert run_job(run_chain, doc=run_chain.__doc__, argv=arguments) == 0
    rows = pd.read_csv(deliveries / "penn_claims" / FILE, sep=r"\s+")
    return rows, folder / "out"


def design(rows, arms, model):
    """Constant, arms, controls and their products, column by column."""
    columns = [np.ones(len(rows)), *[rows["tg"] == arm for arm in arms]]
    if model == "unadjusted":
        return np.column_stack(columns).astype(float)
    dep = [("dep", rows["dep"] == 1), ("dep", rows["dep"] == 2)]
    controls = dep + [(name, rows[name] == 1) for name in CONTROLS]
    columns += [values for _, values in controls]
    if model == "products":
        pairs = combinations(controls, 2)
        columns += [one & other for (a, one), (b, other) in pairs if a != b]
    return np.column_stack(columns).astype(float)


def fit_directly(rows, arms, outcome, model):
    """Fit with statsmodels: rows of the file, no code of the project."""
    here = rows[rows["tg"].isin([0, *arms])]
    values = OUTCOMES[outcome](here["inuidur1"].to_numpy())
    return sm.OLS(values, design(here, arms, model)).fit(cov_type="HC1")


CASES = [
    ("bonus_4_and_control", [4], ("log_weeks", 0), "unadjusted"),
    ("bonus_4_and_control", [4], ("log_weeks", 0), "products"),
    ("bonus_4_and_control", [4], ("exit", 10), "unadjusted"),
    ("bonus_4_and_control", [4], ("exit", 10), "products"),
    ("all", [1, 2, 3, 4, 5, 6], ("weeks", 0), "unadjusted"),
    ("all", [1, 2, 3, 4, 5, 6], ("weeks", 0), "adjusted"),
    ("all", [1, 2, 3, 4, 5, 6], ("exit", 10), "adjusted"),
]


@pytest.mark.long
@pytest.mark.parametrize(("population", "arms", "outcome", "model"), CASES)
def test_other_rows_give_what_statsmodels_gives_on_them(
    again, population, arms, outcome, model
):
    rows, out = again
    name, horizon = outcome
    fit = fit_directly(rows, arms, name, model)
    effects = effects_in(out / "lake")
    numbers = tracked(out, name, model, population)
    for place, arm in enumerate(arms, start=1):
        found = one(
            effects,
            population=population,
            outcome=name,
            horizon=horizon,
            model=model,
            arm=f"bonus_{arm}",
        )
        n = [(rows["tg"] == group).sum() for group in (0, arm)]
        assert [found["n_against"], found["n_arm"]] == n
        assert found["n_total"] == fit.nobs
        assert (found["columns"], found["rank"]) == (
            fit.model.exog.shape[1],
            fit.model.rank,
        )
        assert found["df"] == fit.df_resid
        direct = fit.params[place], fit.bse[place]
        of_chain = found["estimate"], found["std_error"]
        np.testing.assert_allclose(of_chain, direct, rtol=1e-9)
        kept = [numbers[f"{n}_bonus_{arm}", horizon] for n in ("estimate", "std_error")]
        np.testing.assert_allclose(kept, direct, rtol=1e-9)


@pytest.mark.long
def test_the_wide_design_keeps_its_rank_and_no_effect_is_the_published_one(again):
    rows, out = again
    assert len(rows) == 13_813
    effects = effects_in(out / "lake")
    wide = one(
        effects,
        population="bonus_4_and_control",
        outcome="log_weeks",
        model="products",
    )
    assert (wide["columns"], wide["rank"]) == (121, 104)
    assert f"{wide['estimate']:.2f}" == "0.07"
    weeks = effects[
        (effects["outcome"] == "weeks") & (effects["model"] == "unadjusted")
    ]
    assert not set(weeks["estimate"].map("{:.3f}".format)) & {
        e for e, _ in WEEKS.values()
    }


def test_a_delivery_that_is_cut_off_stops_the_job_with_its_code(run, tmp_path):
    (tmp_path / "penn_claims").mkdir()
    (tmp_path / "penn_claims" / FILE).write_text("abdt tg inuidur1\n")
    assert run(ingest, "--plan", "penn", "--deliveries", tmp_path) == 13
    assert run(ingest, "--plan", "none", "--deliveries", tmp_path) in (11, 12)
