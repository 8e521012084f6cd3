"""Files of the statistical office about persons: register, education, household."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import day_number, month_number, shifted, year_of
from rctspark.twin.ww.faults import Fault, plant
from rctspark.twin.ww.files import Sheet
from rctspark.twin.www.streams import stream
from rctspark.twin.www.world import NAMES_NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.www.world import World

PERSONS = "gbapersoon", "SYNTHETIC GBAPERSOON2019TAB V1 20191101.csv"
EDUCATION = "hoogsteopl", "SYNTHETIC HOOGSTEOPL2017TAB V1 20190601.csv"
HOUSEHOLDS = "huishoudens", "SYNTHETIC GBAHUISHOUDENS2019BUS V1 20191101.csv"
LEVELS = (
    ("1111", "1112", "1213", "1221"),
    ("2111", "2112", "2121", "2131"),
    ("3112", "3113", "3211", "3212"),
    ("----", "9999", "----", "9999"),
)
ORIGINS = (
    ("0000", "0000", "0000", "0000"),
    ("6029", "5010", "7028", "6024"),
    ("6043", "5022", "5007", "5107"),
)
HOUSEHOLD_TYPES = (("1", "1"), ("6", "6"), ("2", "4"))
VAGUE_BIRTHS = 60
CHOICES = 4


def person_sheets(world: World) -> Iterator[Sheet]:
    """Write the population register, education and households.

    Args:
        world: One part of the twin.

    Yields:
        Three sheets.
    """
    yield _register(world)
    yield _education(world)
    yield _households(world)


def _register(world: World) -> Sheet:
    rng = stream(world.seed, world.part, "persons_file")
    people, who = world.people, np.arange(world.people.size)
    # A few births of persons outside the study are not known to the day.
    vague = np.zeros(people.size, dtype=bool)
    vague[rng.permutation(world.harmless(who))[:VAGUE_BIRTHS]] = True
    background = people.traits["background"]
    origin = np.array(ORIGINS)[background, rng.integers(CHOICES, size=people.size)]
    generation = np.where(background == 0, 0, rng.integers(1, 3, size=people.size))
    day = cells.padded(day_number(people.birth), 2)
    table = pa.table(
        world.named(who)
        | {
            "GBAGESLACHT": cells.codes(people.traits["sex"], ("1", "2")),
            "GBAGEBOORTEJAAR": cells.numbers(year_of(people.birth)),
            "GBAGEBOORTEMAAND": cells.padded(month_number(people.birth), 2),
            "GBAGEBOORTEDAG": pa.compute.if_else(pa.array(vague), "--", day),
            "GBAGENERATIE": cells.numbers(generation),
            "GBAHERKOMSTGROEPERING": pa.array(origin.tolist()),
        }
    )
    faults = [
        *NAMES_NOBODY,
        Fault("equal_rows", 12),
        Fault("unknown_code", 5, {"GBAGESLACHT": ("9",)}),
    ]
    return planted_sheet(world, PERSONS, table, faults, rng, who)


def _education(world: World) -> Sheet:
    rng = stream(world.seed, world.part, "education_file")
    who = np.arange(world.people.size)
    level = np.array(LEVELS)[
        world.people.traits["education"], rng.integers(CHOICES, size=who.size)
    ]
    table = pa.table(
        world.named(who) | {"OPLNIVSOI2016AGG4HBMETNIRWO": pa.array(level.tolist())}
    )
    faults = [Fault("unknown_code", 5, {"OPLNIVSOI2016AGG4HBMETNIRWO": ("7777",)})]
    return planted_sheet(world, EDUCATION, table, faults, rng, who)


def _households(world: World) -> Sheet:
    rng = stream(world.seed, world.part, "households_file")
    people, who = world.people, np.arange(world.people.size)
    kind = np.array(HOUSEHOLD_TYPES)[
        people.traits["norm"], rng.integers(2, size=who.size)
    ]
    since = shifted(people.benefit_start, -rng.integers(30, 2000, size=who.size))
    table = pa.table(
        world.named(who)
        | {
            "DATUMAANVANGHH": cells.compact_dates(since),
            "DATUMEINDEHH": cells.codes(np.zeros_like(who), ("99991231",)),
            "TYPHH": pa.array(kind.tolist()),
        }
    )
    faults = [Fault("unreadable_date", 4, {"DATUMAANVANGHH": ("20180230", "?")})]
    return planted_sheet(world, HOUSEHOLDS, table, faults, rng, who)


def planted_sheet(
    world: World,
    place: tuple[str, str],
    table: pa.Table,
    faults: list[Fault],
    rng: np.random.Generator,
    who: np.ndarray,
) -> Sheet:
    """Plant faults in rows about persons of whom no published figure speaks.

    Args:
        world: One part of the twin.
        place: Folder and name of the file.
        table: Its sound rows.
        faults: What to plant.
        rng: Random numbers.
        who: Person of each row.

    Returns:
        The sheet.
    """
    folder, name = place
    rows = world.harmless(who)
    full, planted = plant(
        table,
        faults,
        rng=rng,
        harmless=rows,
        file=f"{folder}/{name}",
        copied=rows,
    )
    return Sheet(folder, name, full, tuple(full.column_names), faults=tuple(planted))
