"""The benefit that brought a person into the trial, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def attach_benefit_end(lives: DataFrame, *, revival_days: int | None) -> DataFrame:
    """Add how the benefit that began on `benefit_start_date` ended.

    The benefit is a chain of spells: a spell carries it on when at most
    `revival_days` days without benefit lie between (in Dutch: herleving). Spells that
    overlap or follow one another without a day between always carry on.

    Args:
        lives: Rows of POPULATION with `spells`, see `lives.attach_spells`.
        revival_days: Longest interruption in days; None: any interruption is an end.

    Returns:
        The rows of `lives`, with
        `has_benefit`: a spell begins, or runs, on `benefit_start_date`;
        `exit_day`: first day without benefit; null: none by `observed_until`;
        `exit_destinations`: registered destinations at the end of the last spell;
        `benefit_length_days`: from the start to the end, interruptions within the
        chain included; null as for `exit_day`.
    """
    last = F.col("_last_day")
    has_ended = last < F.col("observed_until")
    at_the_end = F.filter("spells", lambda spell: spell["end_date"] == last)
    return (
        lives.withColumn("_last_day", _last_day_of_chain(revival_days or 0))
        .withColumns(
            {
                "has_benefit": last.isNotNull(),
                "exit_day": F.when(has_ended, F.date_add(last, 1)),
                "exit_destinations": F.transform(
                    at_the_end, lambda spell: spell["exit_destination"]
                ),
            }
        )
        .withColumn(
            "benefit_length_days", F.date_diff("exit_day", "benefit_start_date")
        )
        .drop("_last_day")
    )


def _last_day_of_chain(revival_days: int) -> Column:
    """Follow the spells in order; null: none holds the start."""
    start = F.col("benefit_start_date")

    def follow(last: Column, spell: Column) -> Column:
        interruption = F.date_diff(spell["start_date"], last) - 1
        begins = F.when(spell["start_date"] <= start, spell["end_date"])
        carries_on = F.greatest(last, spell["end_date"])
        return F.when(last.isNull(), begins).otherwise(
            F.when(interruption <= revival_days, carries_on).otherwise(last)
        )

    since = F.filter("spells", lambda spell: spell["end_date"] >= start)
    return F.aggregate(since, F.lit(None).cast("date"), follow)
