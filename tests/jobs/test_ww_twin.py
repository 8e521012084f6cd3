"""The whole chain on the registers of a twin, against the truth it was built from.

The twin writes events; its truth is counted apart. Nothing of it reaches the jobs.
"""

import csv
import json
from collections import Counter

import numpy as np
import pytest
from deltalake import DeltaTable

import make_twin
from run_chain import run_chain

pytestmark = pytest.mark.long

EXCLUSIONS = (
    "wia_35_minus",
    "network_training",
    "esf_track",
    "start_up_period",
    "dismissed_by_msd",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ww") / "deliveries"
    arguments = ["--experiment", "ww", "--folder", str(folder)]
    assert make_twin.main(arguments) == 0
    return folder


@pytest.fixture(scope="module")
def lake(run, workplace, place):
    assert run(run_chain, "--plan", "ww", "--deliveries", place) == 0
    return workplace / "out" / "lake"


def truth(place, name):
    path = place.with_name(f"{place.name}-truth") / f"SYNTHETIC_truth_{name}"
    if path.suffix == ".json":
        return json.loads(path.read_text())
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def read(lake, name):
    return DeltaTable(lake / name).to_pandas()


def test_every_planted_fault_is_set_aside_and_nothing_else(lake, place):
    planted = Counter()
    for row in truth(place, "faults.csv"):
        # Two spells of one person that overlap are each a sound row: they are told
        # apart where the registers are settled.
        if row["fault"] != "overlaps_another":
            planted[row["file"].split("/")[-1]] += int(row["rows"])
    deliveries = read(lake, "registers/uwv/deliveries")
    found = Counter()
    for row in deliveries.itertuples():
        found[row.file_name.split("/")[-1]] += row.rows_rejected
    assert {f: n for f, n in found.items() if n} == dict(planted)
    read_rows, kept = deliveries["rows_read"], deliveries["rows_kept"]
    assert (read_rows == kept + deliveries["rows_rejected"]).all()
    overlapping = sum(
        int(row["rows"])
        for row in truth(place, "faults.csv")
        if row["fault"] == "overlaps_another"
    )
    # Every contact that the twin makes up lies inside the benefit.
    overruled = read(lake, "experiments/ww/rejected_rows")
    assert set(overruled["register"]) == {"benefit_spells"}
    assert overruled["n_rows"].sum() == overlapping


def test_the_funnel_ends_in_those_whom_the_twin_enrolled(lake, place):
    summary = truth(place, "summary.json")
    roles = summary["persons_per_role"]
    funnel = read(lake, "experiments/ww/funnel").sort_values("step")
    assert list(funnel["n_leaving"])[-5:] == [roles[name] for name in EXCLUSIONS]
    assert funnel["n_left"].iloc[-1] == summary["enrolled"]
    assignment = read(lake, "experiments/ww/assignment")
    assert dict(assignment["arm"].value_counts()) == summary["enrolled_per_arm"]
    assert assignment["is_discordant"].sum() == summary["recorded_arm_errors"]


def test_effects_are_those_that_a_count_of_the_events_gives(lake, place):
    effects = read(lake, "experiments/ww/effects")
    effects = effects[effects["model"] == "unadjusted"]
    effects = effects[effects["population"] == "all"]
    counted = [row for row in truth(place, "effects.csv") if row["effect"]]
    by_key = effects.set_index(["outcome", "horizon"])["estimate"]
    known = [r for r in counted if (r["outcome"], int(r["horizon"])) in by_key.index]
    assert len(known) >= 8
    for row in known:
        found = by_key[row["outcome"], int(row["horizon"])]
        np.testing.assert_allclose(found, float(row["effect"]), atol=1e-8)


def released(workplace, name):
    path = workplace / "out" / "released" / "ww" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_released_tables_have_the_layout_of_the_published_ones(lake, workplace, shared):
    assert lake.is_dir()
    for path in (shared / "spec" / "published" / "ww").glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            published = list(csv.reader(file))
        found = released(workplace, path.stem)
        assert found[0] == published[0]
        assert len(found) == len(published)
        headings = {"arm", "population", "outcome", "state", "measure", "category"}
        for place, column in enumerate(found[0]):
            if column in headings:
                own = [row[place] for row in published[1:]]
                assert [row[place] for row in found[1:]] == own


def test_a_twin_is_compared_with_every_published_number_and_sign(lake, workplace):
    assert lake.is_dir()
    header, *compared = released(workplace, "published_vs_reproduced")
    assert ",".join(header) == "table,row,column,published,reproduced,agrees,reason"
    assert len({tuple(row[:3]) for row in compared}) == len(compared) > 0
    for *_, agrees, reason in compared:
        assert (agrees == "yes") == (reason == "")


def test_persons_whose_sex_or_age_is_not_known_can_not_be_computed(lake, workplace):
    assert lake.is_dir()
    rows = {tuple(r[:2]): r[2:] for r in released(workplace, "table_5_1_balance")[1:]}
    assert set(rows["sex", "unknown"]) <= {"x", "<10"}
    for characteristic in ("sex", "age", "living_arrangement"):
        for arm in (0, 1):
            shown = [r[arm] for key, r in rows.items() if key[0] == characteristic]
            assert sum(text in {"x", "<10"} for text in shown) >= 1 + (
                characteristic == "sex"
            )
    effects = released(workplace, "effects")
    place = {name: effects[0].index(name) for name in ("population", "n_arm")}
    parts = [r for r in effects[1:] if r[place["population"]] in {"male", "female"}]
    assert parts
    assert all(int(row[place["n_arm"]]) % 10 == 0 for row in parts)


def test_a_second_run_makes_nothing_new(lake, run, place):
    tables = [log.parent for log in lake.glob("*/*/*/_delta_log")]
    before = {table: DeltaTable(table).version() for table in tables}
    assert run(run_chain, "--plan", "ww", "--deliveries", place) == 0
    assert {table: DeltaTable(table).version() for table in tables} == before
