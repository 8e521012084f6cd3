"""What the agency had delivered while the trial ran, for watching it then.

The final deliveries replace these; a chain that asks for what is known at the end
reads none of them, and they change no byte of the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from rctspark.twin.ww.calendar import day, days
from rctspark.twin.ww.contact_files import (
    AGENDA,
    SERVICES,
    STATUS_CODES,
    agenda_sheets,
    service_sheets,
)
from rctspark.twin.ww.contact_kinds import Outcome
from rctspark.twin.ww.files import DeliveryFolder, sum_by_register
from rctspark.twin.ww.identity import draw_bsn_pool
from rctspark.twin.ww.person_files import person_sheets
from rctspark.twin.ww.persons import PERSONS, Role
from rctspark.twin.ww.spell_files import EARLY_UNTIL, spell_sheet
from rctspark.twin.ww.streams import stream
from rctspark.twin.ww.world import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rctspark.twin.ww.calendar import Bools
    from rctspark.twin.ww.contact_kinds import Contacts
    from rctspark.twin.ww.files import Sheet
    from rctspark.twin.ww.world import World

KNOWN_UNTIL = ("2012-11-30", "2013-01-31", "2013-05-31", "2013-09-30")
"""Last days that the interim deliveries speak for; two weeks later they came."""
DELIVERED_AFTER = days(15)
PLANNED_AHEAD = days(14)
"""An agenda holds the appointments of the coming days, not yet held."""


def write_interim_registers(folder: Path, *, seed: int, scale: int) -> dict[str, int]:
    """Add what had been delivered on four earlier days to a delivery folder.

    Persons, benefit spells, agenda and services, as versions V01 to V04 (the spells
    known until 31 January 2013 are among the final deliveries). They hold no planted
    faults; the office lists are monthly anyway.

    Args:
        folder: Delivery folder of the twin of this seed and scale.
        seed: Seed of the twin.
        scale: Parts of the twin.

    Returns:
        Register to rows added.
    """
    pool = draw_bsn_pool(seed, persons=scale * PERSONS)
    with DeliveryFolder(folder) as deliveries:
        for part in range(scale):
            for sheet in interim_sheets(make_world(seed, part, pool)):
                deliveries.add(sheet)
    return sum_by_register(deliveries.rows.items())


def interim_sheets(world: World) -> Iterator[Sheet]:
    """Cut what was known on each day out of one part.

    Args:
        world: One part of the twin.

    Yields:
        Sheets of persons, spells, agenda and services, day by day.
    """
    (persons,), (agenda,) = person_sheets(world), agenda_sheets(world)
    (services,) = service_sheets(world)
    rng = stream(world.seed, world.part, "interim_files")
    for number, text in enumerate(KNOWN_UNTIL, start=1):
        until = day(text)
        version = f"V{number:02d}"
        delivered = f"delivered {until + DELIVERED_AFTER}"
        said = f"{version} until {until} {delivered}"
        yield _cut(
            persons,
            f"SYNTHETIC persons {version} {delivered}.parquet",
            _is_known(world, until),
        )
        if until != EARLY_UNTIL:
            name = f"SYNTHETIC ww_spells {said}.csv"
            yield spell_sheet(world, name, until=until, rng=rng)
        yield _agenda(agenda, world.agenda, f"SYNTHETIC {AGENDA} {said}.parquet", until)
        yield _cut(
            services,
            f"SYNTHETIC {SERVICES} {said}.csv",
            world.services.date <= until,
        )


def _is_known(world: World, until: np.datetime64) -> Bools:
    """Say of everyone in the register of persons whether a benefit had begun."""
    has_begun = np.zeros(world.persons.size, dtype=np.bool_)
    has_begun[world.spells.person[world.spells.start <= until]] = True
    known: Bools = has_begun[world.persons.role != Role.PAYROLL_ONLY]
    return known


def _agenda(sheet: Sheet, contacts: Contacts, name: str, until: np.datetime64) -> Sheet:
    """Cut the agenda: what lies ahead is planned, whatever became of it later."""
    kept = contacts.date <= until + PLANNED_AHEAD
    cut = _cut(sheet, name, kept)
    is_ahead = pa.array(contacts.date[kept] > until)
    table = cut.table
    no_text = pa.scalar(None, pa.string())
    for column, text in (
        ("STATUS", pa.scalar(STATUS_CODES[Outcome.PLANNED])),
        ("EINDREDEN", no_text),
    ):
        place = table.schema.get_field_index(column)
        cells: Any = pa.compute.if_else(is_ahead, text, table[column].combine_chunks())
        table = table.set_column(place, table.schema.field(column), cells)
    return replace(cut, table=table)


def _cut(sheet: Sheet, name: str, kept: Bools) -> Sheet:
    """Keep some of a sheet's sound rows, which stand before the planted ones."""
    table = sheet.table.slice(0, kept.size).filter(pa.array(kept))
    return replace(sheet, name=name, table=table, faults=())
