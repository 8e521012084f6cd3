"""Contacts before the benefit that a trial follows: set aside and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import CONTACTS, REJECTED_ROWS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

EARLY = "the contact lies before the start of the benefit that the trial follows"


def keep_since_benefit(contacts: DataFrame, population: DataFrame) -> DataFrame:
    """Keep the contacts of followed persons since their benefit started.

    Args:
        contacts: CONTACTS.
        population: POPULATION.

    Returns:
        CONTACTS; those of persons whose start is not known stay.
    """
    return CONTACTS.shape(_dated(contacts, population).where(~_is_early()))


def keep_before_benefit(contacts: DataFrame, population: DataFrame) -> DataFrame:
    """Set aside the contacts of followed persons before their benefit started.

    Args:
        contacts: CONTACTS of one data version.
        population: POPULATION, or any rows with its `person_id` and
            `benefit_start_date`.

    Returns:
        REJECTED_ROWS, equal ones counted together.
    """
    hidden = {"delivery_id", "person_id", "contact_id"}
    cells = F.to_json(F.struct(*[n for n in CONTACTS.names if n not in hidden]))
    rows = (
        _dated(contacts, population)
        .where(_is_early())
        .withColumn("cells", cells)
        .groupBy("delivery_id", "cells")
        .agg(F.count(F.lit(1)).alias("n_rows"))
        .withColumns(
            {
                "register": F.lit(CONTACTS.name),
                "reason": F.lit(EARLY),
                "reasons": F.lit(EARLY),
            }
        )
    )
    return REJECTED_ROWS.shape(rows)


def _dated(contacts: DataFrame, population: DataFrame) -> DataFrame:
    starts = population.select("person_id", "benefit_start_date")
    return contacts.join(starts, on="person_id", how="inner")


def _is_early() -> Column:
    is_early = F.col("contact_date") < F.col("benefit_start_date")
    return F.coalesce(is_early, F.lit(False))  # noqa: FBT003
