"""The register of benefit spells: an early delivery, and the one that replaces it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, NEVER, day, days
from rctspark.twin.ww.faults import Fault, PlantedFault, bsn_faults, plant
from rctspark.twin.ww.files import Sheet
from rctspark.twin.ww.persons import Role
from rctspark.twin.ww.streams import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.spells import Spells
    from rctspark.twin.ww.world import World

FOLDER = "ww_spells"
EARLY_UNTIL = day("2013-01-31")
EARLY_NAME = "SYNTHETIC ww_spells V1 until 2013-01-31 delivered 2013-02-15.csv"
FINAL_NAME = "SYNTHETIC ww_spells V2 until 2014-01-31 delivered 2014-02-14.csv"
OFFICE_CODES = (
    *("UTN", "RTA", "HRV", "MSL", "TWE", "MST"),
    *("AMS", "DHG", "GRO", "ZWO", "ARN", "EIN", "TIL", "BRE", "HAA", "LEL", "MID"),
    "VEN",
    "ALM",
)
MOVED_OFFICE, MOVED_TO = OFFICE_CODES.index("TWE"), OFFICE_CODES.index("ALM")
MOVED_ON = day("2012-10-01")
DESTINATION_CODES = (None, "WD", "WZ", "MD", "BS", "ZW", "IN", "OV")
YES_NO = ("N", "J")
SHARE_99991231 = 0.5
OVERLAPS = 40
OVERLAP_DAYS = 10
ROW_FAULTS = (
    Fault("equal_rows", 60),
    Fault("unreadable_date", 25, {"AANVANGSDATUM": ("20121340", "31022012", "1-2-12")}),
    Fault("end_before_start", 25, {"EINDDATUM": ("20091231", "20100704")}),
    Fault("unknown_code", 10, {"VESTIGING": ("XXX",)}),
    *bsn_faults("BSN", failing=30, zero=15, other=6),
)


def spell_sheets(world: World) -> Iterator[Sheet]:
    """Write the benefit spells as known at the end of January 2013 and 2014.

    Args:
        world: One part of the twin.

    Yields:
        Two sheets; the second holds the faults.
    """
    rng = stream(world.seed, world.part, "spells_file")
    yield spell_sheet(world, EARLY_NAME, until=EARLY_UNTIL, rng=rng)
    path = f"{FOLDER}/{FINAL_NAME}"
    spells = world.spells.taken(world.spells.start <= FOLLOW_UP_ENDS)
    harmless = np.flatnonzero(world.persons.role[spells.person] != Role.ENROLLED)
    table, planted = plant(
        _table(world, spells, until=FOLLOW_UP_ENDS, rng=rng),
        [*ROW_FAULTS],
        rng=rng,
        harmless=harmless,
        file=path,
    )
    overlapping = _overlapping(world, rng, spells)
    planted.append(PlantedFault(path, "overlaps_another", overlapping.size))
    extra = _table(world, overlapping, until=FOLLOW_UP_ENDS, rng=rng)
    yield Sheet(
        FOLDER,
        FINAL_NAME,
        pa.concat_tables([table, extra]),
        tuple(table.column_names),
        faults=tuple(planted),
    )


def spell_sheet(
    world: World, name: str, *, until: np.datetime64, rng: np.random.Generator
) -> Sheet:
    """Write the benefit spells as known on a day, without faults.

    Args:
        world: One part of the twin.
        name: Name of the file.
        until: The day.
        rng: Random numbers, for how cells are written.

    Returns:
        The sheet.
    """
    known = world.spells.taken(world.spells.start <= until)
    table = _table(world, known, until=until, rng=rng)
    return Sheet(FOLDER, name, table, tuple(table.column_names))


def _table(
    world: World, spells: Spells, *, until: np.datetime64, rng: np.random.Generator
) -> pa.Table:
    persons, schemes = world.persons, world.schemes
    who, main = spells.person, spells.is_main
    has_ended = spells.end <= until

    def since(when: Days) -> cells.Cells:
        known = main & (when[who] <= until)
        return cells.compact_dates(np.where(known, when[who], NEVER))

    def yes_no(flag: Bools) -> cells.Cells:
        return cells.codes((flag[who] & main).astype(np.int64), YES_NO)

    columns = {
        "BSN": cells.bsn(persons.bsn[who]),
        "UITKERING": cells.codes(np.zeros(spells.size, dtype=np.int64), ("WW",)),
        "VESTIGING": cells.some_lower(
            rng, cells.codes(office_on(persons.office[who], spells.start), OFFICE_CODES)
        ),
        "AANVANGSDATUM": cells.compact_dates(spells.start),
        "EINDDATUM": _ends(rng, spells.end, has_ended),
        "BESTEMMING": cells.only_where(
            has_ended, cells.codes(spells.destination, DESTINATION_CODES)
        ),
        "IND_WIA35MIN": cells.some_lower(rng, yes_no(schemes.wia_35_minus)),
        "NETWERKTRAINING_VANAF": since(schemes.network_training_from),
        "ESF_TRAJECT_VANAF": since(schemes.esf_track_from),
        "STARTPERIODE_VANAF": since(schemes.start_up_from),
        "IND_ONTSLAG_MSD": yes_no(schemes.dismissed_by_msd),
        "DEELHERVATTING_VANAF": since(schemes.partly_resumed_from),
    }
    return pa.table(columns)


def office_on(office: Ints, when: Days) -> Ints:
    """Return the code of an office on a day; one moved and got another code."""
    has_moved = (office == MOVED_OFFICE) & (when >= MOVED_ON)
    moved: Ints = np.where(has_moved, MOVED_TO, office)
    return moved


def _ends(rng: np.random.Generator, end: Days, has_ended: Bools) -> cells.Cells:
    """Write the last day; of what runs, 99991231 or nothing."""
    written = cells.compact_dates(np.where(has_ended, end, NEVER))
    says_forever = ~has_ended & (rng.random(end.size) < SHARE_99991231)
    return pa.compute.if_else(pa.array(says_forever), "99991231", written)


def _overlapping(world: World, rng: np.random.Generator, spells: Spells) -> Spells:
    """Return spells that overlap the only one of somebody at another office."""
    how_many = np.bincount(spells.person, minlength=world.persons.size)
    lasted = (spells.end - spells.start).astype(np.int64)
    fits = (
        (world.persons.role[spells.person] == Role.OTHER_OFFICE)
        & (how_many[spells.person] == 1)
        & (lasted > 2 * OVERLAP_DAYS)
        & (spells.end <= FOLLOW_UP_ENDS - days(OVERLAP_DAYS))
    )
    chosen = spells.taken(rng.permutation(np.flatnonzero(fits))[:OVERLAPS])
    return replace(
        chosen,
        start=chosen.start + days(OVERLAP_DAYS),
        end=chosen.end + days(OVERLAP_DAYS),
    )
