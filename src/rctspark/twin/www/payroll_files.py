"""The payroll register in the layout of SPOLISBUS, with the traps that it has."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.calendar import DAY, day, first_of
from rctspark.twin.ww.faults import Fault
from rctspark.twin.www.person_files import planted_sheet
from rctspark.twin.www.streams import stream
from rctspark.twin.www.work import FIRST_MONTH, PERMANENT, TEMPORARY
from rctspark.twin.www.world import NAMES_NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.files import Sheet
    from rctspark.twin.www.world import World

FOLDER = "spolisbus"
FOUR_WEEKS, FIRST_PERIOD = 28, day("2015-12-28")
CONTRACTS = ("", "N", "B", "O")
JOB_KINDS, JOB_SHARES = ("9", "4", "5", "2", "1"), (0.7, 0.2, 0.08, 0.015, 0.005)
SHARE_FOUR_WEEKLY, SHARE_SECOND_JOB, SHARE_CORRECTED = 0.2, 0.06, 0.02
SHARE_LATER_CHANGED = 0.05
SHARE_MOVED = 0.02
"""Rows with another employer while the job stays."""
JOBS_PER_PART = 1_000_000
MONTH_HOURS = 17000
FULL_TIME = 100


@dataclass(frozen=True, slots=True)
class Extract:
    """One delivered file: its name, its days, and how its header is spelled."""

    name: str
    first: np.datetime64
    last: np.datetime64
    spelled: Callable[[str], str]
    is_definitive: bool = True


def _extract(
    year: int, version: str, until: str, delivered: str, spelled: Callable[[str], str]
) -> Extract:
    name = f"SYNTHETIC SPOLISBUS {year} {version} until {until} {delivered}.csv"
    last = day(f"{until[:4]}-{until[4:6]}-{until[6:]}")
    return Extract(name, day(f"{year}-01-01"), last, spelled, version == "V2")


EXTRACTS = (
    _extract(2016, "V2", "20161231", "20171002", str.upper),
    _extract(2017, "V2", "20171231", "20181001", str.lower),
    _extract(2018, "V2", "20181231", "20191001", str.capitalize),
    _extract(2019, "V109", "20190930", "20191220", str.upper),
    _extract(2019, "V2", "20191231", "20201001", str.upper),
)
"""The last one replaces the provisional one before it."""
FAULTS = (
    *NAMES_NOBODY,
    Fault("equal_rows", 20),
    Fault("unreadable_date", 6, {"SDATUMAANVANGIKO": ("20180231", "?")}),
    Fault("unreadable_amount", 6, {"SBASISLOON": ("12,34,5", "n.v.t.")}),
    Fault("end_before_start", 4, {"SDATUMEINDEIKO": ("20091231",)}),
    Fault("unknown_code", 4, {"SCONTRACTSOORT": ("X",)}),
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Income statements, one value per row in every field."""

    person: Ints
    job: Ints
    start: Days
    end: Days
    job_start: Days
    job_end: Days
    cents: Ints
    hours: Ints
    contract: Ints
    is_four_weekly: Bools
    kind: Ints

    def taken(self, rows: Ints | Bools) -> Rows:
        """Return some of the rows."""
        return Rows(*(getattr(self, f.name)[rows] for f in fields(self)))


def payroll_sheets(world: World) -> Iterator[Sheet]:
    """Write the income statements, year by year.

    Args:
        world: One part of the twin.

    Yields:
        A sheet per delivered file.
    """
    rng = stream(world.seed, world.part, "payroll_file")
    rows = _corrected(rng, _split(_months(rng, world)))
    for extract in EXTRACTS:
        inside = (rows.start >= extract.first) & (rows.start <= extract.last)
        mine = rows.taken(inside)
        if extract.is_definitive and extract.first >= day("2019-01-01"):
            changed = rng.random(mine.cents.size) < SHARE_LATER_CHANGED
            raised = np.where(changed, mine.cents * 21 // 20, mine.cents)
            mine = replace(mine, cents=raised)
        table = _table(world, rng, mine, extract)
        sheet = planted_sheet(
            world, (FOLDER, extract.name), table, [*FAULTS], rng, mine.person
        )
        yield replace(sheet, header=tuple(extract.spelled(n) for n in sheet.header))


def _months(rng: np.random.Generator, world: World) -> Rows:
    """Make one row per person, job and month."""
    work = world.work
    person, month = np.nonzero(work.cents)
    contract = work.contract[person, month]
    same = (person[1:] == person[:-1]) & (month[1:] == month[:-1] + 1)
    begins = np.concatenate([[True], ~(same & (contract[1:] == contract[:-1]))])
    job = np.cumsum(begins) - 1
    first, last = month[begins], month[np.concatenate([begins[1:], [True]])]
    start = (FIRST_MONTH + month).astype("datetime64[D]")
    next_month: Days = (FIRST_MONTH + month + 1).astype("datetime64[D]")
    end: Days = next_month - DAY
    jobs = first.size
    rows = Rows(
        person=person,
        job=job,
        start=start,
        end=end,
        job_start=(FIRST_MONTH + first).astype("datetime64[D]")[job],
        job_end=((FIRST_MONTH + last + 1).astype("datetime64[D]") - DAY)[job],
        cents=work.cents[person, month],
        hours=work.hours[person, month],
        contract=contract,
        is_four_weekly=(rng.random(jobs) < SHARE_FOUR_WEEKLY)[job],
        kind=rng.choice(len(JOB_KINDS), size=jobs, p=JOB_SHARES)[job],
    )
    has_second = (rng.random(jobs) < SHARE_SECOND_JOB)[job]
    return _with_second_jobs(rows, has_second, jobs)


def _with_second_jobs(rows: Rows, has_second: Bools, jobs: int) -> Rows:
    """Move part of some pay into a second job; the sum of both stays."""
    cents, hours = rows.cents * 3 // 10, rows.hours * 3 // 10
    main = replace(
        rows,
        cents=np.where(has_second, rows.cents - cents, rows.cents),
        hours=np.where(has_second, rows.hours - hours, rows.hours),
    )
    weaker = np.where(rows.contract == PERMANENT, TEMPORARY, rows.contract)
    second = replace(
        rows, cents=cents, hours=hours, contract=weaker, job=rows.job + jobs
    ).taken(has_second)
    return _joined(main, second)


def _joined(*parts: Rows) -> Rows:
    return Rows(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Rows))
    )


def _split(rows: Rows) -> Rows:
    """Cut the rows of four-weekly payrolls where a period of four weeks ends."""
    since = (rows.start - FIRST_PERIOD).astype(np.int64)
    next_period = rows.start + (FOUR_WEEKS - since % FOUR_WEEKS).astype(
        "timedelta64[D]"
    )
    cut = rows.is_four_weekly & (next_period <= rows.end)
    if not cut.any():
        return rows
    length = (rows.end - rows.start).astype(np.int64) + 1
    ahead = (next_period - rows.start).astype(np.int64)
    cents, hours = rows.cents * ahead // length, rows.hours * ahead // length
    before = replace(
        rows,
        end=np.where(cut, next_period - DAY, rows.end),
        cents=np.where(cut, cents, rows.cents),
        hours=np.where(cut, hours, rows.hours),
    )
    after = replace(
        rows, start=next_period, cents=rows.cents - cents, hours=rows.hours - hours
    ).taken(cut)
    return _joined(before, _split(after))


def _corrected(rng: np.random.Generator, rows: Rows) -> Rows:
    """Pay some too much, and take it back in a second row of the same period."""
    is_off = rng.random(rows.cents.size) < SHARE_CORRECTED
    too_much = np.where(is_off, rng.integers(2_000, 40_000, size=is_off.size), 0)
    paid = replace(rows, cents=rows.cents + too_much)
    back = replace(rows, cents=-too_much, hours=np.zeros_like(rows.hours)).taken(is_off)
    return _joined(paid, back)


def _table(
    world: World, rng: np.random.Generator, rows: Rows, extract: Extract
) -> pa.Table:
    n = rows.cents.size
    days = (rows.end - rows.start).astype(np.int64) + 1
    month = first_of((rows.start).astype("datetime64[M]") + 1) - first_of(
        rows.start.astype("datetime64[M]")
    )
    full = MONTH_HOURS * days // month.astype(np.int64)
    factor = np.minimum(rows.hours * FULL_TIME // np.maximum(full, 1), FULL_TIME)
    part_time = (factor < FULL_TIME).astype(np.int64)
    has_moved = rng.random(n) < SHARE_MOVED
    employer = (rows.job * 7919 + has_moved) % 90_000
    return pa.table(
        world.named(rows.person)
        | {
            "IKVID": cells.numbers((world.part + 1) * JOBS_PER_PART + rows.job),
            "SDATUMAANVANGIKO": cells.compact_dates(rows.start),
            "SDATUMEINDEIKO": cells.compact_dates(rows.end),
            "SDATUMAANVANGIKV": cells.compact_dates(
                np.maximum(rows.job_start, extract.first)
            ),
            "SDATUMEINDEIKV": cells.compact_dates(
                np.minimum(rows.job_end, day(f"{extract.first}"[:4] + "-12-31"))
            ),
            "SDATUMAANVANGIKVORG": cells.compact_dates(rows.job_start),
            "SBASISLOON": cells.with_comma(rows.cents),
            "SBASISUREN": cells.with_comma(rows.hours),
            "SCONTRACTSOORT": cells.some_lower(
                rng, cells.codes(rows.contract, CONTRACTS)
            ),
            "SPOLISDIENSTVERBAND": cells.codes(part_time, ("1", "2")),
            "SSOORTBAAN": cells.codes(rows.kind, JOB_KINDS),
            "SBAANDAGEN": cells.numbers(days),
            "SVOLTIJDDAGEN": cells.with_comma(days * factor),
            "STIJDVAKTYPE": cells.codes(
                rows.is_four_weekly.astype(np.int64), ("5", "1")
            ),
            "SBEID": cells.numbers(10_000 + employer),
        }
    )
