"""Days on benefit per person and period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.panel.dates import days_in, each_period, is_covered, last_day_of
from rctspark.panel.stretches import drop_repeated_days, keep_days_within

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rctspark.panel.span import PanelSpan
    from rctspark.periods import Coverage


def expand_benefit(
    spells: DataFrame, spine: DataFrame, *, span: PanelSpan, coverage: Coverage
) -> DataFrame:
    """Turn spells on the plan's benefits into the periods that they touch.

    Schemes may overlap: a day on two of them counts once. A spell that was running
    when it was delivered counts until the register's coverage ends.

    Args:
        spells: BENEFIT_SPELLS of one data version.
        spine: The persons, see `attach_span`.
        span: What the panel holds.
        coverage: Days that the register speaks for.

    Returns:
        One or more rows per person and covered period with a day on benefit:
        `person_id`, `period_start`, `benefit_days` (no two rows count the same day)
        and `is_in_benefit` (whether the row holds the last day of the period).
    """
    known = [stretch.last for stretch in coverage.stretches[-1:]]
    running_until = F.lit(known[0]) if known else F.col("start_date")
    counted = spells.where(F.col("benefit").isin(*span.benefits)).select(
        "person_id",
        "start_date",
        F.coalesce("end_date", running_until).alias("end_date"),
    )
    pieces = (
        counted.join(F.broadcast(spine), on="person_id", how="inner")
        .transform(keep_days_within, first="first_day", last="last_day")
        .transform(drop_repeated_days, by=("person_id",))
    )
    periods = pieces.withColumn(
        "period_start",
        F.explode(each_period(F.col("start_date"), F.col("end_date"), span.kind)),
    ).where(is_covered(F.col("period_start"), span.kind, coverage))
    last_of_period = last_day_of(F.col("period_start"), span.kind)
    first = F.greatest("start_date", "period_start")
    last = F.least(F.col("end_date"), last_of_period)
    return periods.select(
        "person_id",
        "period_start",
        days_in(first, last).alias("benefit_days"),
        (last == last_of_period).alias("is_in_benefit"),
    )
