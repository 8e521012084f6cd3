"""One part of the twin and its files, made once for all tests of this folder."""

from __future__ import annotations

import pytest

from rctspark.twin.ww import write_ww_registers
from rctspark.twin.ww.identity import draw_bsn_pool
from rctspark.twin.ww.persons import PERSONS
from rctspark.twin.ww.world import make_world
from reference.ww_registers import add_jobs, read_persons
from reference.ww_tables import enrolled

SEED = 20120723


@pytest.fixture(scope="session")
def world():
    """What happened, in the first part of the twin."""
    return make_world(SEED, 0, draw_bsn_pool(SEED, persons=PERSONS))


@pytest.fixture(scope="session")
def twin(tmp_path_factory):
    """Delivery folder, truth folder and summary of the smallest twin."""
    place = tmp_path_factory.mktemp("twin")
    summary = write_ww_registers(place / "deliveries", truth=place / "truth", seed=SEED)
    return place / "deliveries", place / "truth", summary


@pytest.fixture(scope="session")
def lives(twin):
    """Everyone enrolled, as a slow reading of the raw files finds them."""
    deliveries, _, _ = twin
    found = enrolled(read_persons(deliveries))
    add_jobs({life.person.bsn: life.person for life in found}, deliveries / "payroll")
    return found
