"""Which months the rows of a register lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def count_months(payroll: DataFrame) -> DataFrame:
    """Count the rows of payroll by delivery and the months in which they lie.

    Args:
        payroll: PAYROLL of one data version, of everybody.

    Returns:
        One row per `delivery_id`, `first_month` and `last_month` (their first days),
        with `rows`: the fields of `contracts.silence.HeldMonths`.
    """
    ends = {"first_month": "start_date", "last_month": "end_date"}
    months = [
        F.trunc(day, "month").cast("date").alias(name) for name, day in ends.items()
    ]
    return payroll.groupBy("delivery_id", *months).agg(F.count(F.lit(1)).alias("rows"))
