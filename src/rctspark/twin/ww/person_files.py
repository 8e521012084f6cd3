"""The register of persons: one Parquet file, all text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import day_number, month_number, year_of
from rctspark.twin.ww.faults import Fault, bsn_faults, plant
from rctspark.twin.ww.files import Sheet
from rctspark.twin.ww.persons import Living, Precision, Role
from rctspark.twin.ww.streams import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Bools, Ints
    from rctspark.twin.ww.world import World

FOLDER = "persons"
NAME = "SYNTHETIC persons V1 delivered 2014-02-14.parquet"
SEX_CODES = ("O", "M", "V")
LIVING_CODES = ("A", "E", "S", None)
EDUCATION_CODES = ("1", "2", "3", "4", "5", None)
EDUCATION_SHARES = (0.08, 0.22, 0.42, 0.18, 0.07, 0.03)
BACKGROUND_CODES = ("N", "W", "NW", None)
BACKGROUND_SHARES = (0.76, 0.09, 0.14, 0.01)
SPEAKS_CODES = ("N", "J")
ROW_FAULTS = (
    Fault("equal_rows", 20),
    Fault("unreadable_birth", 8, {"GEBOORTEMAAND": ("XX", "mrt")}),
    Fault("unknown_code", 5, {"GESLACHT": ("Q",)}),
    *bsn_faults("BSN", failing=12, zero=4, other=3),
)
CONTRADICTED = 5


def person_sheets(world: World) -> Iterator[Sheet]:
    """Write the persons who have or had a benefit.

    Args:
        world: One part of the twin.

    Yields:
        One sheet.
    """
    persons = world.persons
    rng = stream(world.seed, world.part, "persons_file")
    listed = persons.reordered(np.flatnonzero(persons.role != Role.PAYROLL_ONLY))
    n, birth = listed.size, listed.birth_date
    precision = listed.precision
    columns = {
        "BSN": cells.bsn(listed.bsn),
        "GESLACHT": cells.some_lower(rng, cells.codes(listed.sex, SEX_CODES)),
        "GEBOORTEJAAR": _or_unknown(
            precision < Precision.NOTHING, year_of(birth), 4, "0000"
        ),
        "GEBOORTEMAAND": _or_unknown(
            precision < Precision.YEAR, month_number(birth), 2, "00"
        ),
        "GEBOORTEDAG": _or_unknown(
            precision < Precision.MONTH, day_number(birth), 2, "--"
        ),
        "LEEFSITUATIE": cells.some_lower(rng, cells.codes(listed.living, LIVING_CODES)),
        "OPLEIDINGSNIVEAU": cells.codes(
            rng.choice(6, size=n, p=EDUCATION_SHARES), EDUCATION_CODES
        ),
        "HERKOMST": cells.codes(
            rng.choice(4, size=n, p=BACKGROUND_SHARES), BACKGROUND_CODES
        ),
        "SPREEKT_NEDERLANDS": cells.codes(
            listed.speaks_dutch.astype(np.int64), SPEAKS_CODES
        ),
    }
    path = f"{FOLDER}/{NAME}"
    harmless = np.flatnonzero(
        ~listed.is_enrolled & (listed.living == Living.COHABITING)
    )
    # Contradicted persons lose both rows: no other fault may copy one of those, and
    # nobody may be among them whose exclusion rests on the age that is lost.
    by_age = np.isin(listed.role, (Role.NETWORK_TRAINING, Role.ESF_TRACK))
    contradicted = harmless[5000:][~by_age[harmless[5000:]]]
    table, planted = plant(
        pa.table(columns), [*ROW_FAULTS], rng=rng, harmless=harmless[:5000], file=path
    )
    contradiction = Fault(
        "rows_contradict", CONTRADICTED, {"LEEFSITUATIE": ("A",)}, counts=2
    )
    table, more = plant(
        table, [contradiction], rng=rng, harmless=contradicted, file=path
    )
    yield Sheet(
        FOLDER, NAME, table, tuple(columns), delimiter="", faults=(*planted, *more)
    )


def _or_unknown(known: Bools, values: Ints, width: int, unknown: str) -> cells.Cells:
    written = cells.padded(np.where(known, values, 0), width)
    return pa.compute.if_else(pa.array(known), written, unknown)
