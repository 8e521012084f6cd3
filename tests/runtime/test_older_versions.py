"""Older table versions can be read by data version; one that is gone says so."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import named
from rctspark.contracts import FUNNEL, REJECTED_ROWS, RELEASES
from rctspark.errors import StoreError
from runtime.conftest import SCOPE
from toy.vacuum import vacuum


def n_left(store, release):
    return [row["n_left"] for row in store.read(release, FUNNEL).collect()]


@pytest.mark.usefixtures("of_r1")
def test_results_are_found_again_by_the_name_of_their_data_version(store, publish):
    publish("r2", 20, data_version="definitive")
    for name, n in (("provisional", 10), ("definitive", 20)):
        release = store.pin(SCOPE, [FUNNEL], data_version=name)
        assert n_left(store, release) == [n]
    assert store.find(SCOPE, [FUNNEL], data_version="later") is None
    assert store.find(SCOPE, [FUNNEL], plan_hash="another") is None
    with pytest.raises(StoreError, match="together on data version later"):
        store.pin(SCOPE, [FUNNEL], data_version="later")


def test_a_vacuumed_version_is_one_clear_sentence(store, publish, spark, of_r1):
    new = publish("r2", 20, data_version="definitive")
    vacuum(spark, store.path(SCOPE, FUNNEL))
    said = (
        "Table experiments/test/funnel can't be read at version 0: 1 of its 1 file(s) "
        "were deleted or vacuumed; make data version provisional again with --rebuild, "
        "or choose a newer one."
    )
    with pytest.raises(StoreError, match=f"^{re.escape(said)}$"):
        store.read(of_r1, FUNNEL)
    assert n_left(store, new) == [20]


def test_a_version_whose_log_was_deleted_is_one_clear_sentence(store, publish, of_r1):
    publish("r2", 20, data_version="definitive")
    log = Path(store.path(SCOPE, FUNNEL)) / "_delta_log"
    for file in (*log.glob("*0.json"), *log.glob("*0.crc")):
        file.unlink()
    with pytest.raises(StoreError, match=r"at version 0 .* deleted or vacuumed"):
        store.read(of_r1, FUNNEL)


@pytest.mark.usefixtures("of_r1")
def test_a_log_from_before_a_column_was_added_is_read_and_added_to(
    store, publish, spark
):
    path = store.path(SCOPE, RELEASES)
    older = spark.read.format("delta").load(path).drop("registered_hash").collect()
    names = ", ".join(
        f"{c.name} {c.type}" for c in RELEASES.columns if c.name != "registered_hash"
    )
    shutil.rmtree(path)
    spark.createDataFrame(older, names).coalesce(1).write.format("delta").save(path)
    (release,) = store.releases(SCOPE)
    assert (release.run_id, release.registered_hash) == ("r1", None)
    publish("r2", 20, registered_hash="abc")
    found = {r.run_id: r.registered_hash for r in store.releases(SCOPE)}
    assert found == {"r1": None, "r2": "abc"}


def test_a_table_from_before_a_column_was_added_is_read_and_its_slices_replaced(
    store, gate, provenance, draw
):
    key = tuple(name for name in REJECTED_ROWS.key if name != "person_id")
    columns = tuple(c for c in REJECTED_ROWS.columns if c.name != "person_id")
    older = replace(REJECTED_ROWS, key=key, columns=columns)

    def load(run_id, table, *deliveries):
        rows = "\n".join(
            f"{d} | payroll | late | late | {run_id} | 1 | ann" for d in deliveries
        )
        frame = draw(f"""
            rejected_rows
            delivery_id | register | reason | reasons | cells | n_rows | person_id
            {rows}
        """)
        made = store.candidate(run_id, table, frame)
        return store.publish(
            SCOPE,
            [made],
            provenance=provenance(run_id),
            gate=gate,
            slices={"delivery_id": deliveries},
        )

    def persons(rows):
        return {(r["delivery_id"], r["cells"]): r["person_id"] for r in rows.collect()}

    before = load("r1", older, "d1", "d2")
    assert persons(store.read_current(SCOPE, REJECTED_ROWS)) == {
        ("d1", "r1"): None,
        ("d2", "r1"): None,
    }
    load("r2", REJECTED_ROWS, "d2", "d3")
    assert persons(store.read_current(SCOPE, REJECTED_ROWS)) == {
        ("d1", "r1"): None,
        ("d2", "r2"): named("ann"),
        ("d3", "r2"): named("ann"),
    }
    assert set(persons(store.read(before, REJECTED_ROWS)).values()) == {None}
