"""Jobs on a small experiment: links, plans side by side, and what stops them."""

import json
import re

import pytest
from deltalake import DeltaTable

from build_panel import build_panel
from build_population import build_population
from estimate_effects import estimate_effects
from ingest import ingest
from rctspark.errors import BrokenCheckError, GateError, IdentityError
from toy import experiment as toy
from toy.place import Place

AFTER_INGEST = (build_population, build_panel, estimate_effects)


@pytest.fixture(scope="module")
def place(followed, tmp_path_factory):
    return Place.like(tmp_path_factory.mktemp("toy"), followed)


def test_payroll_by_another_identifier_arrives_by_the_link_table(place):
    panel = place.read("experiments/toy/person_month")
    sums = panel.groupby("horizon")["wage_eur"].sum().astype(float)
    for month in range(1, 7):
        expected = sum(toy.wage_cents(c, month) for c in range(toy.PERSONS)) / 100
        assert sums.iloc[month - 1] == pytest.approx(expected, abs=1e-9)


def test_the_effect_is_that_of_the_persons_linked(place):
    effects = place.read("experiments/toy/effects")
    paid = {
        arm: [toy.wage_cents(c, 1) / 100 for c in range(toy.PERSONS) if c % 2 == odd]
        for arm, odd in (("help", 1), ("control", 0))
    }
    means = {arm: sum(wages) / len(wages) for arm, wages in paid.items()}
    first = effects[effects["horizon"] == 0].iloc[0]
    assert first["estimate"] == pytest.approx(means["help"] - means["control"])
    assert first["n_total"] == toy.PERSONS


def test_a_version_of_a_table_carries_the_inputs_of_its_release(place):
    scope = "experiments/toy"
    releases = place.read(f"{scope}/releases").set_index("run_id")
    (last,) = DeltaTable(place.lake / scope / "effects").history(1)
    said = json.loads(last["userMetadata"])
    released = releases.loc[said["run_id"]]
    for name in ("inputs", "plan_hash", "code_version", "data_version"):
        assert said[name] == released[name] != ""
    used = {f"{scope}/{name}" for name in ("population", "person_outcome")}
    assert used <= set(said["made_from"])
    assert said["made_from"].items() <= dict(released["versions"]).items()


def test_a_second_plan_leaves_the_first_and_the_registers_as_they_are(place):
    scopes = ("experiments/toy", "registers/toy")
    before = {scope: place.versions(scope) for scope in scopes}
    rows = place.read("experiments/toy/effects")
    deliveries = place.root / "deliveries"
    assert place.run(ingest, plan="toy_short", deliveries=deliveries) == 0
    for job in AFTER_INGEST:
        assert place.run(job, plan="toy_short") == 0
    assert {scope: place.versions(scope) for scope in scopes} == before
    assert place.read("experiments/toy/effects").equals(rows)
    assert set(place.read("experiments/toy_short/effects")["horizon"]) == {0, 1, 2}
    assert set(rows["horizon"]) == {0, 1, 2, 3, 4, 5}


def test_kinds_that_no_link_joins_are_refused(place):
    code = place.run(build_population, plan="toy_apart")
    assert code == IdentityError.exit_code
    assert "bsn: payroll" in place.last_log()[-1]
    assert not (place.lake / "experiments" / "toy_apart" / "population").exists()


@pytest.mark.long
def test_a_person_linked_to_two_persons_is_refused(spark, root, tmp_path):
    assert spark is not None
    place = Place(tmp_path, root)
    deliveries = toy.deliver(tmp_path / "deliveries", linked_twice=(3, 8))
    assert place.run(ingest, plan="toy", deliveries=deliveries) == 0
    assert place.run(build_population, plan="toy") == IdentityError.exit_code
    assert "2 person(s)" in place.last_log()[-1]


@pytest.mark.long
def test_months_after_a_payroll_that_ends_early_are_null_and_have_no_effect(
    spark, root, tmp_path
):
    assert spark is not None
    place = Place(tmp_path, root)
    toy.end_payroll(place.root, "2019-04-30")
    deliveries = toy.deliver(tmp_path / "deliveries")
    assert place.run(ingest, plan="toy", deliveries=deliveries) == 0
    assert place.run(build_population, plan="toy") == 0
    assert place.run(build_panel, plan="toy") == 0
    said = " ".join(place.last_log())
    assert "payroll is known until 2019-04-30" in said
    assert "Deliver the periods that are missing" in said
    assert place.run(estimate_effects, plan="toy") == 0
    assert "wage_eur at horizon 4 is not observed for anyone" in place.last_log()
    panel = place.read("experiments/toy/person_month")
    late = panel[panel["horizon"] >= 4]
    assert late["wage_eur"].isna().all()
    assert set(place.read("experiments/toy/effects")["horizon"]) == {0, 1, 2, 3}


def test_a_gate_that_fails_leaves_what_was_published_as_it_was(place):
    before = place.versions("experiments/toy")
    path = place.root / "expectations" / "population.json"
    suite = path.read_text()
    toy.forbid(place.root, "population", toy.NEVER)
    try:
        code = place.run(build_population, plan="toy", again=True)
    finally:
        path.write_text(suite)
    assert code == GateError.exit_code
    after = place.versions("experiments/toy")
    assert {n: v for n, v in after.items() if n != "gate_results"} == {
        n: v for n, v in before.items() if n != "gate_results"
    }
    said = place.last_log()[-1]
    assert "a population has a million persons" in said
    candidate = re.search(r"candidates/\S+?(?=\.$|\.\s|\s)", said)
    assert (place.lake / candidate.group().rstrip(".")).is_dir()


def test_what_a_released_run_has_staged_is_gone(place):
    runs = {p.stem for p in (place.root / "out" / "runs").glob("*.json")}
    released = set(place.read("experiments/toy/releases")["run_id"])
    assert released <= runs
    staged = {p.name for p in (place.lake / "candidates").glob("*")}
    assert not staged & released


def test_a_check_that_breaks_has_another_exit_code(place):
    path = place.root / "expectations" / "population.json"
    suite = path.read_text()
    # A date that can't be read: Spark stops, so nothing is known of the rows.
    broken = toy.NEVER | {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "origin_date", "min_value": "the day before yesterday"},
    }
    toy.forbid(place.root, "population", broken)
    try:
        assert (
            place.run(build_population, plan="toy", again=True)
            == BrokenCheckError.exit_code
        )
    finally:
        path.write_text(suite)
