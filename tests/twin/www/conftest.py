"""One part of the twin of 2018-2019 and its files, and a slow reading of them."""

from __future__ import annotations

import pytest

from made_once import made_once
from rctspark.twin.www import registers, write_www_registers
from reference.www_registers import ARMS, day, read_pay, read_traits, rows

SEED = 20180504


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
            summary = write_www_registers(place / "d", truth=place / "t", seed=SEED)
        (world,) = worlds
        return place / "d", place / "t", summary, world

    return made_once(tmp_path_factory, "www", make)


@pytest.fixture(scope="session")
def twin(made):
    """Delivery folder, truth folder and summary."""
    return made[:3]


@pytest.fixture(scope="session")
def world(made):
    """What happened, before anybody wrote it down."""
    return made[3]


@pytest.fixture(scope="session")
def study(twin):
    return {r["RINPERSOON"]: r for r in rows(twin[0], "studie")}


@pytest.fixture(scope="session")
def arm(study):
    """Arm of the 752 of Utrecht."""
    return {
        p: ARMS[r["ARM"]]
        for p, r in study.items()
        if r["ARM"] and r["GEMEENTE"] == "0344"
    }


@pytest.fixture(scope="session")
def group(study, arm):
    """Everyone of the target population of Utrecht by arm, reference, or rest."""
    found = {}
    for person, row in study.items():
        if row["GEMEENTE"] == "0344" and not row["REDENUITSLUITING"]:
            rest = "reference" if row["REFERENTIE"] == "J" else "rest"
            found[person] = arm.get(person, rest)
    return found


@pytest.fixture(scope="session")
def traits(twin):
    """What tables 1 and 3 are about, from the registers alone."""
    return read_traits(twin[0])


@pytest.fixture(scope="session")
def pay(twin):
    """Pay, hours and best contract by person and month since January 2016."""
    return read_pay(twin[0])


@pytest.fixture(scope="session")
def wages(pay, study):
    """Pay in the 6 and the 24 months before the invitation."""
    found = {}
    for person, r in study.items():
        invited = day(r["UITNODIGING"])
        if invited:
            month = (invited.year - 2016) * 12 + invited.month - 1
            found[person] = tuple(
                float(sum(pay[0].get((person, month - k), 0) for k in range(1, n + 1)))
                for n in (6, 24)
            )
    return found
