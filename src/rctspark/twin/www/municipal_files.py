"""Files of the municipalities: contacts, study administration, list of applicants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import NEVER, shifted
from rctspark.twin.ww.faults import Fault
from rctspark.twin.ww.files import Sheet
from rctspark.twin.www import targets as t
from rctspark.twin.www.people import COHABITING, DRAW, Stage
from rctspark.twin.www.person_files import planted_sheet
from rctspark.twin.www.streams import stream
from rctspark.twin.www.world import NAMES_NOBODY, yes_no

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Bools, Ints
    from rctspark.twin.www.world import World

STUDY = "studie", "SYNTHETIC studieadministratie 2020 V1 20200110.csv"
APPLICANTS = "aanmeldingen", "SYNTHETIC aanmeldingen 20180504.csv"
SITES = ("0344", "0355")
ARM_CODES = ("MWW", "ZIA", "HIA", "WL")
WITHDRAWALS = ("EIG", "VER", "ZKT", "AND", "UIT")
LEFT_BENEFIT = 4
MARGINS = {
    "GESLACHT": ("sex", ("man", "vrouw")),
    "LEEFTIJD": ("age", ("27-34", "35-44", "45-54", "55+")),
    "OPLEIDING": ("education", ("laag", "midden", "hoog", "onbekend")),
    "HERKOMST": ("background", ("geen", "westers", "niet-westers")),
}
"""Columns of the list of applicants that say what arms are like at the draw."""
KINDS = ("G", "B", "E", "T", "P")
IN_PERSON, REMOTE = (0.8, 0.2), (0.55, 0.3, 0.15)
FIRST, MONTHS = np.datetime64("2018-05", "M"), 17
"""Month 0; the contacts of table 7 are those of the 16 months after it."""
SHARE_BY_OTHERS = 0.25
CONTACTS_PER_PART = 1_000_000


def study_sheets(world: World) -> Iterator[Sheet]:
    """Write the study administration, and the list from which was drawn.

    Args:
        world: One part of the twin.

    Yields:
        Two sheets; no mapping reads the second: it is what a draw takes.
    """
    people, who = world.people, np.arange(world.people.size)
    rng = stream(world.seed, world.part, "study_file")
    drawn = people.stage == Stage.RANDOMISED
    stratum = np.where(people.is_late, "late", _strata(world))
    stratum = np.where(people.site == 1, "all", stratum)
    left = people.stage == Stage.LEFT
    why = np.where(left, LEFT_BENEFIT, rng.integers(LEFT_BENEFIT, size=who.size))
    withdrew = ~np.isnat(people.withdrawn)
    table = pa.table(
        world.named(who)
        | {
            "GEMEENTE": cells.codes(people.site, SITES),
            "REDENUITSLUITING": cells.codes(people.reason % 10, (*t.REASONS, None)),
            "REFERENTIE": yes_no(people.stage == Stage.REFERENCE),
            "UITNODIGING": cells.compact_dates(people.invited),
            "TOESTEMMING": cells.compact_dates(people.applied),
            "LOTING": cells.compact_dates(np.where(drawn, DRAW, NEVER)),
            "STRATUM": cells.only_where(drawn, pa.array(stratum.tolist())),
            "ARM": cells.codes(people.arm % 5, (*ARM_CODES, None)),
            "AFMELDING": cells.compact_dates(people.withdrawn),
            "REDENAFMELDING": cells.only_where(withdrew, cells.codes(why, WITHDRAWALS)),
        }
    )
    yield Sheet(*STUDY, table, tuple(table.column_names))
    yield _applicants(world, np.flatnonzero(drawn))


def _strata(world: World) -> np.ndarray:
    people = world.people
    living = np.where(people.traits["norm"] == COHABITING, "cohabiting ", "single ")
    return np.char.add(living, (people.traits["arrangement"] + 1).astype(str))


def _applicants(world: World, who: Ints) -> Sheet:
    people = world.people
    known = ~people.is_late[who]
    together = (people.traits["norm"][who] == COHABITING).astype(np.int64)
    living = cells.codes(together, ("single", "cohabiting"))
    arrangement = cells.numbers(people.traits["arrangement"][who] + 1)
    table = pa.table(
        world.named(who)
        | {
            "GEMEENTE": cells.codes(people.site[who], ("utrecht", "zeist")),
            "LEEFVORM": cells.only_where(known, living),
            "ARRANGEMENT": cells.only_where(known, arrangement),
            "LAAT": yes_no(~known),
            **{
                column: cells.codes(people.traits[subject][who], texts)
                for column, (subject, texts) in MARGINS.items()
            },
        }
    )
    return Sheet(*APPLICANTS, table, tuple(table.column_names))


def contact_sheets(world: World) -> Iterator[Sheet]:
    """Write the contacts, a file a month.

    Args:
        world: One part of the twin.

    Yields:
        Seventeen sheets, from month 0 to month 16.
    """
    rng = stream(world.seed, world.part, "contacts_file")
    person, kind, month, starter = _contacts(rng, world)
    number = world.part * CONTACTS_PER_PART + np.arange(1, person.size + 1)
    date = shifted(
        (FIRST + month).astype("datetime64[D]"), rng.integers(0, 28, size=person.size)
    )
    manager = cells.numbers(100 + rng.integers(40, size=person.size))
    for place in range(MONTHS):
        rows = np.flatnonzero(month == place)
        named = FIRST + place
        name = f"SYNTHETIC contacten {named} V1 {_delivered(named)}.csv"
        table = pa.table(
            world.named(person[rows])
            | {
                "CONTACTNR": cells.numbers(number[rows]),
                "DATUM": cells.compact_dates(date[rows]),
                "SOORT": cells.some_lower(rng, cells.codes(kind[rows], KINDS)),
                "INITIATIEF": cells.codes(starter[rows], ("G", "P", "O")),
                "CASEMANAGER": manager.take(pa.array(rows)),
            }
        )
        faults = [*NAMES_NOBODY, Fault("unknown_code", 2, {"SOORT": ("X",)})]
        yield planted_sheet(
            world, ("contacten", name), table, faults, rng, person[rows]
        )


def _delivered(month: np.datetime64) -> str:
    later = (month + 1).astype("datetime64[D]") + np.timedelta64(9, "D")
    return str(later).replace("-", "")


def _contacts(rng: np.random.Generator, world: World) -> tuple[Ints, Ints, Ints, Ints]:
    """Draw person, kind, month and starter of every contact."""
    people = world.people
    stays = np.isnat(people.withdrawn)
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []

    def add(
        who: Bools, total: int, kinds: Ints, months: tuple[int, int], by: int
    ) -> None:
        weights = rng.gamma(1.5, size=int(who.sum()))
        person = rng.choice(np.flatnonzero(who), size=total, p=weights / weights.sum())
        month = rng.integers(*months, size=total)
        parts.append((person, kinds, month, np.full(total, by)))

    def of(kinds: tuple[float, ...], first: int, total: int) -> Ints:
        return first + rng.choice(len(kinds), size=total, p=kinds)

    for number in range(len(t.ARMS)):
        in_arm = people.of_arm(number)
        enrolled = in_arm & stays
        for mean, kinds, first in (
            (t.CONTACTS_IN_PERSON[number], IN_PERSON, 0),
            (t.CONTACTS_REMOTE[number], REMOTE, len(IN_PERSON)),
        ):
            total = round(mean * int(enrolled.sum()))
            add(enrolled, total, of(kinds, first, total), (1, MONTHS), 0)
            before = round(total / (MONTHS - 1))
            add(in_arm, before, of(kinds, first, before), (0, 1), 0)
            theirs = round(SHARE_BY_OTHERS * total)
            add(in_arm, theirs, of(kinds, first, theirs), (0, MONTHS), 1)
        gone = in_arm & ~stays
        add(gone, 60, of(REMOTE, len(IN_PERSON), 60), (0, MONTHS), 0)
    rest = ~people.is_study & (people.stage != Stage.REFERENCE)
    add(rest, 4000, of(REMOTE, len(IN_PERSON), 4000), (0, MONTHS), 0)
    found = [np.concatenate(x) for x in zip(*parts, strict=True)]
    order = rng.permutation(found[0].size)
    return found[0][order], found[1][order], found[2][order], found[3][order]
