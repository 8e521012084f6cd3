"""Write the registers of the trial, and the truth apart from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.reintegration.people import (
    EFFECT,
    FOLLOW_UP_ENDS,
    NEVER,
    draw_people,
)
from rctspark.twin.ww.files import (
    LABEL,
    DeliveryFolder,
    Sheet,
    require_apart,
    sum_by_register,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rctspark.twin.reintegration.people import People

DELIVERED = "2017-02-01"
YEARS = (2015, 2016)
HOURS = "160"
SPELL = (
    *("BSN", "UITKERING", "VESTIGING", "AANVANGSDATUM", "EINDDATUM", "BESTEMMING"),
    *("IND_WIA35MIN", "NETWERKTRAINING_VANAF", "ESF_TRAJECT_VANAF"),
    *("STARTPERIODE_VANAF", "IND_ONTSLAG_MSD", "DEELHERVATTING_VANAF"),
)
PAY = (
    *("BSN", "IKVID", "SDATUMAANVANGIKO", "SDATUMEINDEIKO", "SDATUMAANVANGIKV"),
    *("SDATUMEINDEIKV", "SDATUMAANVANGIKVORG", "SBASISLOON", "SBASISUREN"),
    *("SCONTRACTSOORT", "SPOLISDIENSTVERBAND", "SSOORTBAAN", "SBAANDAGEN"),
    *("SVOLTIJDDAGEN", "STIJDVAKTYPE", "SBEID"),
)
PERSON = (
    *("BSN", "GESLACHT", "GEBOORTEJAAR", "GEBOORTEMAAND", "GEBOORTEDAG"),
    *("LEEFSITUATIE", "OPLEIDINGSNIVEAU", "HERKOMST", "SPREEKT_NEDERLANDS"),
)
LIST = ("BSN", "LIJSTDATUM", "KANTOOR", "ARM")


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: persons, those enrolled, rows by register."""

    persons: int
    enrolled: int
    rows_per_register: Mapping[str, int]


def write_registers(folder: Path, *, truth: Path, seed: int, scale: int) -> Summary:
    """Write made-up registers of a trial of 24 offices, and the truth apart.

    The same seed and scale give the same bytes.

    Args:
        folder: Delivery folder; gets a subfolder per register.
        truth: Folder for what the twin was built from; not inside `folder`.
        seed: Seed of all random numbers.
        scale: How many times as many clients an office has.

    Returns:
        What was written.

    Raises:
        ConfigError: The truth would lie among the deliveries.
    """
    require_apart(folder, truth)
    truth.mkdir(parents=True, exist_ok=True)
    people = draw_people(seed, scale=scale)
    with DeliveryFolder(folder) as deliveries:
        for sheet in sheets_of(people):
            deliveries.add(sheet)
    known = {
        "seed": seed,
        "log_hazard_ratio": EFFECT,
        "guided_offices": sorted({int(o) for o in people.office[people.is_guided]}),
        "persons": people.bsn.size,
    }
    (truth / "truth.json").write_text(json.dumps(known) + "\n", encoding="utf-8")
    return Summary(
        people.bsn.size, people.bsn.size, sum_by_register(deliveries.rows.items())
    )


def sheets_of(people: People) -> Iterator[Sheet]:
    """Write what happened as rows of the registers' files.

    Args:
        people: Everyone in the trial.

    Returns:
        The sheets, one register after another.
    """
    name = f"{LABEL} persons V1 delivered {DELIVERED}.parquet"
    yield _sheet("persons", name, PERSON, _person_rows(people), delimiter="")
    until = f"{FOLLOW_UP_ENDS} delivered {DELIVERED}"
    name = f"{LABEL} ww_spells V1 until {until}.csv"
    yield _sheet("ww_spells", name, SPELL, _spell_rows(people))
    day = DELIVERED.replace("-", "")
    for year in YEARS:
        name = f"{LABEL} SPOLISBUS {year} V100 {day}.csv"
        yield _sheet("payroll", name, PAY, _pay_rows(people, year))
    name = f"{LABEL} office_arms 2015 V1 delivered {day}.csv"
    yield _sheet("office_arms", name, LIST, _list_rows(people))


def office_code(office: int) -> str:
    """Return the code of an office, from its number."""
    return f"K{office + 1:02d}"


def _sheet(
    folder: str,
    name: str,
    header: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    *,
    delimiter: str = ";",
) -> Sheet:
    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    table = pa.table(
        {n: pa.array(c, pa.string()) for n, c in zip(header, columns, strict=True)}
    )
    return Sheet(folder, name, table, header, delimiter)


def _person_rows(people: People) -> list[tuple[str, ...]]:
    return [
        (f"{bsn:09d}", "V" if woman else "M", str(year), "06", "15", "A", "3", "N", "J")
        for bsn, woman, year in zip(
            people.bsn, people.is_woman, people.birth_year, strict=True
        )
    ]


def _spell_rows(people: People) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for i, bsn in enumerate(people.bsn):
        ended = people.end[i] != NEVER
        to = ("WD" if people.takes_job[i] else "MD") if ended else ""
        last = _day(people.end[i]) if ended else ""
        spell = (f"{bsn:09d}", "WW", "AMS", _day(people.start[i]), last, to)
        rows.append((*spell, "N", "", "", "", "N", ""))
    return rows


def _list_rows(people: People) -> list[tuple[str, ...]]:
    return [
        (f"{bsn:09d}", str(day), office_code(office), "G" if guided else "U")
        for bsn, day, office, guided in zip(
            people.bsn, people.listed, people.office, people.is_guided, strict=True
        )
    ]


def _pay_rows(people: People, year: int) -> list[tuple[str, ...]]:
    """Pay by calendar month: in the job before the benefit, and in the one after."""
    rows = []
    months = np.arange(f"{year}-01", f"{year + 1}-01", dtype="datetime64[M]")
    for i, bsn in enumerate(people.bsn):
        starts = people.start[i].astype("datetime64[M]")
        left = people.end[i].astype("datetime64[M]") if people.takes_job[i] else None
        for month in months:
            first = None
            if left is not None and month > left:
                first = (left + 1).astype("datetime64[D]")
            elif month >= starts:
                continue
            is_permanent = first is not None and people.has_contract[i]
            contract = "O" if is_permanent else "B"
            rows.append(
                _pay_row(bsn, i, month, int(people.wage_eur[i]), contract, first)
            )
    return rows


def _pay_row(
    bsn: int,
    place: int,
    month: np.datetime64,
    wage: int,
    contract: str,
    first: np.datetime64 | None,
) -> tuple[str, ...]:
    begins = month.astype("datetime64[D]")
    ends = (month + 1).astype("datetime64[D]") - 1
    year = month.astype("datetime64[Y]")
    job_begins = first if first is not None else np.datetime64("2012-01-01")
    in_year = max(job_begins, year.astype("datetime64[D]"))
    year_ends = (year + 1).astype("datetime64[D]") - 1
    job_ends = year_ends if first is not None else ends
    days = str(int((ends - begins).astype(int)) + 1)
    kind = "a" if first is None else "b"
    dates = (begins, ends, in_year, job_ends, job_begins)
    return (
        *(f"{bsn:09d}", f"{place}{kind}", *map(_day, dates)),
        *(f"{wage},00", HOURS, contract, "1", "9", days, days, "5", f"E{place % 97}"),
    )


def _day(day: np.datetime64) -> str:
    return str(day.astype("datetime64[D]")).replace("-", "")
