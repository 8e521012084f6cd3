"""Deliveries that speak of the same thing: which of them stands.

Conformed tables keep every delivery. A data version names those that belong together;
here the rows of one data version are settled into one row per thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from rctspark.contracts import (
    ANSWERS,
    ASSIGNMENT_LISTS,
    BENEFIT_SPELLS,
    CONTACTS,
    PAYROLL,
    PERSON_LINKS,
    PERSONS,
    STUDY_LISTS,
    Linking,
)

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.contracts import Table

FOREVER = "9999-12-31"
THINGS = {
    ANSWERS.name: ("person_id", "wave"),
    ASSIGNMENT_LISTS.name: ("person_id",),
    CONTACTS.name: ("person_id", "contact_id"),
    PERSONS.name: ("person_id",),
    STUDY_LISTS.name: ("person_id",),
}
"""Tables that say everything anew in each delivery, and what a row is about."""


def keep_persons(rows: DataFrame, population: DataFrame) -> DataFrame:
    """Keep the rows of the persons whom a plan follows.

    Args:
        rows: Any rows with `person_id`.
        population: POPULATION.

    Returns:
        Rows of those persons only.
    """
    return rows.join(population.select("person_id"), on="person_id", how="left_semi")


def keep_newest(rows: DataFrame, deliveries: DataFrame, *, of: Table) -> DataFrame:
    """Keep what the newest delivery says of each thing: a planned contact becomes held.

    Args:
        rows: Rows of `of`, of one data version.
        deliveries: DELIVERIES.
        of: A table of `THINGS`.

    Returns:
        `of`, one row per thing.
    """
    thing = THINGS[of.name]
    rest = [n for n in of.names if n not in thing]
    newest = (
        attach_rank(rows, deliveries)
        .groupBy(*thing)
        .agg(F.max_by(F.struct(*rest), F.col("rank")).alias("newest"))
    )
    return of.shape(newest.select(*thing, "newest.*"))


def flag_overruled(spells: DataFrame, deliveries: DataFrame) -> DataFrame:
    """Mark the spells that must give way to one that they overlap.

    Spells of one person and benefit can't overlap. Taken from the newest delivery to
    the oldest (in one delivery from the first day to the last, the longer one first),
    a spell stands if it overlaps none that already stands.

    Args:
        spells: BENEFIT_SPELLS of one data version.
        deliveries: DELIVERIES.

    Returns:
        The same rows with `is_overruled`.
    """
    names = [n for n in BENEFIT_SPELLS.names if n not in ("person_id", "benefit")]
    ranked = attach_rank(spells, deliveries)
    last = F.coalesce("end_date", F.lit(FOREVER).cast("date"))
    together = (
        ranked.withColumn("last_date", last)
        .groupBy("person_id", "benefit")
        .agg(F.collect_list(F.struct("rank", "last_date", *names)).alias("spells"))
    )
    in_order = F.array_sort("spells", _later_delivered_first)
    marked = together.select(
        "person_id",
        "benefit",
        F.explode(F.aggregate(in_order, _none_yet(), _take_one)).alias("spell"),
    )
    return marked.select(
        "person_id", "benefit", *[f"spell.{n}" for n in names], "spell.is_overruled"
    )


def keep_standing(flagged: DataFrame) -> DataFrame:
    """Keep the spells that stand.

    Args:
        flagged: Rows of `flag_overruled`.

    Returns:
        BENEFIT_SPELLS.
    """
    return BENEFIT_SPELLS.shape(flagged.filter(~F.col("is_overruled")))


def attach_job_starts(payroll: DataFrame, deliveries: DataFrame) -> DataFrame:
    """Give every row of a job the start that the newest delivery knows.

    A delivery that does not look back before its year gives 1 January as the start of
    an older job. Where another delivery knows the real day, that day is taken;
    elsewhere the flag `is_job_start_capped` stays.

    Args:
        payroll: PAYROLL of one data version.
        deliveries: DELIVERIES.

    Returns:
        PAYROLL; the start and its flag are the same in all rows of a job.
    """
    job = ["source", "person_id", "job_id"]
    ranked = attach_rank(payroll, deliveries)
    known = F.when(~F.col("is_job_start_capped"), F.col("job_start_date"))
    starts = ranked.groupBy(*job).agg(
        F.max_by(known, F.when(known.isNotNull(), F.col("rank"))).alias("real_start"),
        F.min("job_start_date").alias("capped_start"),
    )
    settled = payroll.drop("job_start_date", "is_job_start_capped").join(
        starts, on=job, how="left"
    )
    return PAYROLL.shape(
        settled.withColumns(
            {
                "job_start_date": F.coalesce("real_start", "capped_start"),
                "is_job_start_capped": F.isnull("real_start")
                & F.isnotnull("capped_start"),
            }
        )
    )


def attach_linked_persons(rows: DataFrame, links: DataFrame) -> DataFrame:
    """Name persons of another identifier kind as the experiment names them.

    Args:
        rows: A conformed table whose `person_id` is of the other kind.
        links: `person_id` and `linked_person_id`, one row per linked person.

    Returns:
        The same rows and columns; persons without a link keep their own pseudonym,
        which is nobody's in the experiment.
    """
    names = rows.columns
    pairs = links.select(
        F.col("person_id").alias("known_id"),
        F.col("linked_person_id").alias("person_id"),
    )
    joined = rows.join(pairs, on="person_id", how="left")
    return joined.withColumn("person_id", F.coalesce("known_id", "person_id")).select(
        *names
    )


def keep_newest_links(links: DataFrame, deliveries: DataFrame) -> DataFrame:
    """Keep, for every person of the other kind, the link of the newest delivery.

    Args:
        links: PERSON_LINKS of one data version.
        deliveries: DELIVERIES.

    Returns:
        PERSON_LINKS, one row per `linked_kind` and `linked_person_id`, unless one
        delivery names several persons for it: then all of these, to be counted.
    """
    one = Window.partitionBy("linked_kind", "linked_person_id")
    ranked = attach_rank(links, deliveries)
    newest = ranked.withColumn("newest", F.max("rank").over(one))
    return PERSON_LINKS.shape(newest.filter("rank = newest"))


LINKING = Linking(newest=keep_newest_links, attach=attach_linked_persons)
"""How jobs join registers that name persons in different ways."""


def attach_rank(rows: DataFrame, deliveries: DataFrame) -> DataFrame:
    """Add `rank`, which orders deliveries from the oldest to the newest.

    Args:
        rows: Rows of deliveries.
        deliveries: DELIVERIES.

    Returns:
        The same rows, with `rank`.
    """
    number = F.regexp_extract("version", r"\d+", 0).try_cast("int").alias("number")
    order = F.struct("delivered_on", "period", number, "version", "delivery_id")
    ranks = deliveries.select("delivery_id", order.alias("rank"))
    return rows.join(F.broadcast(ranks), on="delivery_id", how="left")


def _later_delivered_first(one: Column, other: Column) -> Column:
    left = F.struct(one["rank"])
    right = F.struct(other["rank"])
    starts = F.datediff(one["start_date"], other["start_date"])
    lasts = F.datediff(other["last_date"], one["last_date"])
    in_one_delivery = F.when(starts != 0, starts).otherwise(lasts)
    return F.when(left > right, -1).when(left < right, 1).otherwise(in_one_delivery)


def _none_yet() -> Column:
    types = {c.name: c.type for c in BENEFIT_SPELLS.columns}
    fields = [f"{n}: {types[n]}" for n in types if n not in ("person_id", "benefit")]
    rank = "rank: struct<delivered_on: date, period: string, number: int, "
    rank += "version: string, delivery_id: string>"
    element = ", ".join([rank, "last_date: date", *fields, "is_overruled: boolean"])
    return F.array().cast(f"array<struct<{element}>>")


def _take_one(taken: Column, spell: Column) -> Column:
    overlaps = F.exists(
        taken,
        lambda other: (
            ~other["is_overruled"]
            & (other["start_date"] <= spell["last_date"])
            & (spell["start_date"] <= other["last_date"])
        ),
    )
    return F.concat(taken, F.array(spell.withField("is_overruled", overlaps)))
