"""What held of a person on the day of enrolment: household, education, arrangement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def attach_statuses(
    persons: DataFrame, statuses: DataFrame, *, population: DataFrame
) -> DataFrame:
    """Add the statuses that held on the day of enrolment.

    Of several that held on that day, the one that began last stands; of two that began
    on one day, that of the delivery whose name comes last.

    Args:
        persons: PERSONS, one row per person.
        statuses: STATUSES of one data version.
        population: POPULATION; who is not enrolled is described on the origin date.

    Returns:
        The same rows, with `statuses`: subject to status. A subject that is not known
        is absent; null: none is known.
    """
    day = F.coalesce("enrolment_date", "origin_date").alias("described_on")
    days = population.select("person_id", day)
    held = statuses.join(days, on="person_id", how="inner").where(
        (F.col("start_date") <= F.col("described_on"))
        & (F.col("end_date").isNull() | (F.col("end_date") >= F.col("described_on")))
    )
    latest = F.struct("start_date", "delivery_id", "value")
    each = held.groupBy("person_id", "subject").agg(F.max(latest).alias("latest"))
    pairs = F.collect_list(F.struct("subject", "latest.value"))
    mapped = each.groupBy("person_id").agg(F.map_from_entries(pairs).alias("statuses"))
    return persons.join(mapped, on="person_id", how="left")
