"""What the registers say of one enrolled person: spells and jobs, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FOREVER = "DATE'9999-12-31'"
NO_SPELLS = (
    "CAST(array() AS array<struct<start_date: date, end_date: date, "
    "exit_destination: string>>)"
)
NO_JOBS = "CAST(array() AS array<struct<start_date: date, end_date: date>>)"


def attach_spells(
    enrolled: DataFrame, spells: DataFrame, *, benefits: tuple[str, ...]
) -> DataFrame:
    """Add a person's spells on the plan's benefits.

    Args:
        enrolled: Rows of POPULATION.
        spells: BENEFIT_SPELLS of one data version.
        benefits: Schemes whose spells count.

    Returns:
        The rows of `enrolled`, with `spells`: structs of `start_date`, `end_date`
        (31 December 9999: running) and `exit_destination`, by start; those that
        begin after `observed_until` are not among them. Empty: none.
    """
    spell = F.struct(
        "start_date",
        F.coalesce("end_date", F.expr(FOREVER)).alias("end_date"),
        "exit_destination",
    )
    gathered = (
        spells.where(F.col("benefit").isin(*benefits))
        .transform(_keep_known, enrolled)
        .groupBy("person_id")
        .agg(F.sort_array(F.collect_list(spell)).alias("spells"))
    )
    joined = enrolled.join(gathered, on="person_id", how="left")
    return joined.withColumn("spells", F.coalesce("spells", F.expr(NO_SPELLS)))


def attach_jobs(
    enrolled: DataFrame, payroll: DataFrame, *, sources: tuple[str, ...]
) -> DataFrame:
    """Add a person's jobs.

    Args:
        enrolled: Rows of POPULATION.
        payroll: PAYROLL of one data version; rows that begin after `observed_until`
            are not looked at.
        sources: Sources of earnings that count.

    Returns:
        The rows of `enrolled`, with `jobs`: structs of `start_date` (the earliest
        that is registered; else the first day paid) and `end_date` (as the job's
        last row has it; else the last day paid: a job that still runs is as long as
        it was paid), by start. Empty: none.
    """
    rows = (
        payroll.where(F.col("source").isin(*sources))
        .select(
            "person_id",
            "job_id",
            "start_date",
            "end_date",
            "job_start_date",
            "job_end_date",
        )
        .transform(_keep_known, enrolled)
    )
    last = F.max(F.struct("end_date", "job_end_date"))
    jobs = rows.groupBy("person_id", "job_id").agg(
        F.coalesce(F.min("job_start_date"), F.min("start_date")).alias("start_date"),
        last.alias("last"),
    )
    end = F.coalesce("last.job_end_date", "last.end_date").alias("end_date")
    gathered = jobs.groupBy("person_id").agg(
        F.sort_array(F.collect_list(F.struct("start_date", end))).alias("jobs")
    )
    joined = enrolled.join(gathered, on="person_id", how="left")
    return joined.withColumn("jobs", F.coalesce("jobs", F.expr(NO_JOBS)))


def _keep_known(rows: DataFrame, enrolled: DataFrame) -> DataFrame:
    """Keep rows of the enrolled that begin while outcomes may look."""
    known = F.broadcast(enrolled.select("person_id", "observed_until"))
    return rows.join(known, on="person_id", how="inner").where(
        F.col("start_date") <= F.col("observed_until")
    )
