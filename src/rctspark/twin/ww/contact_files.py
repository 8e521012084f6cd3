"""The registers of contacts: the agenda in Parquet, the services tab as csv."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.contact_kinds import Service
from rctspark.twin.ww.faults import Fault, bsn_faults, plant
from rctspark.twin.ww.files import Sheet
from rctspark.twin.ww.persons import Role
from rctspark.twin.ww.spell_files import OFFICE_CODES, office_on
from rctspark.twin.ww.streams import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.world import World

AGENDA, SERVICES = "agenda", "services"
AGENDA_NAME = "SYNTHETIC agenda V1 until 2014-01-31 delivered 2014-02-14.parquet"
SERVICES_NAME = "SYNTHETIC services V1 until 2014-01-31 delivered 2014-02-14.csv"
FORM_CODES = ("AFS", "WRK", "ONB")
SUBJECT_CODES = ("EVG", "WSH", "PAW", "INT", "OVG")
STATUS_CODES = ("U", "A", "U", "P", "U", "U")
END_REASON_CODES = (None, None, "NVGB", None, "GES", "NGES")
STARTED_BY_CODES = ("U", "K", "D", None)
STARTED_BY_SHARES = (0.9, 0.06, 0.01, 0.03)
SERVICE_CODES = ("WSH", "CMT", "CCH", "ZLF", "PRF", "OVG")
WORKSHOP_KINDS = ("SOL", "NET", "ORI", None)
WORKSHOP_KIND_SHARES = (0.1, 0.08, 0.07, 0.75)
MOTIVATIONS = ("M1", "M2", "M3", None)
ROWS_PER_PART = 1_000_000
AGENDA_FAULTS = (
    Fault("equal_rows", 40),
    Fault("unknown_code", 10, {"ONDERWERP": ("ZZZ",)}),
    *bsn_faults("BSN", failing=15, zero=5, other=3),
)
SERVICE_FAULTS = (
    Fault("equal_rows", 20),
    Fault("unreadable_date", 15, {"DATUM_AANVANG": ("31-02-2013", "2013", "??")}),
    Fault("unknown_code", 5, {"EINDREDEN": ("QQ",)}),
    *bsn_faults("BSN", failing=8, zero=3, other=3),
)


def agenda_sheets(world: World) -> Iterator[Sheet]:
    """Write the appointments.

    Args:
        world: One part of the twin.

    Yields:
        One sheet.
    """
    rng = stream(world.seed, world.part, "agenda_file")
    agenda, n = world.agenda, world.agenda.size
    table = pa.table(
        {
            "BSN": cells.bsn(world.persons.bsn[agenda.person]),
            "AFSPRAAKNR": pa.array(world.part * ROWS_PER_PART + np.arange(1, n + 1)),
            "DATUM": pa.array(agenda.date),
            "VESTIGING": cells.codes(
                office_on(world.persons.office[agenda.person], agenda.date),
                OFFICE_CODES,
            ),
            "SOORT": cells.some_lower(rng, cells.codes(agenda.form, FORM_CODES)),
            "ONDERWERP": cells.some_lower(rng, cells.codes(agenda.what, SUBJECT_CODES)),
            "STATUS": cells.codes(agenda.outcome, STATUS_CODES),
            "EINDREDEN": cells.codes(agenda.outcome, END_REASON_CODES),
            "INITIATIEF": cells.codes(
                rng.choice(4, size=n, p=STARTED_BY_SHARES), STARTED_BY_CODES
            ),
        }
    )
    role = world.persons.role[agenda.person]
    table, planted = plant(
        table,
        [*AGENDA_FAULTS],
        rng=rng,
        harmless=np.flatnonzero(role != Role.ENROLLED),
        file=f"{AGENDA}/{AGENDA_NAME}",
    )
    header = tuple(table.column_names)
    yield Sheet(AGENDA, AGENDA_NAME, table, header, "", tuple(planted))


def service_sheets(world: World) -> Iterator[Sheet]:
    """Write the services; workshops stand in the agenda too.

    Args:
        world: One part of the twin.

    Yields:
        One sheet. Its faults are in rows of other services than workshops: a mapping
        that leaves workshops to the agenda never reads those.
    """
    rng = stream(world.seed, world.part, "services_file")
    services, n = world.services, world.services.size
    is_workshop = services.what == Service.WORKSHOP
    kinds = cells.codes(rng.choice(4, size=n, p=WORKSHOP_KIND_SHARES), WORKSHOP_KINDS)
    table = pa.table(
        {
            "BSN": cells.bsn(world.persons.bsn[services.person]),
            "DIENSTNR": cells.numbers(world.part * ROWS_PER_PART + np.arange(1, n + 1)),
            "DIENST": cells.some_lower(rng, cells.codes(services.what, SERVICE_CODES)),
            "SUBSOORT": cells.only_where(is_workshop, kinds),
            "MOTIVERING": cells.codes(rng.integers(4, size=n), MOTIVATIONS),
            "DATUM_AANVANG": cells.dutch_dates(services.date),
            "EINDREDEN": cells.codes(services.outcome, END_REASON_CODES),
        }
    )
    path = f"{SERVICES}/{SERVICES_NAME}"
    others = np.flatnonzero(~is_workshop)
    table, planted = plant(
        table, [*SERVICE_FAULTS], rng=rng, harmless=others, copied=others, file=path
    )
    yield Sheet(
        SERVICES,
        SERVICES_NAME,
        table,
        tuple(table.column_names),
        delimiter=",",
        faults=tuple(planted),
    )
