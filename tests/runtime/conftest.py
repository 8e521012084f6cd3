"""A lake of its own for every test, and a gate that can be told to fail."""

import pytest

from rctspark.config import read_settings
from rctspark.contracts import Gate, GateResult
from rctspark.errors import GateError
from rctspark.runtime.releases import Provenance
from rctspark.runtime.store import Store


@pytest.fixture
def settings(tmp_path, root):
    return read_settings(root).model_copy(
        update={"out": tmp_path, "lake": str(tmp_path / "lake"), "wait_seconds": 300}
    )


@pytest.fixture
def said():
    return []


@pytest.fixture
def store(spark, settings, said):
    return Store(spark, settings, said.append)


@pytest.fixture
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


@pytest.fixture
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
