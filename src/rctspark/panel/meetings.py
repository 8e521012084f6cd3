"""Contacts with one person in a stretch of days since the benefit's start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts.contact import TOOK_PLACE

if TYPE_CHECKING:
    from pyspark.sql import Column

    from rctspark.config.plan import ContactCountOutcome, Round


def is_in_benefit_on(day: int) -> Column:
    """Say whether a person is in benefit on a day since its start.

    Args:
        day: Days since `benefit_start_date`; 0 is that day.

    Returns:
        1 or 0, over the columns of `chain.attach_benefit_end`; days that a revival
        bridges count. Null: no benefit, or the day lies after `observed_until`.
    """
    date = F.date_add("benefit_start_date", day)
    is_known = F.col("has_benefit") & (date <= F.col("observed_until"))
    has_left = F.coalesce(F.col("exit_day") <= date, F.lit(False))  # noqa: FBT003
    return F.when(is_known, (~has_left).cast("double"))


def is_round_known(one: Round, *, until: str) -> Column:
    """Say whether a round's window is observed to its end.

    Args:
        one: The round.
        until: Column with the last day that contacts are known for.

    Returns:
        True or false.
    """
    date = F.date_add("benefit_start_date", one.last_day)
    return F.col("has_benefit") & (date <= F.col(until))


def had_meeting(one: Round, kinds: tuple[str, ...]) -> Column:
    """Say whether a contact of some kinds took place in the window of a round.

    Args:
        one: The round.
        kinds: Kinds of contact that count.

    Returns:
        1 or 0, over the columns of `lives.attach_meetings`.
    """
    first = F.date_add("benefit_start_date", one.first_day)
    last = F.date_add("benefit_start_date", one.last_day)
    held = F.exists(
        "meetings",
        lambda m: (
            m["contact_date"].between(first, last)
            & m["kind"].isin(*kinds)
            & (m["status"] == TOOK_PLACE)
        ),
    )
    return held.cast("double")


def count_meetings(outcome: ContactCountOutcome) -> Column:
    """Count the contacts of a person from a day of benefit on.

    Args:
        outcome: Kinds, first day and status that count.

    Returns:
        Contacts, or whether there was any, over the columns of
        `lives.attach_meetings`; null: no benefit.
    """
    first = F.date_add("benefit_start_date", outcome.from_day)
    counted = F.filter(
        "meetings",
        lambda m: (
            (m["contact_date"] >= first)
            & m["kind"].isin(*outcome.kinds)
            & (m["status"] == outcome.status)
        ),
    )
    number = F.size(counted)
    asked = number if outcome.measure == "number" else (number > 0).cast("int")
    return F.when(F.col("has_benefit"), asked)
