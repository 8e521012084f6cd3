"""The WW registers, read row by row in plain Python: slow, and plainly right.

Knows nothing of the pipeline or of the twin: only what `inputs` says of the files.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pyarrow.parquet as pq

OFFICES = {
    "UTN": "office_1",
    "RTA": "office_2",
    "HRV": "office_3",
    "MSL": "office_4",
    "TWE": "office_5",
    "ALM": "office_5",
    "MST": "office_6",
}
OTHER_OFFICES = {
    *("AMS", "DHG", "GRO", "ZWO", "ARN", "EIN"),
    *("TIL", "BRE", "HAA", "LEL", "MID", "VEN"),
}
SEXES = {"M": "male", "V": "female", "O": "unknown"}
LIVING = {
    "A": "single_no_child",
    "E": "single_dependent_child",
    "S": "cohabiting",
    None: None,
}
INTERVIEWS = {"AFS": "individual", "WRK": "group", "ONB": "unclear"}


@dataclass
class Job:
    """One job of one person, its rows of payroll added up."""

    start: dt.date
    end: dt.date
    contract: str
    pay: float = 0.0
    hours: float = 0.0
    days: float = 0.0
    full_time_days: float = 0.0


@dataclass
class Person:
    """What the registers say of one person.

    `spells` holds (first day, last day or None, destination, office, traits);
    `contacts` holds (day, kind) of what took place.
    """

    bsn: str
    sex: str
    birth: dt.date | None
    living: str | None
    spells: list = field(default_factory=list)
    jobs: list = field(default_factory=list)
    contacts: list = field(default_factory=list)


def is_bsn(text):
    """Nine digits (or eight: a zero got lost) that pass the 11-test."""
    if not text or not text.isdigit() or len(text) not in (8, 9):
        return False
    digits = [int(d) for d in text.zfill(9)]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(w * d for w, d in zip(weights, digits, strict=True))
    return any(digits) and total % 11 == 0


def day(text):
    """A day from yyyymmdd; None: empty. Raises ValueError where there is none."""
    if not text:
        return None
    if len(text) != 8 or not text.isdigit():
        raise ValueError
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def amount(text):
    """A number with a decimal comma."""
    return float(text.replace(",", "."))


def rows(path, delimiter, of=None):
    """Rows of a csv file, names of columns in capitals; of wholly equal ones, one.

    The first column is the person; with `of`, rows of other persons are passed over.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        names = [name.upper() for name in next(reader)]
        mine = (tuple(r) for r in reader if of is None or r[0].zfill(9) in of)
        for cells in dict.fromkeys(mine):
            yield dict(zip(names, cells, strict=True))


def table_rows(path):
    """Rows of a Parquet file; of wholly equal ones, one."""
    columns = pq.read_table(path).to_pydict()
    for cells in dict.fromkeys(zip(*columns.values(), strict=True)):
        yield dict(zip(columns, cells, strict=True))


def newest(folder, period):
    """The file with the highest version of one period."""
    return max(p for p in folder.glob("SYNTHETIC*") if period in p.name)


def read_persons(deliveries):
    """Everyone in the register of persons, with spells and contacts.

    Args:
        deliveries: The folder of the deliveries.

    Returns:
        BSN to person; jobs come with `add_jobs`.
    """
    persons = _persons(deliveries / "persons")
    _add_spells(persons, deliveries / "ww_spells")
    _add_agenda(persons, deliveries / "agenda")
    _add_services(persons, deliveries / "services")
    return persons


def _persons(folder):
    found, seen = {}, Counter()
    for row in table_rows(newest(folder, "persons")):
        sex = (row["GESLACHT"] or "").upper()
        month = row["GEBOORTEMAAND"]
        if not is_bsn(row["BSN"]) or sex not in SEXES or not month.isdigit():
            continue
        seen[row["BSN"]] += 1
        living = row["LEEFSITUATIE"]
        found[row["BSN"]] = Person(
            row["BSN"], SEXES[sex], _birth(row), LIVING[living and living.upper()]
        )
    return {bsn: person for bsn, person in found.items() if seen[bsn] == 1}


def _birth(row):
    year, month, number = (row[f"GEBOORTE{part}"] for part in ("JAAR", "MAAND", "DAG"))
    if year == "0000":
        return None
    if month == "00":
        return dt.date(int(year), 7, 1)
    if number == "--":
        return dt.date(int(year), int(month), 15)
    return dt.date(int(year), int(month), int(number))


def _add_spells(persons, folder):
    sound = defaultdict(list)
    for row in rows(newest(folder, "V2"), ";"):
        office = row["VESTIGING"].upper()
        known = office in OFFICES or office in OTHER_OFFICES
        try:
            first = day(row["AANVANGSDATUM"])
            last = day(row["EINDDATUM"].replace("99991231", ""))
        except ValueError:
            continue
        if is_bsn(row["BSN"]) and known and (last is None or last >= first):
            sound[row["BSN"]].append((first, last, row["BESTEMMING"], office, row))
    for bsn, spells in sound.items():
        standing = []
        forever = dt.date.max
        for spell in sorted(
            spells, key=lambda s: (s[0], -(s[1] or forever).toordinal())
        ):
            first, last = spell[0], spell[1] or forever
            if all(last < s[0] or first > (s[1] or forever) for s in standing):
                standing.append(spell)
        if bsn in persons:
            persons[bsn].spells = standing


def _add_agenda(persons, folder):
    for row in table_rows(newest(folder, "agenda")):
        form, subject = row["SOORT"].upper(), row["ONDERWERP"].upper()
        took_place = row["STATUS"] == "U" and row["EINDREDEN"] != "NVGB"
        if not took_place or row["BSN"] not in persons or subject == "ZZZ":
            continue
        kind = "other"
        if subject == "PAW":
            kind = "suitable_work"
        elif subject == "EVG":
            kind = INTERVIEWS[form]
        elif (subject, form) == ("WSH", "WRK"):
            kind = "workshop"
        persons[row["BSN"]].contacts.append((row["DATUM"], kind))


def _add_services(persons, folder):
    kinds = {
        "CMT": "competence_test",
        "CCH": "other",
        "ZLF": "self_employment_preparation",
        "PRF": "trial_placement",
        "OVG": "other",
    }
    for row in rows(newest(folder, "services"), ","):
        service = row["DIENST"].upper()
        text = row["DATUM_AANVANG"]
        try:
            when = day(text[6:] + text[3:5] + text[:2])
        except ValueError:
            continue
        took_place = row["EINDREDEN"] in ("", "GES", "NGES")
        if took_place and service in kinds and row["BSN"] in persons:
            persons[row["BSN"]].contacts.append((when, kinds[service]))


def add_jobs(persons, folder):
    """Add rows of payroll up to jobs of these persons.

    A start that a delivery before 2013 cuts off at its year is not known from it.

    Args:
        persons: BSN to person.
        folder: The folder of the payroll register.
    """
    jobs = defaultdict(list)
    for period in ("2011 ", "2012 ", "2013 ", "2014-01"):
        last_day = dt.date(2014, 1, 31)
        if period != "2014-01":
            last_day = dt.date(int(period), 12, 31)
        for row in rows(newest(folder, f"SPOLISBUS {period}"), ";", persons):
            bsn = row["BSN"].zfill(9)
            try:
                entry = _statement(row, last_day)
            except ValueError:
                continue
            if entry:
                jobs[bsn, row["IKVID"]].append(entry)
    for (bsn, _), entries in jobs.items():
        newest_row = max(entries, key=lambda e: e["until"])
        job = Job(
            start=min(e["start"] for e in entries if e["start"] is not None)
            if any(e["start"] for e in entries)
            else dt.date(2011, 1, 1),
            end=newest_row["end"],
            contract=newest_row["contract"],
        )
        for entry in entries:
            job.pay += entry["pay"]
            job.hours += entry["hours"]
            job.days += entry["days"]
            job.full_time_days += entry["full_time_days"]
        persons[bsn].jobs.append(job)


def _statement(row, last_day):
    first, until = day(row["SDATUMAANVANGIKO"]), day(row["SDATUMEINDEIKO"])
    if until < first or row["SCONTRACTSOORT"].upper() not in "OBN":
        return None
    start, end = day(row["SDATUMAANVANGIKVORG"]), day(row["SDATUMEINDEIKV"])
    # Before 2013 a delivery gives 1 January for a job that is older.
    is_cut = last_day.year < 2013 and (start.month, start.day) == (1, 1)
    return {
        "until": until,
        "start": None if is_cut and last_day.year == 2011 else start,
        "end": end,
        "contract": row["SCONTRACTSOORT"].upper(),
        "pay": amount(row["SBASISLOON"]),
        "hours": amount(row["SBASISUREN"]),
        "days": amount(row["SBAANDAGEN"]),
        "full_time_days": amount(row["SVOLTIJDDAGEN"]),
    }
