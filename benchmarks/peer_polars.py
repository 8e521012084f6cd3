"""The panel in polars' streaming engine: the same definitions, in its own idiom."""

from __future__ import annotations

import sys
from datetime import date

import polars as pl

from measuring import Runs

KEY = ["person_id", "month"]


def spine_of(persons: str, first: int, last: int) -> pl.LazyFrame:
    """Give every person the days between which the panel looks."""
    origin = pl.col("origin_date").dt.truncate("1mo")
    return pl.scan_parquet(f"{persons}/population.parquet").select(
        "person_id",
        origin_period=origin,
        first_day=origin.dt.offset_by(f"{first}mo"),
        last_day=origin.dt.offset_by(f"{last}mo").dt.month_end(),
    )


def months_of(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """List the months that a stretch touches."""
    first = start.dt.truncate("1mo")
    return pl.date_ranges(first, end, "1mo")


def paid(total: pl.Expr, days: pl.Expr, n: pl.Expr) -> pl.Expr:
    """Return what has been paid up to a day, rounded half away from zero."""
    return total.sign() * ((2 * total.abs() * days + n) // (2 * n))


def pay_of(payroll: str, spine: pl.LazyFrame) -> pl.LazyFrame:
    """Sum pay per person and month."""
    start, end = pl.col("start_date"), pl.col("end_date")
    rank = (
        pl.when(pl.col("contract") == "permanent")
        .then(3)
        .when(pl.col("contract") == "temporary")
        .then(2)
        .otherwise(1)
    )
    rows = (
        pl.scan_parquet(f"{payroll}/*/*.parquet", hive_partitioning=False)
        .filter(pl.col("source") == "payroll")
        .select(
            "person_id",
            "job_id",
            "start_date",
            "end_date",
            cents=(pl.col("wage_eur") * 100).cast(pl.Int64),
            hundredths=(pl.col("hours") * 100).cast(pl.Int64),
            rank=rank.cast(pl.Int8),
        )
        .join(spine, on="person_id", how="inner")
        .filter((end >= pl.col("first_day")) & (start <= pl.col("last_day")))
        .with_columns(
            s=pl.max_horizontal("start_date", "first_day"),
            e=pl.min_horizontal("end_date", "last_day"),
        )
        .with_columns(month=months_of(pl.col("s"), pl.col("e")))
        .explode("month")
    )
    n = (end - start).dt.total_days() + 1
    a = pl.max_horizontal((pl.col("month") - start).dt.total_days(), pl.lit(0))
    until = pl.min_horizontal(end, pl.col("month").dt.month_end())
    b = (until - start).dt.total_days() + 1

    def share(name: str) -> pl.Expr:
        total = pl.col(name)
        piece = paid(total, pl.col("b"), pl.col("n")) - paid(
            total, pl.col("a"), pl.col("n")
        )
        whole = pl.col("b") - pl.col("a") == pl.col("n")
        return pl.when(whole).then(total).otherwise(piece).alias(name)

    pieces = rows.with_columns(a=a, b=b, n=n).select(
        *KEY, "job_id", "rank", share("cents"), share("hundredths")
    )
    sums = [
        pl.col("rank").max(),
        pl.col("cents").sum(),
        # The sum of nothing but nulls is unknown, not nought.
        pl.col("hundredths").sum(),
        pl.col("known").sum(),
    ]
    known = pl.col("hundredths").is_not_null().cast(pl.Int32).alias("known")
    jobs = pieces.with_columns(known).group_by(*KEY, "job_id").agg(*sums)
    return jobs.group_by(KEY).agg(pl.len().alias("jobs"), *sums)


def benefit_of(persons: str, spine: pl.LazyFrame, known: date) -> pl.LazyFrame:
    """Count days on benefit per person and month; a day counts once."""
    before = pl.col("e").shift(1).cum_max().over("person_id", order_by=["s", "e"])
    spells = (
        pl.scan_parquet(f"{persons}/benefit_spells.parquet")
        .filter(pl.col("benefit") == "WW")
        .join(spine, on="person_id", how="inner")
        .select(
            "person_id",
            s=pl.max_horizontal("start_date", "first_day"),
            e=pl.min_horizontal(pl.col("end_date").fill_null(known), "last_day"),
        )
        .filter(pl.col("s") <= pl.col("e"))
        .with_columns(s=pl.max_horizontal("s", before.dt.offset_by("1d")))
        .filter(pl.col("s") <= pl.col("e"))
        .with_columns(month=months_of(pl.col("s"), pl.col("e")))
        .explode("month")
    )
    end = pl.min_horizontal("e", pl.col("month").dt.month_end())
    days = (end - pl.max_horizontal("s", "month")).dt.total_days() + 1
    return spells.group_by(KEY).agg(
        benefit_days=days.sum(),
        is_in_benefit=(pl.col("e") >= pl.col("month").dt.month_end()).any(),
    )


def contacts_of(persons: str, spine: pl.LazyFrame) -> pl.LazyFrame:
    """Count contacts that took place, by kind."""
    day = pl.col("contact_date")
    return (
        pl.scan_parquet(f"{persons}/contacts.parquet")
        .filter(pl.col("status") == "held")
        .join(spine, on="person_id", how="inner")
        .filter((day >= pl.col("first_day")) & (day <= pl.col("last_day")))
        .group_by("person_id", "kind", month=day.dt.truncate("1mo"))
        .agg(n=pl.len())
        .group_by(KEY)
        .agg(contacts=pl.struct("kind", "n"))
    )


def panel(
    payroll: str, persons: str, first: int, last: int, known: date
) -> pl.LazyFrame:
    """Make the sparse panel."""
    spine = spine_of(persons, first, last)
    joined = pay_of(payroll, spine)
    for other in (benefit_of(persons, spine, known), contacts_of(persons, spine)):
        joined = joined.join(other, on=KEY, how="full", coalesce=True)
    month, origin = pl.col("month"), pl.col("origin_period")
    years = month.dt.year() - origin.dt.year()
    hours = pl.when(pl.col("known") > 0).then(pl.col("hundredths"))
    paid_hours = pl.when(pl.col("jobs").is_null()).then(0).otherwise(hours)
    contract = (
        pl.col("rank")
        .fill_null(0)
        .replace_strict(
            {0: "none", 1: "not_applicable", 2: "temporary", 3: "permanent"},
            return_dtype=pl.String,
        )
    )
    source = pl.when(pl.col("jobs").is_null()).then(pl.lit("none"))
    return joined.join(spine, on="person_id", how="inner").select(
        "person_id",
        period_start=month,
        horizon=years * 12 + month.dt.month() - origin.dt.month(),
        benefit_days=pl.col("benefit_days").fill_null(0).cast(pl.Int32),
        is_in_benefit=pl.col("is_in_benefit").fill_null(value=False),
        jobs=pl.col("jobs").fill_null(0).cast(pl.Int32),
        wage_eur=hundredth(pl.col("cents").fill_null(0), 14),
        hours=hundredth(paid_hours, 12),
        contract=contract,
        earnings_source=source.otherwise(pl.lit("payroll")),
        contacts="contacts",
    )


def hundredth(amount: pl.Expr, digits: int) -> pl.Expr:
    """Turn whole hundredths into a decimal."""
    return (amount.cast(pl.Decimal(18, 2)) / 100).cast(pl.Decimal(digits, 2))


def main() -> None:
    """Make the panel twice: `peer_polars.py <payroll> <persons> <out> ...`."""
    payroll, persons, out = sys.argv[1:4]
    first, last, known = int(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
    runs = Runs()
    for _ in range(int(sys.argv[7])):
        with runs.one():
            made = panel(payroll, persons, first, last, date.fromisoformat(known))
            made.sink_parquet(out, engine="streaming")
    runs.report()


if __name__ == "__main__":
    main()
