"""Contacts since the benefit that a trial follows, and those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import CONTACTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def keep_since_benefit(contacts: DataFrame, population: DataFrame) -> DataFrame:
    """Keep the contacts of followed persons since their benefit started.

    Args:
        contacts: CONTACTS.
        population: POPULATION.

    Returns:
        CONTACTS; those of persons whose start is not known stay.
    """
    return CONTACTS.shape(dated(contacts, population).where(~is_early()))


def dated(contacts: DataFrame, population: DataFrame) -> DataFrame:
    """Keep the contacts of followed persons, with the start of their benefit.

    Args:
        contacts: CONTACTS.
        population: Rows with `person_id` and `benefit_start_date`, one per person.

    Returns:
        Their contacts, with `benefit_start_date`.
    """
    starts = population.select("person_id", "benefit_start_date")
    return contacts.join(starts, on="person_id", how="inner")


def is_early() -> Column:
    """Say whether a contact of `dated` lies before the benefit; never null."""
    is_early = F.col("contact_date") < F.col("benefit_start_date")
    return F.coalesce(is_early, F.lit(False))  # noqa: FBT003
