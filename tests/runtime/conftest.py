"""A lake of its own for every test, and a gate that can be told to fail."""

import shutil

import pytest

from rctspark.config import read_settings
from rctspark.contracts import FUNNEL, Gate, GateResult
from rctspark.errors import GateError
from rctspark.runtime.releases import Provenance
from rctspark.runtime.store import Store

SCOPE = "experiments/test"
FUNNELS = """
    funnel
    step | stage | reason | n_leaving | n_left
    1    | all   | all    | 0         | {n}
"""


def settings_in(folder, root):
    return read_settings(root).model_copy(
        update={"out": folder, "lake": str(folder / "lake"), "wait_seconds": 300}
    )


@pytest.fixture
def settings(tmp_path, root):
    return settings_in(tmp_path, root)


@pytest.fixture
def said():
    return []


@pytest.fixture
def store(spark, settings, said):
    return Store(spark, settings, said.append)


@pytest.fixture(scope="session")
def gate():
    """Count the rows with a null in the first key column; stop on any."""

    def check(frame, table):
        broken = frame.where(f"{table.key[0]} IS NULL").count()
        verdict = "FAIL" if broken else "PASS"
        return (
            GateResult(
                rule_id=f"{table.name}.first",
                kind="promise",
                words="the first key column is present",
                reason="test",
                owner="test",
                severity="stop",
                verdict=verdict,
                rows_checked=frame.count(),
                rows_broken=broken,
            ),
        )

    def require(results, table, candidate):
        if any(r.verdict == "FAIL" for r in results):
            raise GateError(f"{table} failed; look at {candidate}")

    return Gate(check=check, require=require)


@pytest.fixture(scope="session")
def provenance():
    def of(run_id, **facts):
        known = {
            "run_id": run_id,
            "job": "job",
            "data_version": "v",
            "plan_hash": "p",
            "code_version": "c",
            "inputs": "i",
        }
        return Provenance(**(known | facts))

    return of


@pytest.fixture(scope="session")
def publish_in(gate, provenance, draw):
    """Publish a funnel in a store, as a run with these facts would."""

    def published(store, run_id, n, **facts):
        made = store.candidate(run_id, FUNNEL, draw(FUNNELS.format(n=n)))
        return store.publish(
            SCOPE, [made], provenance=provenance(run_id, **facts), gate=gate
        )

    return published


@pytest.fixture
def publish(store, publish_in):
    """Publish a funnel in the store of the test."""

    def published(run_id, n, **facts):
        return publish_in(store, run_id, n, **facts)

    return published


@pytest.fixture(scope="session")
def lake_of_r1(spark, root, tmp_path_factory, publish_in):
    """A lake in which run r1 has published a funnel of 10."""
    folder = tmp_path_factory.mktemp("r1")
    store = Store(spark, settings_in(folder, root), lambda _: None)
    return folder / "lake", publish_in(store, "r1", 10, data_version="provisional")


@pytest.fixture
def of_r1(settings, lake_of_r1):
    """The release of run r1, in the lake of the test."""
    lake, release = lake_of_r1
    shutil.copytree(lake, settings.lake)
    return release
