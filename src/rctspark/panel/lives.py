"""What the registers say of one enrolled person: spells, jobs and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.panel.resumption import resumed_column

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

FOREVER = "DATE'9999-12-31'"
NO_SPELLS = (
    "CAST(array() AS array<struct<start_date: date, end_date: date, "
    "exit_destination: string>>)"
)
NO_JOBS = (
    "CAST(array() AS array<struct<start_date: date, end_date: date, job_id: bigint, "
    "is_permanent: boolean, part_time_factor: double, hourly_wage: double>>)"
)
NO_CONTACTS = (
    "CAST(array() AS array<struct<contact_date: date, kind: string, status: string>>)"
)
OF_A_JOB = (
    "job_id",
    "start_date",
    "end_date",
    "job_start_date",
    "job_end_date",
    "contract",
    "full_time_days",
    "job_days",
    "wage_eur",
    "hours",
)


def attach_spells(
    enrolled: DataFrame,
    spells: DataFrame,
    *,
    benefits: tuple[str, ...],
    traits: tuple[str, ...] = (),
) -> DataFrame:
    """Add a person's spells on the plan's benefits.

    Args:
        enrolled: Rows of POPULATION.
        spells: BENEFIT_SPELLS of one data version.
        benefits: Schemes whose spells count.
        traits: Traits of a spell that say a day (yyyy-MM-dd).

    Returns:
        The rows of `enrolled`, with `spells`: structs of `start_date`, `end_date`
        (31 December 9999: running) and `exit_destination`, by start; those that
        begin after `observed_until` are not among them. Empty: none. And for each
        trait `resumed_<trait>`: the days that it says on these spells; null: none.
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
        .agg(
            F.sort_array(F.collect_list(spell)).alias("spells"),
            *(
                F.collect_set(F.try_to_date(F.col("traits")[trait])).alias(
                    resumed_column(trait)
                )
                for trait in traits
            ),
        )
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
        it was paid), `job_id`, `is_permanent` (the first contract that is known;
        null: none is), `part_time_factor` (full-time days per day of the job) and
        `hourly_wage` (pay per paid hour, euro; both null: not known), by start, end
        and job. Empty: none.
    """
    rows = (
        payroll.where(F.col("source").isin(*sources))
        .select("person_id", *OF_A_JOB)
        .transform(_keep_known, enrolled)
    )
    last = F.max(F.struct("end_date", "job_end_date"))
    jobs = rows.groupBy("person_id", "job_id").agg(
        F.coalesce(F.min("job_start_date"), F.min("start_date")).alias("start_date"),
        last.alias("last"),
        _is_permanent().alias("is_permanent"),
        _ratio("full_time_days", "job_days").alias("part_time_factor"),
        _ratio("wage_eur", "hours").alias("hourly_wage"),
    )
    end = F.coalesce("last.job_end_date", "last.end_date").alias("end_date")
    job = F.struct(
        "start_date", end, "job_id", "is_permanent", "part_time_factor", "hourly_wage"
    )
    gathered = jobs.groupBy("person_id").agg(
        F.sort_array(F.collect_list(job)).alias("jobs")
    )
    joined = enrolled.join(gathered, on="person_id", how="left")
    return joined.withColumn("jobs", F.coalesce("jobs", F.expr(NO_JOBS)))


def attach_meetings(enrolled: DataFrame, contacts: DataFrame) -> DataFrame:
    """Add a person's contacts, by what became of them.

    Args:
        enrolled: Rows of POPULATION.
        contacts: CONTACTS of one data version, one row per person and contact.

    Returns:
        The rows of `enrolled`, with `meetings`: structs of `contact_date`, `kind` and
        `status`, those after `observed_until` not among them. Empty: none.
    """
    known = F.broadcast(enrolled.select("person_id", "observed_until"))
    gathered = (
        contacts.select("person_id", "contact_date", "kind", "status")
        .join(known, on="person_id", how="inner")
        .where(F.col("contact_date") <= F.col("observed_until"))
        .groupBy("person_id")
        .agg(
            F.collect_list(F.struct("contact_date", "kind", "status")).alias("meetings")
        )
    )
    joined = enrolled.join(gathered, on="person_id", how="left")
    return joined.withColumn("meetings", F.coalesce("meetings", F.expr(NO_CONTACTS)))


def _is_permanent() -> Column:
    """Read the job's first known contract; of two on one day, permanent stands."""
    rank = (F.col("contract") != "permanent").cast("int").alias("rank")
    dated = F.when(F.col("contract").isNotNull(), F.struct("start_date", rank))
    return F.min(dated)["rank"] == 0


def _ratio(part: str, whole: str) -> Column:
    """Divide sums over the rows of a job that know both; null: none, or nothing."""
    is_known = F.col(part).isNotNull() & F.col(whole).isNotNull()
    parts = F.sum(F.when(is_known, F.col(part))).cast("double")
    wholes = F.sum(F.when(is_known, F.col(whole))).cast("double")
    return F.when(wholes > 0, parts / wholes)


def _keep_known(rows: DataFrame, enrolled: DataFrame) -> DataFrame:
    """Keep rows of the enrolled that begin while outcomes may look."""
    known = F.broadcast(enrolled.select("person_id", "observed_until"))
    return rows.join(known, on="person_id", how="inner").where(
        F.col("start_date") <= F.col("observed_until")
    )
