"""The panel job against DuckDB and polars, side by side.

See README.md in this folder for what is measured and how to run it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import duckdb

from measuring import Taken, measure

HERE = Path(__file__).resolve().parent
ENGINES = ("duckdb", "polars", "spark")
HEADER = (
    f"{'':8} {'cold s':>8} {'ratio':>6} {'cpu s':>8} {'ratio':>6} "
    f"{'warm s':>8} {'ratio':>6} {'cpu s':>8} {'ratio':>6} {'peak MB':>8}"
)
FIRST, LAST, KNOWN_UNTIL = "-12", "15", "2014-12-31"

# Rows that one table has and the other has not, each counted as often as it occurs.
# A map of contacts becomes text, because engines write maps in different ways.
ROWS = """
SELECT * EXCLUDE (contacts), {contacts} AS contacts FROM read_parquet('{path}')
"""
AS_TEXT = {
    "polars": "array_to_string(list_sort(list_transform(coalesce(contacts, []), "
    "lambda c: c.kind || ':' || c.n)), ',')",
    "map": "array_to_string(list_sort(list_transform(map_entries(contacts), "
    "lambda c: c.key || ':' || c.value)), ',')",
}
DIFFERENT = """
SELECT
    (SELECT count(*) FROM (FROM one EXCEPT ALL FROM other)),
    (SELECT count(*) FROM (FROM other EXCEPT ALL FROM one))
"""
SUMMARY = """
SELECT count(*), sum(hash(person_id, period_start, horizon, benefit_days,
        is_in_benefit, jobs, wage_eur, hours, contract, earnings_source, contacts)
        ::HUGEINT),
    sum(wage_eur), sum(hours), sum(benefit_days), sum(jobs)
FROM {table}
"""


def compare(one: tuple[str, str], other: tuple[str, str]) -> str:
    """Compare two tables row for row.

    Args:
        one: Engine and path (a pattern) of one table.
        other: Of the other.

    Returns:
        What was found, in words: rows and exact sums where they are equal.

    Raises:
        SystemExit: They differ.
    """
    connection = duckdb.connect()
    for name, (engine, path) in (("one", one), ("other", other)):
        text = AS_TEXT["polars" if engine == "polars" else "map"]
        rows = ROWS.format(contacts=text, path=path)
        connection.execute(f"CREATE VIEW {name} AS {rows}")
    # The sum of the rows' digests first: the difference itself is only for a failure.
    sums = [
        connection.execute(SUMMARY.format(table=name)).fetchone()
        for name in ("one", "other")
    ]
    if sums[0] != sums[1]:
        only = connection.execute(DIFFERENT).fetchone()
        raise SystemExit(f"{one[0]} and {other[0]} differ: {sums}, rows only in {only}")
    n, _, wage, hours, days, jobs = sums[0] or (0,) * 6
    return f"{n:,} equal rows; euro {wage}, hours {hours}, days {days}, jobs {jobs}"


def run(engine: str, args: argparse.Namespace) -> Taken:
    """Run one engine in a process of its own."""
    data = args.data / f"{args.rows}m"
    command = [
        sys.executable,
        str(HERE / f"peer_{engine}.py"),
        str(data / "payroll"),
        str(data / str(args.persons)),
        str(out_of(engine, args)),
        *(FIRST, LAST, KNOWN_UNTIL, str(args.runs)),
    ]
    if engine == "spark":
        conf = dict(pair.split("=", 1) for pair in args.conf)
        conf["spark.driver.memory"] = args.heap
        given = {"dense": args.dense, "conf": conf, "explain": args.explain}
        command.append(json.dumps(given))
    if engine == "duckdb":
        command.append(args.duckdb_memory)
    return measure(command)


def out_of(engine: str, args: argparse.Namespace) -> Path:
    """Return where an engine writes its table."""
    folder: Path = args.data / "out" / f"{args.rows}m-{args.persons}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / (engine if engine == "spark" else f"{engine}.parquet")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1, help="millions of rows")
    parser.add_argument("--persons", type=int, default=9237)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--heap", default="4g", help="of Spark's Java")
    parser.add_argument(
        "--duckdb-memory", default="", help="most that DuckDB may hold, as 4GB"
    )
    parser.add_argument("--conf", nargs="*", default=[], help="key=value, for Spark")
    parser.add_argument(
        "--runs", type=int, default=2, help="of each engine, in one process"
    )
    parser.add_argument("--dense", action="store_true", help="store every period")
    parser.add_argument("--explain", action="store_true", help="show Spark's plan")
    return parser.parse_args()


def main() -> None:
    """Run the engines one after another, compare their tables, print ratios."""
    args = parse()
    taken = {engine: run(engine, args) for engine in args.engines}
    print(f"{args.rows} million rows, {args.persons:,} persons")
    print(HEADER)
    first = taken[args.engines[0]]
    for engine, took in taken.items():
        figures = [
            (getattr(took, name), getattr(took, name) / getattr(first, name))
            for name in ("cold", "cold_cpu", "warm", "warm_cpu")
        ]
        cells = " ".join(f"{s:8.1f} {ratio:6.2f}" for s, ratio in figures)
        print(f"{engine:8} {cells} {took.peak_mb:8,.0f}")
    if args.dense:
        return
    paths = {
        e: f"{out_of(e, args)}/*.parquet" if e == "spark" else str(out_of(e, args))
        for e in args.engines
    }
    base = args.engines[0]
    for engine in args.engines[1:]:
        found = compare((base, paths[base]), (engine, paths[engine]))
        print(f"{engine} against {base}: {found}")


if __name__ == "__main__":
    main()
