"""Plans are registered before outcomes are seen, and results bear how they stood."""

import pytest
from deltalake import DeltaTable
from mlflow import MlflowClient

from build_panel import build_panel
from build_population import build_population
from estimate_effects import estimate_effects
from publish_results import publish_results
from rctspark.contracts import RELEASES
from rctspark.errors import PlanError
from register_plan import register_first, register_plan
from toy.place import Place

SCOPE = "experiments/toy"


@pytest.fixture(scope="module")
def place(reported, tmp_path_factory):
    """A project in which the plan was registered, then followed to its report."""
    return Place.like(tmp_path_factory.mktemp("registered"), reported)


def page(place):
    return (place.root / "out" / "report" / "toy" / "index.html").read_text()


def tags(place):
    client = MlflowClient(f"sqlite:///{place.root / 'out' / 'mlflow.db'}")
    (experiment,) = [e for e in client.search_experiments() if e.name == "toy"]
    runs = client.search_runs([experiment.experiment_id])
    return [run.data.tags["registration"] for run in runs]


def test_results_of_the_registered_plan_say_so_wherever_they_stand(place):
    assert set(place.read(f"{SCOPE}/effects")["registration"]) == {"registered"}
    assert "before any outcome had been released here" in page(place)
    assert set(tags(place)) == {"registered"}
    (row,) = place.read(f"{SCOPE}/registrations").to_dict("records")
    newest = place.read(f"{SCOPE}/{RELEASES.name}").sort_values("released_at").iloc[-1]
    assert newest["registered_hash"] == row["plan_hash"]


def test_the_same_plan_registered_twice_adds_nothing(place):
    before = place.read(f"{SCOPE}/registrations")
    assert place.run(register_plan, plan="toy") == 0
    assert place.read(f"{SCOPE}/registrations").equals(before)
    assert "nothing to add" in place.last_log()[-1]


def test_nobody_can_take_a_registration_back(place, spark):
    path = place.lake / SCOPE / "registrations"
    kept = DeltaTable(path).metadata().configuration
    assert kept["delta.appendOnly"] == "true"
    with pytest.raises(Exception, match="DELTA_CANNOT_MODIFY_APPEND_ONLY"):
        spark.sql(f"DELETE FROM delta.`{path}`")  # noqa: S608 (our own path)


def test_a_changed_plan_is_a_deviation_until_it_is_registered_itself(place):
    place.change("toy", "follow_up_until", "inference: {level: 0.95}\nfollow_up_until")
    for job in (build_population, build_panel, estimate_effects, publish_results):
        assert place.run(job, plan="toy") == 0
    assert set(place.read(f"{SCOPE}/effects")["registration"]) == {"deviation"}
    top = page(place).split('id="findings"')[0]
    assert "<code>inference.level</code>" in top
    assert "registered: 0.9; now: 0.95" in top
    assert "deviation" in tags(place)

    assert place.run(register_first, plan="toy") == 0
    assert len(place.read(f"{SCOPE}/registrations")) == 1

    assert place.run(register_plan, plan="toy") == 0
    assert "AFTER outcomes had first been released" in place.last_log()[-1]
    for job in (estimate_effects, publish_results):
        assert place.run(job, plan="toy") == 0
    assert set(place.read(f"{SCOPE}/effects")["registration"]) == {"registered"}
    assert "after outcomes had first been released on" in page(place)
    assert len(place.read(f"{SCOPE}/registrations")) == 2


def test_where_settings_refuse_it_no_outcome_of_an_unregistered_plan_is_read(place):
    place.set(unregistered="refuse")
    try:
        code = place.run(estimate_effects, plan="toy_short")
    finally:
        place.set()
    assert code == PlanError.exit_code
    assert "toy_short was never registered" in place.last_log()[-1]
    assert not (place.lake / "experiments" / "toy_short").exists()
