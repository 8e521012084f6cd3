"""Earnings per person, job and period, from payroll and other sources."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.panel.dates import days_in, each_period, is_covered, last_day_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.panel.span import PanelSpan
    from rctspark.periods import Coverage

CONTRACTS = ("none", "not_applicable", "temporary", "permanent")
"""Kinds of contract; of several in one period, the last of this order stands."""

NEEDED = (
    "source",
    "person_id",
    "job_id",
    "start_date",
    "end_date",
    "wage_eur",
    "hours",
    "contract",
)


def expand_pay(
    payroll: DataFrame, spine: DataFrame, *, span: PanelSpan, coverage: Coverage
) -> DataFrame:
    """Turn rows of payroll into the periods that they touch.

    A row that crosses the end of a period is spread over the periods by calendar
    days. What has been paid up to a day is rounded to the cent, half away from zero,
    and a period gets the difference between its ends: so the pieces add up to the
    row exactly, and a correction cancels what it corrects, cent by cent.

    Money and hours are whole hundredths from here on: adding up `bigint` costs Spark
    much less than adding up decimals.

    Args:
        payroll: PAYROLL of one data version.
        spine: The persons, see `attach_span`.
        span: What the panel holds.
        coverage: Days that the register speaks for.

    Returns:
        One row per row of payroll and covered period: `person_id`, `period_start`,
        `job_id`, `wage_cents`, `hours_hundredths` (null: the source knows no hours),
        `contract_rank` (place in `CONTRACTS`) and `source_bit` (one bit per source
        of the span).
    """
    is_within = (F.col("end_date") >= F.col("first_day")) & (
        F.col("start_date") <= F.col("last_day")
    )
    paid = (
        payroll.select(*NEEDED)
        .where(F.col("source").isin(*span.earnings_sources))
        .join(F.broadcast(spine), on="person_id", how="inner")
        .where(is_within)
    )
    first = F.greatest("start_date", "first_day")
    last = F.least("end_date", "last_day")
    pieces = paid.withColumn(
        "period_start", F.explode(each_period(first, last, span.kind))
    ).where(is_covered(F.col("period_start"), span.kind, coverage))
    last_of_period = last_day_of(F.col("period_start"), span.kind)
    before = F.greatest(F.date_diff("period_start", "start_date"), F.lit(0))
    upto = days_in(F.col("start_date"), F.least(F.col("end_date"), last_of_period))
    return pieces.select(
        "person_id",
        "period_start",
        "job_id",
        _share(F.col("wage_eur"), before, upto).alias("wage_cents"),
        _share(F.col("hours"), before, upto).alias("hours_hundredths"),
        _contract_rank().alias("contract_rank"),
        _source_bit(span.earnings_sources).alias("source_bit"),
    )


def sums_of_pay() -> list[Column]:
    """List how the columns of pay add up, over rows of a job and over jobs alike."""
    return [
        F.sum("wage_cents").alias("wage_cents"),
        F.sum("hours_hundredths").alias("hours_hundredths"),
        F.max("contract_rank").alias("contract_rank"),
        F.bit_or("source_bit").alias("source_bit"),
    ]


def contract_of(rank: Column) -> Column:
    """Return the kind of contract that a rank stands for."""
    names = F.array(*[F.lit(name) for name in CONTRACTS])
    return F.get(names, rank)


def source_of(bits: Column, sources: tuple[str, ...]) -> Column:
    """Return the one source that bits stand for, or `several`."""
    start = F.when(bits.isNull(), F.lit(None).cast("string"))
    named = reduce(
        lambda chain, place: chain.when(bits == 1 << place[0], place[1]),
        enumerate(sources),
        start,
    )
    return named.otherwise("several")


def _share(amount: Column, before: Column, upto: Column) -> Column:
    """Return the hundredths of `amount` that fall on some of its row's days.

    Args:
        amount: Decimal with two digits.
        before: Days of the row before the piece.
        upto: Days of the row up to the end of the piece.
    """
    total = (amount * 100).cast("bigint")
    length = days_in(F.col("start_date"), F.col("end_date")).cast("bigint")
    is_whole = (upto - before) == length
    piece = _paid_upto(total, upto, length) - _paid_upto(total, before, length)
    return F.when(is_whole, total).otherwise(piece)


def _paid_upto(total: Column, days: Column, length: Column) -> Column:
    """Return `total * days / length`, rounded half away from zero, in integers."""
    doubled = F.abs(total) * days * 2 + length
    whole = F.call_function("div", doubled, length * 2)
    return F.when(total < 0, -whole).otherwise(whole)


def _contract_rank() -> Column:
    rank = F.when(F.col("contract") == "permanent", CONTRACTS.index("permanent"))
    rank = rank.when(F.col("contract") == "temporary", CONTRACTS.index("temporary"))
    return rank.otherwise(CONTRACTS.index("not_applicable"))


def _source_bit(sources: tuple[str, ...]) -> Column:
    first, *others = sources
    bit = F.when(F.col("source") == first, 1)
    for place, name in enumerate(others, start=1):
        bit = bit.when(F.col("source") == name, 1 << place)
    return bit.otherwise(0)
