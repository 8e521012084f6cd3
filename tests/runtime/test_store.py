"""The store: nothing is seen before the gate, sets belong together, runs repeat."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deltalake import DeltaTable as Reader

from conftest import named
from rctspark.contracts import FUNNEL, GATE_RESULTS, PERSONS, POPULATION
from rctspark.errors import ContractError, GateError, StoreError
from rctspark.runtime.locks import holding
from runtime.conftest import SCOPE


def n_left(store, release):
    return [r["n_left"] for r in store.read(release, FUNNEL).collect()]


@pytest.mark.usefixtures("of_r1")
def test_an_older_set_can_be_read_again_by_its_run(store, publish):
    publish("r2", 20)
    assert n_left(store, store.pin(SCOPE, [FUNNEL])) == [20]
    assert n_left(store, store.pin(SCOPE, [FUNNEL], run_id="r1")) == [10]


@pytest.mark.usefixtures("of_r1")
def test_a_candidate_is_not_seen_and_a_failed_gate_leaves_the_published(
    store, gate, provenance, draw
):
    bad = store.candidate("r2", FUNNEL, draw("funnel\nstep | n_left\n- | 5"))
    published = Reader(store.path(SCOPE, FUNNEL))
    before = published.version()
    with pytest.raises(GateError, match=r"candidates/r2/funnel"):
        store.publish(SCOPE, [bad], provenance=provenance("r2"), gate=gate)
    published.update_incremental()
    assert published.version() == before
    assert published.to_pandas()["n_left"].tolist() == [10]
    verdicts = store.read_log(SCOPE, GATE_RESULTS).select("run_id", "verdict").collect()
    assert {tuple(v) for v in verdicts} == {("r1", "PASS"), ("r2", "FAIL")}


@pytest.mark.usefixtures("of_r1")
def test_the_published_table_keeps_the_contract_by_itself(store, spark):
    path = store.path(SCOPE, FUNNEL)
    rows = (
        spark.read.format("delta")
        .load(path)
        .selectExpr("step", "stage", "reason", "-5L AS n_leaving", "n_left")
    )
    with pytest.raises(Exception, match="DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"):
        rows.write.format("delta").mode("append").save(path)


def test_a_retry_of_a_run_changes_nothing(publish):
    first = publish("r1", 10)
    again = publish("r1", 10)
    assert again.versions == first.versions


def test_a_version_carries_what_it_was_made_from(store, publish):
    facts = {
        "data_version": "known-2014",
        "plan_hash": "abc",
        "code_version": "0.1.0+def",
        "inputs": "5ca1ab1e",
        "made_from": {"registers/test/persons": 3, "registers/test/payroll": 7},
        "registered_hash": "abc",
    }
    publish("r1", 10, **facts)
    (last, *_) = Reader(store.path(SCOPE, FUNNEL)).history(1)
    said = json.loads(last["userMetadata"])
    assert said == {"run_id": "r1", "job": "job"} | facts


def test_what_spark_makes_beside_our_tables_lies_under_out(spark, root):
    warehouse = spark.conf.get("spark.sql.warehouse.dir")
    assert warehouse.endswith(str(root / "out" / ".warehouse"))


@pytest.mark.usefixtures("of_r1")
def test_older_versions_are_kept_for_ten_years(store):
    kept = Reader(store.path(SCOPE, FUNNEL)).metadata().configuration
    assert kept["delta.deletedFileRetentionDuration"] == "interval 3653 days"
    assert kept["delta.logRetentionDuration"] == "interval 3653 days"


def test_only_the_slice_of_the_run_is_replaced(store, gate, provenance, draw):
    def load(run_id, delivery, sex):
        rows = draw(f"""
            persons
            delivery_id | person_id | sex   | birth_precision
            {delivery}  | ann       | {sex} | unknown
        """)
        return store.publish(
            SCOPE,
            [store.candidate(run_id, PERSONS, rows)],
            provenance=provenance(run_id),
            gate=gate,
            slices={"delivery_id": [delivery]},
        )

    load("r1", "d1", "male")
    load("r2", "d2", "male")
    release = load("r3", "d1", "female")
    found = store.read(release, PERSONS).collect()
    assert {(r["delivery_id"], r["sex"]) for r in found} == {
        ("d1", "female"),
        ("d2", "male"),
    }
    assert {r["person_id"] for r in found} == {named("ann")}


def test_a_table_comes_with_its_rows_and_its_constraints_in_one_commit(store, publish):
    (Path(store.settings.lake) / SCOPE / "funnel" / "_delta_log").mkdir(parents=True)
    release = publish("r1", 10)
    assert release.versions[f"{SCOPE}/funnel"] == 0
    kept = Reader(store.path(SCOPE, FUNNEL)).metadata().configuration
    expected = {f"delta.constraints.{name}" for name in FUNNEL.constraints}
    assert expected <= set(kept)
    meanings = [f.metadata for f in Reader(store.path(SCOPE, FUNNEL)).schema().fields]
    assert [m["comment"] for m in meanings] == [c.meaning for c in FUNNEL.columns]


@pytest.mark.usefixtures("of_r1")
def test_a_set_that_was_never_published_is_a_clear_error(store):
    with pytest.raises(StoreError, match="run the job that makes them first"):
        store.pin(SCOPE, [FUNNEL, POPULATION])


def test_a_deleted_version_is_a_clear_error(store, of_r1):
    table = Reader(store.path(SCOPE, FUNNEL))
    gone = of_r1.versions | {f"{SCOPE}/funnel": table.version() + 7}
    import dataclasses

    with pytest.raises(StoreError, match="deleted or vacuumed"):
        store.read(dataclasses.replace(of_r1, versions=gone), FUNNEL)


def test_a_frame_of_another_shape_is_refused(store, spark):
    with pytest.raises(ContractError, match="step: expected int, found no column"):
        store.candidate("r1", FUNNEL, spark.range(1))


def test_two_runs_at_once_are_both_right(store, publish):
    with ThreadPoolExecutor(2) as pool:
        releases = list(pool.map(publish, ["r1", "r2"], [10, 20]))
    found = {r.run_id: n_left(store, r) for r in releases}
    assert found == {"r1": [10], "r2": [20]}
    assert {r.run_id for r in store.releases(SCOPE)} == {"r1", "r2"}


def test_a_run_that_waits_too_long_is_told_so(settings, said):
    lake = settings.lake
    with (
        holding(lake, SCOPE, 1, said.append),
        pytest.raises(StoreError, match="wait for it to end"),
        holding(lake, SCOPE, 0.5, said.append),
    ):
        pass
    assert said == [f"waiting until another job has published {SCOPE}"]
