"""Stretches of days, and how a day that lies in several of them counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def keep_days_within(stretches: DataFrame, *, first: str, last: str) -> DataFrame:
    """Cut stretches to the days that count; those with no such day leave.

    Args:
        stretches: Rows with `start_date` and `end_date`, both included.
        first: Column with the first day that counts.
        last: Column with the last day that counts, included.

    Returns:
        The same columns, `start_date` and `end_date` within the two.
    """
    return (
        stretches.withColumn("start_date", F.greatest("start_date", first))
        .withColumn("end_date", F.least("end_date", last))
        .where(F.col("start_date") <= F.col("end_date"))
    )


def drop_repeated_days(stretches: DataFrame, *, by: tuple[str, ...]) -> DataFrame:
    """Leave each day in one stretch only, so that lengths can be added up.

    A stretch loses the days that an earlier one already holds, and leaves when it
    has no others.

    Args:
        stretches: Rows with `start_date` and `end_date`, both included.
        by: Columns within which a day counts once.

    Returns:
        The same columns; within `by`, no two stretches share a day, and together
        they hold the same days as before.
    """
    earlier = (
        Window.partitionBy(*by)
        .orderBy("start_date", "end_date")
        .rowsBetween(Window.unboundedPreceding, -1)
    )
    fresh = F.date_add(F.max("end_date").over(earlier), 1)
    return (
        stretches.withColumn("_fresh", fresh)
        .withColumn("start_date", F.greatest("start_date", "_fresh"))
        .where(F.col("start_date") <= F.col("end_date"))
        .drop("_fresh")
    )
