"""What MLflow keeps of an analysis, and what it must not."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rctspark.config import read_plan
from rctspark.config.settings import Thresholds
from rctspark.contracts import Effect
from rctspark.contracts.duration_tables import DurationEstimate
from rctspark.contracts.operation import AnalysisRecord, TableVersion, TrackedResults
from rctspark.release.record_screening import screen_record
from rctspark.runtime.tracking import track_analysis
from rctspark.runtime.tracking_note import describe_analysis, number
from rctspark.runtime.tracking_place import tracking_links
from release.sample_records import two_arms

FIGURE = "effect of each arm with its band"


def effect(**changes) -> Effect:
    """One effect, as the two-arm plan could give it."""
    ground = {
        "experiment": "ww",
        "site": "all",
        "population": "all",
        "outcome": "exit",
        "horizon": 12,
        "arm": "intensive",
        "against": "basic",
        "estimand": "itt",
        "model": "adjusted",
        "estimate": 0.0214,
        "std_error": 0.0101,
        "df": 9220.0,
        "ci_lower": 0.0048,
        "ci_upper": 0.0380,
        "level": 0.9,
        "p_value": 0.034,
        "n_arm": 4620,
        "n_against": 4617,
        "n_total": 9237,
        "mean_against": 0.561,
        "covariance": "HC1",
        "rank": 17,
        "columns": 17,
        "data_version": "known-2014-03-31-1a2b",
        "plan_hash": "0123456789abcdef",
    }
    return Effect(**ground | changes)


EFFECTS = tuple(
    effect(outcome=outcome, model=model, horizon=horizon, estimate=horizon / 1000)
    for outcome in ("exit", "exit_to_job")
    for model in ("unadjusted", "adjusted")
    for horizon in (6, 9, 12, 15)
)
RECORD = AnalysisRecord(
    run_id="20140401T120000-effects-ab12",
    data_version="known-2014-03-31-1a2b",
    code_version="0.1.0+abc",
    inputs="feed0123beef4567",
    n_per_arm={"basic": 4617, "intensive": 4620},
    is_synthetic=True,
    tables=(TableVersion("person_outcome", "out/lake/person_outcome", 3),),
)


@pytest.fixture
def plan(root):
    return read_plan(root / "conf" / "experiments" / "ww.yaml")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A database with its schema, so that it is made once for all tests."""
    folder = tmp_path_factory.mktemp("mlflow")
    from rctspark.runtime.tracking_place import open_tracking

    open_tracking(f"sqlite:///{folder}/mlflow.db")
    return (folder / "mlflow.db").read_bytes()


@pytest.fixture
def uri(tmp_path, made):
    (tmp_path / "mlflow.db").write_bytes(made)
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def track(uri, plan, tmp_path):
    """Track the ground analysis, with changes."""

    def tracked(record=RECORD, artifacts=None, **results):
        figure = tmp_path / "exit.svg"
        figure.write_text(FIGURE)
        return track_analysis(
            uri,
            plan=plan,
            results=TrackedResults(**{"effects": EFFECTS} | results),
            record=record,
            artifacts=(figure,) if artifacts is None else artifacts,
            thresholds=Thresholds(),
        )

    return tracked


@pytest.fixture
def client(uri):
    from mlflow import MlflowClient

    return MlflowClient(uri)


def runs_of(client):
    (experiment,) = (e for e in client.search_experiments() if e.name == "ww")
    return client.search_runs([experiment.experiment_id])


def parents(client):
    return [r for r in runs_of(client) if r.data.tags["part"] == "analysis"]


def test_a_parent_says_what_was_found_and_what_it_rests_on(track, client, tmp_path):
    run = client.get_run(track())
    assert run.info.status == "FINISHED"
    tags, metrics = run.data.tags, run.data.metrics
    assert tags["plan_hash"]
    assert tags["data_version"] == RECORD.data_version
    assert tags["code_version"] == RECORD.code_version
    assert tags["run_id"] == RECORD.run_id
    assert metrics["n_basic"] == 4617
    assert metrics["n_intensive"] == 4620
    assert metrics["effects_withheld"] == 0
    assert metrics["estimate_exit_12_intensive_adjusted"] == 0.012
    assert metrics["p_value_exit_to_job_12_intensive_adjusted"] == 0.034
    assert "**+0.0120**" in tags["mlflow.note.content"]
    first, lead, *_ = tags["mlflow.note.content"].split("\n\n")
    assert first.startswith("**Synthetic data")
    assert lead.startswith("Exit from benefit, horizon 12, Intensive services against")
    assert "(SE 0.0101, 90% interval +0.0048 to +0.0380, p 0.034, n 4,620 and" in lead
    artifacts = {a.path for a in client.list_artifacts(run.info.run_id)}
    assert artifacts == {"effects.json", "exit.svg"}
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.source_type == "delta_table"
    assert '"delta_table_version": 3' in dataset.dataset.source
    assert (tmp_path / "mlflow-artifacts" / "ww").is_dir()


def test_the_effects_table_holds_every_effect(track, client, tmp_path):
    run_id = track()
    path = client.download_artifacts(run_id, "effects.json", str(tmp_path))
    table = json.loads(Path(path).read_text())
    assert len(table["data"]) == len(EFFECTS)
    assert set(table["columns"]) == set(Effect.__dataclass_fields__)


def test_a_child_has_horizons_as_steps_and_arms_in_its_metrics(track, client):
    parent = track(effects=(*EFFECTS, effect(outcome="exit", horizon=-3)))
    children = [r for r in runs_of(client) if r.data.tags["part"] == "outcome"]
    assert {r.data.tags["mlflow.parentRunId"] for r in children} == {parent}
    assert {r.info.run_name for r in children} == {
        f"{o}, {m}, all"
        for o in ("exit", "exit_to_job")
        for m in ("unadjusted", "adjusted")
    }
    child = next(r for r in children if r.info.run_name == "exit, adjusted, all")
    assert child.data.params["outcome"] == "exit"
    assert "Synthetic data" in child.data.tags["mlflow.note.content"]
    assert "adjusted for female, age" in child.data.tags["mlflow.note.content"]
    history = client.get_metric_history(child.info.run_id, "estimate_intensive")
    assert sorted((m.step, m.value) for m in history) == [
        (-3, 0.0214),
        (6, 0.006),
        (9, 0.009),
        (12, 0.012),
        (15, 0.015),
    ]
    assert set(child.data.metrics) == {
        *(
            f"{name}_intensive"
            for name in ("estimate", "std_error", "ci_lower", "ci_upper", "p_value")
        ),
        "n_intensive",
        "n_basic",
        "mean_basic",
    }


def test_durations_have_a_child_per_method_and_model(track, client):
    named = {"model": "", "cause": "job", "n_persons": 9240, "n_exits": 3010}
    difference = DurationEstimate(
        method="incidence_difference", term="intensive", p_value=0.02, **named
    )
    parent = track(
        durations={
            "benefit_months": (
                replace(difference, horizon=6, estimate=0.011, std_error=0.008),
                replace(difference, horizon=12, estimate=0.024, std_error=0.0098),
                DurationEstimate(
                    method="cloglog",
                    term="arm=intensive",
                    p_value=0.4,
                    estimate=0.03,
                    **named | {"model": "hazard_of_job"},
                ),
            )
        }
    )
    children = {
        run.info.run_name: run
        for run in runs_of(client)
        if run.data.tags.get("mlflow.parentRunId") == parent
    }
    hazard = children["benefit_months, cloglog, hazard_of_job"]
    assert hazard.data.metrics == {
        "estimate_job_arm_intensive": 0.03,
        "p_value_job_arm_intensive": 0.4,
        "n_persons_job_arm_intensive": 9240.0,
        "n_exits_job_arm_intensive": 3010.0,
    }
    assert hazard.data.params["outcome"] == "benefit_months"
    by_time = children["benefit_months, incidence_difference"]
    steps = client.get_metric_history(by_time.info.run_id, "estimate_job_intensive")
    assert [(m.step, m.value) for m in steps] == [(6, 0.011), (12, 0.024)]
    note = by_time.data.tags["mlflow.note.content"]
    assert "in months: incidence difference" in note


def test_the_same_analysis_is_found_again_and_another_is_not(track, client):
    first = track()
    before = len(runs_of(client))
    assert track(record=replace(RECORD, run_id="another run")) == first
    assert len(runs_of(client)) == before
    assert track(record=replace(RECORD, inputs="other")) != first
    assert len(parents(client)) == 2


def test_what_a_dead_process_left_is_taken_away(track, client):
    with pytest.raises(OSError, match="No such file"):
        track(artifacts=(Path("no such figure"),))
    assert [r.info.status for r in parents(client)] == ["FAILED"]
    dead = client.create_run(
        parents(client)[0].info.experiment_id,
        tags={"inputs": RECORD.inputs, "part": "outcome"},
    )
    run_id = track()
    assert [r.info.run_id for r in parents(client)] == [run_id]
    assert dead.info.run_id not in {r.info.run_id for r in runs_of(client)}


def test_effects_that_rest_on_too_few_are_withheld_and_counted(track, client, tmp_path):
    few = (
        effect(outcome="exit", n_arm=9, n_total=4626, estimate=0.777),
        effect(outcome="exit_to_job", df=9.0, estimate=0.777),
        effect(outcome="share_in_job", horizon=0),
    )
    record = replace(RECORD, n_per_arm={"basic": 4617, "intensive": 9})
    run = client.get_run(track(effects=few, record=record))
    assert run.data.metrics["effects_withheld"] == 2
    assert "n_intensive" not in run.data.metrics
    note = run.data.tags["mlflow.note.content"]
    assert note.count("| not shown |") == 2
    assert "intensive fewer than 10" in note
    assert len(runs_of(client)) == 2
    logged = (tmp_path / "mlflow.db").read_bytes()
    assert b"0.777" not in logged
    path = client.download_artifacts(run.info.run_id, "effects.json", str(tmp_path))
    assert "0.777" not in Path(path).read_text()


def test_effects_that_disclosure_control_keeps_are_counted_and_leave_no_trace(
    track, client, root, tmp_path
):
    """What the job does: effects are screened first, then handed over."""
    ground = two_arms(root)
    hidden = {"outcome": "reentry", "horizon": 0, "mean_against": 0.00996}
    part = ("male", 5551, 5552)
    made = [
        effect(plan_hash=ground.plan_hash, data_version=ground.data_version, **changes)
        for changes in (
            {},
            {"outcome": "exit_to_job"},
            {**hidden, "estimate": -0.000841, "std_error": 0.002027},
            {**hidden, "estimate": -0.000872, "model": "unadjusted"},
            {"population": part[0], "n_total": part[2], "df": float(part[1])},
        )
    ]
    made[-1] = replace(made[-1], n_arm=2711, n_against=2841)
    release = screen_record(replace(ground, effects=tuple(made)))
    run = client.get_run(track(effects=release.effects, n_withheld=release.n_withheld))
    assert run.data.metrics["effects_withheld"] == 2
    note = run.data.tags["mlflow.note.content"]
    assert "3 effects: 2 outcome(s)" in note
    assert "2 more were estimated and stay inside" in note
    assert "(5,550 to 9,220, rounded down)" in note
    path = client.download_artifacts(run.info.run_id, "effects.json", str(tmp_path))
    table = json.loads(Path(path).read_text())
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    # With the persons of the arms shown, exact ones of all would give another arm's.
    assert all(row["df"] <= row["n_total"] for row in rows)
    assert [row["n_total"] % 10 for row in rows] == [0, 0, 0]
    assert "reentry" not in {row["outcome"] for row in rows}
    assert b"-0.000841" not in (tmp_path / "mlflow.db").read_bytes()


def test_links_open_the_view_for_statistics(track, uri):
    links = tracking_links(uri, track(), port=5001)
    assert links.run.startswith("http://127.0.0.1:5001/#/experiments/1/runs/")
    assert links.run.endswith("?workflowType=machine_learning")
    assert "--host 127.0.0.1 --port 5001" in links.command


def test_the_description_is_without_a_label_where_data_are_real(plan):
    note = describe_analysis(
        plan,
        EFFECTS,
        record=replace(RECORD, is_synthetic=False),
        n_withheld=0,
        minimum_persons=10,
    )
    assert "Synthetic" not in note
    assert "| not estimated |" in note
    assert "90% intervals" in note


def test_numbers_keep_the_digits_that_their_size_deserves():
    assert [number(x) for x in (0.02143, -1.2345, 12.345, 1234.56)] == [
        "+0.0214",
        "\N{MINUS SIGN}1.234",
        "+12.35",
        "+1234.6",
    ]


TRACK = """
import sys
sys.path[:0] = sys.argv[3:]
from dataclasses import replace
from pathlib import Path
from rctspark.config import read_plan
from rctspark.config.settings import Thresholds
from rctspark.contracts.operation import TrackedResults
from rctspark.runtime.tracking import track_analysis
from runtime.test_tracking import EFFECTS, RECORD
for inputs in ("both", sys.argv[2]):
    track_analysis(
        "sqlite:///out/deep/mlflow.db",
        plan=read_plan(Path(sys.argv[1]) / "conf" / "experiments" / "ww.yaml"),
        results=TrackedResults(EFFECTS),
        record=replace(RECORD, inputs=inputs),
        artifacts=(),
        thresholds=Thresholds(),
    )
"""


@pytest.fixture(scope="module")
def at_once(tmp_path_factory, root):
    """Two processes at once where there is no database, first with the same."""
    folder = tmp_path_factory.mktemp("at_once")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TRACK, root, inputs, root / "src", root / "tests"],
            cwd=folder,
            env={k: v for k, v in os.environ.items() if not k.startswith("MLFLOW")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for inputs in ("one", "two")
    ]
    said = [process.communicate(timeout=300)[0] for process in processes]
    return folder, [process.returncode for process in processes], said


def test_analyses_at_once_make_one_database_and_each_is_there_once(at_once):
    from mlflow import MlflowClient

    folder, codes, said = at_once
    assert codes == [0, 0], said
    database = folder / "out" / "deep" / "mlflow.db"
    found = parents(MlflowClient(f"sqlite:///{database}"))
    assert sorted(r.data.tags["inputs"] for r in found) == ["both", "one", "two"]
    assert {r.info.status for r in found} == {"FINISHED"}
    with sqlite3.connect(database) as opened:
        (sound,) = opened.execute("PRAGMA integrity_check").fetchone()
    assert sound == "ok"


def test_nothing_is_said_and_nothing_lands_in_the_working_folder(at_once):
    folder, _, said = at_once
    assert said == ["", ""]
    assert {path.name for path in folder.iterdir()} == {"out"}
