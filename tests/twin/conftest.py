"""One part of the twin and its files, made once for all tests of this folder."""

from __future__ import annotations

import pytest

from made_once import made_once
from rctspark.twin.ww import registers, write_ww_registers
from reference.ww_registers import add_jobs, read_persons
from reference.ww_tables import enrolled

SEED = 20120723


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Delivery folder, truth folder, summary, and the world they were made of."""

    def make(place):
        worlds, make_world = [], registers.make_world
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                registers,
                "make_world",
                lambda *part: worlds.append(make_world(*part)) or worlds[-1],
            )
            summary = write_ww_registers(
                place / "deliveries", truth=place / "truth", seed=SEED
            )
        (world,) = worlds
        return place / "deliveries", place / "truth", summary, world

    return made_once(tmp_path_factory, "ww", make)


@pytest.fixture(scope="session")
def world(made):
    """What happened, in the first part of the twin."""
    return made[3]


@pytest.fixture(scope="session")
def twin(made):
    """Delivery folder, truth folder and summary of the smallest twin."""
    return made[:3]


@pytest.fixture(scope="session")
def lives(twin):
    """Everyone enrolled, as a slow reading of the raw files finds them."""
    deliveries, _, _ = twin
    found = enrolled(read_persons(deliveries))
    add_jobs({life.person.bsn: life.person for life in found}, deliveries / "payroll")
    return found
