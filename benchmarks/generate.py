"""Make payroll, a population, benefit spells and contacts for measurements.

Every row is made up, a function of the seed and its number alone.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import duckdb

YEARS = (2011, 2012, 2013, 2014)
ROWS_PER_PERSON = 52
SLOTS = 13  # pay periods a year, at most
ROWS_PER_FILE = 4_000_000
FILLED = 0.2921  # share of jobs x years x slots in which the job pays
STRIDE = 2_654_435_761  # a prime: walks through all slots in scattered order
MILLION = 1_000_000

# Hashes of a number as numbers from 0 to 1, and the pseudonym of a person.
MACROS = """
CREATE MACRO chance(n, salt) AS
    (hash(n, salt, {seed}) % 1000003)::DOUBLE / 1000003;
CREATE MACRO pseudonym(n) AS (hash(n, {seed}) >> 1)::BIGINT;
CREATE MACRO person_of(job, persons) AS hash(job, 'person', {seed}) % persons;
"""

JOBS = """
CREATE TABLE jobs AS SELECT
    job,
    pseudonym(person_of(job, {persons})) AS person_id,
    (hash(job, 'job', {seed}) >> 1)::BIGINT AS job_id,
    DATE '2008-01-01' + (chance(job, 'start') * 2550)::INTEGER AS job_start,
    chance(job, 'weeks') < 0.2 AS is_four_weekly,
    chance(job, 'contract') AS contract,
    (80000 + chance(job, 'wage') * 320000)::INTEGER AS cents,
    chance(job, 'length') AS length
FROM range({jobs}) t(job)
"""

PAYROLL = """
SELECT
    'payroll' AS source,
    person_id,
    job_id,
    first AS start_date,
    last AS end_date,
    CASE WHEN chance(job, 'known') < 0.98 THEN job_start END AS job_start_date,
    false AS is_job_start_capped,
    CASE WHEN job_end < DATE '2014-12-31' THEN job_end END AS job_end_date,
    (CASE WHEN chance(q, 'correction') < 0.01 THEN -cents / 7 ELSE
        cents + (chance(q, 'wage') * 20000)::INTEGER END / 100)::DECIMAL(12, 2)
        AS wage_eur,
    CASE WHEN chance(job, 'hours') < 0.98 THEN
        (40 + chance(q, 'hours') * 120)::DECIMAL(10, 2) END AS hours,
    CASE WHEN contract < 0.55 THEN 'permanent' WHEN contract < 0.80 THEN 'temporary'
        WHEN contract < 0.95 THEN 'not_applicable' END AS contract,
    (last - first + 1)::DECIMAL(8, 2) AS job_days,
    ((last - first + 1) * chance(job, 'factor'))::DECIMAL(8, 2) AS full_time_days,
    CASE WHEN contract < 0.9 THEN 'ordinary' ELSE 'agency' END AS job_kind,
    CASE WHEN is_four_weekly THEN 'four_weekly' ELSE 'month' END AS period_kind
FROM (
    SELECT *,
        greatest(job_start, slot_start) AS first,
        least(job_end, slot_end) AS last
    FROM (
        SELECT *,
            CASE WHEN is_four_weekly THEN new_year + 28 * slot
                ELSE (new_year + to_months(slot))::DATE END AS slot_start,
            CASE WHEN is_four_weekly THEN new_year + 28 * slot + 27
                ELSE (new_year + to_months(slot + 1))::DATE - 1 END AS slot_end
        FROM (
            SELECT *, (q % {slots})::INTEGER AS slot, DATE '{year}-01-01' AS new_year,
                job_start + (-ln(length + 0.0001) * 900)::INTEGER AS job_end
            FROM (
                SELECT ((n::HUGEINT * {stride} + {year}) % ({jobs} * {slots}))::BIGINT
                    AS q
                FROM range({first}, {last}) t(n)
            ) JOIN jobs ON jobs.job = q // {slots}
        )
        WHERE is_four_weekly OR slot < 12
    )
)
WHERE first <= last
"""

POPULATION = """
SELECT pseudonym(n) AS person_id, 'utrecht' AS site,
    CASE WHEN chance(n, 'arm') < 0.5 THEN 'basic' ELSE 'intensive' END AS "group",
    true AS is_enrolled, origin AS origin_date, origin + 91 AS enrolment_date,
    NULL::DATE AS invitation_date, origin AS benefit_start_date,
    NULL::VARCHAR AS stratum, DATE '2014-01-31' AS observed_until
FROM (SELECT n, DATE '2012-04-23' + (chance(n, 'origin') * 252)::INTEGER AS origin
      FROM range({n}) t(n))
"""

SPELLS = """
SELECT 'spells-1' AS delivery_id, pseudonym(n) AS person_id, 'WW' AS benefit,
    start AS start_date,
    CASE WHEN start + length <= DATE '2014-03-31' THEN start + length END AS end_date,
    'utrecht' AS office, 'work' AS exit_destination,
    MAP {{}}::MAP(VARCHAR, VARCHAR) AS traits
FROM (
    SELECT n, start + 500 * k::INTEGER AS start,
        least(-ln(chance(n, k) + 0.0001) * 250, 450)::INTEGER AS length
    FROM (SELECT n, k, DATE '2012-04-23' + (chance(n, 'origin') * 252)::INTEGER AS start
          FROM range({others}) t(n), range(2) u(k))
    WHERE k = 0 OR chance(n, 'again') < 0.3
)
WHERE start <= DATE '2014-03-31'
"""

CONTACTS = """
SELECT 'contacts-1' AS delivery_id, pseudonym(n) AS person_id,
    (hash(n, k) >> 1)::BIGINT AS contact_id,
    DATE '2012-04-23' + (chance(n, k) * 700)::INTEGER AS contact_date,
    ['interview', 'workshop', 'letter'][1 + k % 3] AS kind,
    CASE WHEN chance(n, k + 20) < 0.9 THEN 'held' ELSE 'no_show' END AS status,
    'authority' AS started_by, MAP {{}}::MAP(VARCHAR, VARCHAR) AS traits
FROM range({n}) t(n), range(8) u(k)
WHERE chance(n, k + 40) < 0.7
"""


def connect(seed: int) -> duckdb.DuckDBPyConnection:
    """Return a connection that knows the macros of this seed."""
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(MACROS.format(seed=seed))
    return connection


def persons_of(rows: int) -> int:
    """Return how many persons so many rows of payroll belong to."""
    return rows // ROWS_PER_PERSON


def jobs_of(rows: int) -> int:
    """Return how many jobs give about so many rows."""
    return int(rows / (len(YEARS) * SLOTS * FILLED))


def write_payroll(folder: Path, *, rows: int, seed: int) -> None:
    """Write payroll, one folder per delivery, its rows in no order.

    Args:
        folder: Where; one folder `delivery_id=<name>` for each year is made in it.
        rows: About how many.
        seed: Of everything that looks random.
    """
    connection = connect(seed)
    jobs = jobs_of(rows)
    persons = persons_of(rows)
    connection.execute(JOBS.format(jobs=jobs, persons=persons, seed=seed))
    step = ROWS_PER_FILE
    for year in YEARS:
        part = folder / f"delivery_id=payroll-{year}"
        part.mkdir(parents=True)
        for number, first in enumerate(range(0, jobs * SLOTS, step)):
            last = min(first + step, jobs * SLOTS)
            query = PAYROLL.format(
                jobs=jobs, slots=SLOTS, year=year, first=first, last=last, stride=STRIDE
            )
            copy(connection, query, part / f"part-{number:04}.parquet")


def write_persons(folder: Path, *, rows: int, persons: int, seed: int) -> None:
    """Write a population, its spells among those of others, and its contacts.

    Args:
        folder: Where.
        rows: Rows of the payroll that it goes with.
        persons: Persons in the population.
        seed: As for the payroll.
    """
    known = persons_of(rows)
    if persons > known:
        raise SystemExit(f"{rows} rows of payroll have no more than {known} persons.")
    folder.mkdir(parents=True)
    connection = connect(seed)
    others = min(known, 3 * persons)
    for name, query in (
        ("population", POPULATION),
        ("benefit_spells", SPELLS),
        ("contacts", CONTACTS),
    ):
        made = query.format(n=persons, others=others)
        copy(connection, made, folder / f"{name}.parquet")


def copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query to one Parquet file."""
    connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def main() -> None:
    """Write what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, required=True, help="folder for the data")
    parser.add_argument(
        "--rows", type=int, default=1, help="millions of rows: 1, 10, 40, 160"
    )
    parser.add_argument("--persons", type=int, nargs="*", default=[9237])
    parser.add_argument("--seed", type=int, default=20120723)
    args = parser.parse_args()
    rows = args.rows * MILLION
    folder = args.into / f"{args.rows}m"
    began = time.monotonic()
    if not (folder / "payroll").exists():
        write_payroll(folder / "payroll", rows=rows, seed=args.seed)
    for persons in args.persons:
        if not (folder / str(persons)).exists():
            write_persons(
                folder / str(persons), rows=rows, persons=persons, seed=args.seed
            )
    print(f"{folder}: {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
