"""The weekly lists for the offices, bundled by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import first_of, month_of
from rctspark.twin.ww.faults import Fault, bsn_faults, plant
from rctspark.twin.ww.files import Sheet
from rctspark.twin.ww.persons import Role
from rctspark.twin.ww.spell_files import OFFICE_CODES, office_on
from rctspark.twin.ww.streams import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Ints
    from rctspark.twin.ww.world import World

FOLDER = "office_lists"
NAME = "SYNTHETIC_office_lists_{month}_V1_delivered_{delivered}.csv"
ARM_CODES = ("B", "I")
ROW_FAULTS = (
    Fault("equal_rows", 3),
    Fault("unreadable_date", 2, {"LIJSTDATUM": ("2012-13-01", "week 34")}),
    Fault("unknown_code", 1, {"ARM": ("X",)}),
    *bsn_faults("BSN", failing=2, zero=1, other=1),
)


def list_sheets(world: World) -> Iterator[Sheet]:
    """Write the lists, month by month.

    Args:
        world: One part of the twin.

    Yields:
        A sheet per month in which lists went out.
    """
    rng = stream(world.seed, world.part, "lists_file")
    months = month_of(world.listings.listed_on)
    for month in np.unique(months):
        delivered = str(first_of(month + 1)).replace("-", "")
        name = NAME.format(month=month, delivered=delivered)
        rows = np.flatnonzero(months == month)
        role = world.persons.role[world.listings.person[rows]]
        table, planted = plant(
            _table(world, rng, rows),
            [*ROW_FAULTS],
            rng=rng,
            harmless=np.flatnonzero(role != Role.ENROLLED),
            file=f"{FOLDER}/{name}",
        )
        header = tuple(table.column_names)
        yield Sheet(FOLDER, name, table, header, faults=tuple(planted))


def _table(world: World, rng: np.random.Generator, rows: Ints) -> pa.Table:
    lists = world.listings
    who = lists.person[rows]
    arm = cells.codes(lists.is_intensive[rows].astype(np.int64), ARM_CODES)
    return pa.table(
        {
            "BSN": cells.bsn(world.persons.bsn[who]),
            "LIJSTDATUM": cells.iso_dates(lists.listed_on[rows]),
            "VESTIGING": cells.codes(
                office_on(world.persons.office[who], lists.listed_on[rows]),
                OFFICE_CODES,
            ),
            "WEEK_WW": cells.numbers(np.full(rows.size, 10)),
            "ARM": cells.some_lower(rng, arm),
        }
    )
