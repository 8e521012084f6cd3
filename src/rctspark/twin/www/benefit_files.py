"""Social assistance, with both partners in one row; and arrangements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import DAY, NEVER, day, shifted
from rctspark.twin.ww.faults import Fault, PlantedFault
from rctspark.twin.ww.files import Sheet
from rctspark.twin.www import targets as t
from rctspark.twin.www.people import NOBODY
from rctspark.twin.www.person_files import planted_sheet
from rctspark.twin.www.streams import stream
from rctspark.twin.www.world import NAMES_NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Days, Ints
    from rctspark.twin.www.world import World

BENEFITS = (
    "bijstand",
    ("SYNTHETIC BIJSTANDUITKERING2019TAB V1 until 20190930 20191101.csv"),
)
ARRANGEMENTS = (
    "arrangementen",
    ("SYNTHETIC arrangementen 2019 V1 until 20190930 20191105.csv"),
)
ORDINARY, OTHER = ("01", "13", "15", "16"), ("02", "03", "14", "20")
NORMS = ("A", "O", "G")
REASONS = ("11", "19", "32", "98")
COUPLES_TWICE = 25
MARCH = day("2019-03-01")
LONGEST = 4


def benefit_sheets(world: World) -> Iterator[Sheet]:
    """Write the benefits and the arrangements.

    Args:
        world: One part of the twin.

    Yields:
        Two sheets.
    """
    yield _benefits(world)
    yield _arrangements(world)


def _benefits(world: World) -> Sheet:
    rng = stream(world.seed, world.part, "benefits_file")
    people = world.people
    everyone = np.arange(people.size)
    # A couple has one row: that of the partner who stands first.
    who = everyone[(people.partner == NOBODY) | (everyone < people.partner)]
    partner = people.partner[who]
    table = _benefit_table(world, rng, who, partner)
    alone = who[partner == NOBODY]
    rows = np.flatnonzero(partner == NOBODY)
    # Two tables read each row; one about a single person costs two rejections.
    faults = [
        Fault(f.name, f.rows, f.cells, counts=2)
        for f in (
            *NAMES_NOBODY,
            Fault("equal_rows", 15),
            Fault("unknown_code", 5, {"UITKERINGSOORT": ("99",)}),
            Fault("end_before_start", 5, {"EINDE": ("19500101",)}),
        )
    ]
    single = planted_sheet(
        world, BENEFITS, table.take(pa.array(rows)), faults, rng, alone
    )
    couples = np.flatnonzero(partner != NOBODY)
    pairs = table.take(pa.array(couples))
    again = rng.permutation(couples.size)[:COUPLES_TWICE]
    turned = _turned(pairs.take(pa.array(again)))
    folder, name = BENEFITS
    twice = PlantedFault(f"{folder}/{name}", "partner_counted_twice", 4 * again.size)
    return Sheet(
        folder,
        name,
        pa.concat_tables([single.table, pairs, turned]),
        single.header,
        faults=(*single.faults, twice),
    )


def _benefit_table(
    world: World, rng: np.random.Generator, who: Ints, partner: Ints
) -> pa.Table:
    people = world.people
    has_partner = partner != NOBODY
    mates = world.named(np.where(has_partner, partner, 0))
    is_other = people.reason[who] == t.REASONS.index("REG")
    place = rng.integers(LONGEST, size=who.size)
    end = people.benefit_end[who]
    ended = ~np.isnat(end)
    runs = cells.codes(rng.integers(2, size=who.size), ("99991231", None))
    return pa.table(
        world.named(who)
        | {
            "RINPERSOONSPARTNER": cells.only_where(has_partner, mates["RINPERSOONS"]),
            "RINPERSOONPARTNER": cells.only_where(has_partner, mates["RINPERSOON"]),
            "GEMEENTE": cells.codes(people.site[who], ("0344", "0355")),
            "UITKERINGSOORT": pa.compute.if_else(
                pa.array(is_other),
                cells.codes(place, OTHER),
                cells.codes(place, ORDINARY),
            ),
            "AANVANG": cells.compact_dates(people.benefit_start[who]),
            "EINDE": pa.compute.if_else(
                pa.array(ended), cells.compact_dates(end), runs
            ),
            "NORM": cells.some_lower(
                rng, cells.codes(people.traits["norm"][who], NORMS)
            ),
            "REDENEINDE": cells.only_where(ended, cells.codes(place, REASONS)),
        }
    )


def _turned(couples: pa.Table) -> pa.Table:
    """Write couples with the other partner first, as a second file of theirs would."""
    names = list(couples.column_names)
    swapped = ["RINPERSOONSPARTNER", "RINPERSOONPARTNER", "RINPERSOONS", "RINPERSOON"]
    return couples.select(swapped + names[4:]).rename_columns(names)


def _arrangements(world: World) -> Sheet:
    rng = stream(world.seed, world.part, "arrangements_file")
    people = world.people
    who = np.arange(people.size)
    changed_on, after = _changes(rng, world)
    first = np.maximum(people.benefit_start, day("2016-01-04"))
    changes = np.flatnonzero(~np.isnat(changed_on))
    old_end = np.where(np.isnat(changed_on), NEVER, changed_on - DAY)
    person = np.concatenate([who, changes])
    place = np.concatenate([people.traits["arrangement"], after[changes]])
    start = np.concatenate([first, changed_on[changes]])
    end = np.concatenate([old_end, np.full(changes.size, NEVER)])
    table = pa.table(
        world.named(person)
        | {
            "ARRANGEMENT": cells.numbers(place + 1),
            "VAN": cells.compact_dates(start),
            "TOT": cells.compact_dates(end),
        }
    )
    faults = [*NAMES_NOBODY, Fault("unknown_code", 4, {"ARRANGEMENT": ("5", "0")})]
    return planted_sheet(world, ARRANGEMENTS, table, faults, rng, person)


def _changes(rng: np.random.Generator, world: World) -> tuple[Days, Ints]:
    """Move those of table 8, between the start and March 2019; nobody else."""
    people = world.people
    place = people.traits["arrangement"]
    on = np.full(people.size, NEVER)
    after = place.copy()
    stays = np.isnat(people.withdrawn) | (people.withdrawn >= MARCH)
    for number in range(len(t.ARMS)):
        enrolled = people.of_arm(number) & stays
        down = rng.permutation(np.flatnonzero(enrolled & (place < LONGEST - 1)))
        down = down[: t.CHANGED_DOWN[number]]
        can_rise = enrolled & (place > 0)
        can_rise[down] = False
        up = rng.permutation(np.flatnonzero(can_rise))[: t.CHANGED_UP[number]]
        for moved, step in ((down, 1), (up, -1)):
            after[moved] = place[moved] + step
            later = rng.integers(20, 260, size=moved.size)
            on[moved] = shifted(np.full(moved.size, day("2018-06-04")), later)
    return on, after
