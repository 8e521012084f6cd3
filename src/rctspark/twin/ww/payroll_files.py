"""The payroll register: one file a year, columns of SPOLISBUS, keyed by BSN."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import day, month_of
from rctspark.twin.ww.faults import Fault, bsn_faults, plant
from rctspark.twin.ww.files import Sheet
from rctspark.twin.ww.persons import Role
from rctspark.twin.ww.streams import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rctspark.twin.ww.calendar import Ints
    from rctspark.twin.ww.payroll import Statements
    from rctspark.twin.ww.world import World

FOLDER = "payroll"
COLUMNS = (
    "BSN",
    "IKVID",
    "SDATUMAANVANGIKO",
    "SDATUMEINDEIKO",
    "SDATUMAANVANGIKV",
    "SDATUMEINDEIKV",
    "SDATUMAANVANGIKVORG",
    "SBASISLOON",
    "SBASISUREN",
    "SCONTRACTSOORT",
    "SPOLISDIENSTVERBAND",
    "SSOORTBAAN",
    "SBAANDAGEN",
    "SVOLTIJDDAGEN",
    "STIJDVAKTYPE",
    "SBEID",
)
CONTRACT_CODES = ("O", "B", "N")
KIND_CODES = ("9", "4", "5", "2", "1")
PERIOD_CODES = ("5", "1")
FIRST_YEAR_UNCAPPED = 2013
JOBS_PER_PART = 10_000_000
SMALL_BSN = 100_000
FULL_TIME = 100


@dataclass(frozen=True, slots=True)
class Extract:
    """One delivered file.

    Attributes:
        name: Name of the file.
        first: First day of its period.
        last: Last day of its period.
        spelled: How its header writes the column names.
        is_provisional: Whether a later version replaces it.
    """

    name: str
    first: np.datetime64
    last: np.datetime64
    spelled: Callable[[str], str]
    is_provisional: bool = False


EXTRACTS = (
    Extract(
        "SYNTHETIC SPOLISBUS 2011 V1 20120615.csv",
        day("2011-01-01"),
        day("2011-12-31"),
        str.upper,
    ),
    Extract(
        "SYNTHETIC SPOLISBUS 2012 V1 20130614.csv",
        day("2012-01-01"),
        day("2012-12-31"),
        str.lower,
    ),
    Extract(
        "SYNTHETIC SPOLISBUS 2013 V1 20140120.csv",
        day("2013-01-01"),
        day("2013-12-31"),
        str.capitalize,
        is_provisional=True,
    ),
    Extract(
        "SYNTHETIC SPOLISBUS 2013 V2 20140314.csv",
        day("2013-01-01"),
        day("2013-12-31"),
        str.capitalize,
    ),
    Extract(
        "SYNTHETIC SPOLISBUS 2014-01 V1 20140314.csv",
        day("2014-01-01"),
        day("2014-01-31"),
        str.upper,
    ),
)
PROVISIONAL_MONTH_MISSING = 0.25
PROVISIONAL_PAY_OFF = 0.02
ROW_FAULTS = (
    Fault("equal_rows", 150),
    Fault("unreadable_date", 12, {"SDATUMAANVANGIKO": ("20130231", "2013-13", "?")}),
    Fault("unreadable_amount", 15, {"SBASISLOON": ("12,34,5", "n.v.t.", "EUR 10")}),
    Fault("end_before_start", 8, {"SDATUMEINDEIKO": ("20091231",)}),
    Fault("unknown_code", 8, {"SCONTRACTSOORT": ("X",)}),
    *bsn_faults("BSN", failing=20, zero=8, other=3),
)


def payroll_sheets(world: World) -> Iterator[Sheet]:
    """Write the income statements, year by year.

    Args:
        world: One part of the twin.

    Yields:
        A sheet per delivered file.
    """
    rng = stream(world.seed, world.part, "payroll_file")
    statements = world.statements
    for extract in EXTRACTS:
        inside = (statements.start >= extract.first) & (
            statements.start <= extract.last
        )
        rows = statements.taken(inside)
        if extract.is_provisional:
            rows = _provisional(rng, rows)
        role = world.persons.role[world.jobs.person[rows.job]]
        table, planted = plant(
            _table(world, rng, rows, extract),
            [*ROW_FAULTS],
            rng=rng,
            harmless=np.flatnonzero(role != Role.ENROLLED),
            file=f"{FOLDER}/{extract.name}",
        )
        header = tuple(extract.spelled(name) for name in COLUMNS)
        yield Sheet(FOLDER, extract.name, table, header, faults=tuple(planted))


def _provisional(rng: np.random.Generator, rows: Statements) -> Statements:
    """Return what was known early: the last month incomplete, some pay lower."""
    last_month = month_of(rows.start) == month_of(rows.start).max()
    missing = last_month & (rng.random(rows.size) < PROVISIONAL_MONTH_MISSING)
    is_off = ~rows.is_correction & (rng.random(rows.size) < PROVISIONAL_PAY_OFF)
    pay = np.where(is_off, rows.pay_cents * 9 // 10, rows.pay_cents)
    return replace(rows, pay_cents=pay).taken(~missing)


def _table(
    world: World, rng: np.random.Generator, rows: Statements, extract: Extract
) -> pa.Table:
    jobs = world.jobs
    start, end = jobs.start[rows.job], jobs.end[rows.job]
    part_time = jobs.part_time_pct[rows.job]
    four_weekly = jobs.is_four_weekly[rows.job].astype(np.int64)
    contract = cells.codes(jobs.contract[rows.job], CONTRACT_CODES)
    in_year = np.maximum(start, extract.first)
    # Before 2013 a delivery does not look back before its own year.
    looks_back = extract.first >= day(f"{FIRST_YEAR_UNCAPPED}-01-01")
    values = (
        _bsn(world.persons.bsn[jobs.person[rows.job]]),
        cells.numbers(world.part * JOBS_PER_PART + JOBS_PER_PART + rows.job),
        cells.compact_dates(rows.start),
        cells.compact_dates(rows.end),
        cells.compact_dates(in_year),
        cells.compact_dates(np.minimum(end, extract.last)),
        cells.compact_dates(start if looks_back else in_year),
        cells.with_comma(rows.pay_cents),
        cells.with_comma(rows.hours_hundredths),
        cells.some_lower(rng, contract),
        cells.codes((part_time < FULL_TIME).astype(np.int64), ("1", "2")),
        cells.codes(jobs.kind[rows.job], KIND_CODES),
        cells.numbers(rows.job_days),
        cells.with_comma(rows.full_time_hundredths),
        cells.codes(four_weekly, PERIOD_CODES),
        cells.numbers(jobs.employer[rows.job]),
    )
    return pa.table(dict(zip(COLUMNS, values, strict=True)))


def _bsn(values: Ints) -> cells.Cells:
    """Write BSNs; the small ones have lost a leading zero on the way."""
    is_small = pa.array(values < SMALL_BSN)
    return pa.compute.if_else(is_small, cells.bsn_short(values), cells.bsn(values))
