"""Days in benefit, in a job and in neither, from enrolment to the end of follow-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.panel.dates import days_in

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def attach_days_in_states(lives: DataFrame) -> DataFrame:
    """Add how many days of the follow-up a person spent where.

    A day counts once, however many spells or jobs hold it. Jobs count that started
    after the day of enrolment.

    Args:
        lives: Rows of POPULATION with `spells` and `jobs`, see `lives`.

    Returns:
        The rows of `lives`, with `follow_up_days` (from the day of enrolment to
        `observed_until`, both included; null: the one lies after the other) and
        `benefit_days`, `job_days` and `other_days` (in neither) among them.
    """
    paid = F.transform("spells", _stretch)
    worked = F.transform(
        F.filter("jobs", lambda job: job["start_date"] > F.col("enrolment_date")),
        _stretch,
    )
    length = days_in(F.col("enrolment_date"), F.col("observed_until"))
    either = F.sort_array(F.concat(paid, worked))
    return lives.withColumns(
        {
            "follow_up_days": F.when(length > 0, length),
            "benefit_days": count_days(paid, "enrolment_date", "observed_until"),
            "job_days": count_days(worked, "enrolment_date", "observed_until"),
            "other_days": length
            - count_days(either, "enrolment_date", "observed_until"),
        }
    )


def count_days(stretches: Column, first: str, last: str) -> Column:
    """Count the days that lie in at least one stretch.

    Args:
        stretches: Array of structs with `start_date` and `end_date`, both included,
            by start.
        first: Column with the first day that counts.
        last: Column with the last day that counts, included.

    Returns:
        Days between `first` and `last`; a day in several stretches counts once.
    """

    def add(seen: Column, stretch: Column) -> Column:
        begin = F.greatest(stretch["start_date"], F.date_add(seen["until"], 1))
        end = F.least(stretch["end_date"], F.col(last))
        fresh = F.greatest(days_in(begin, end), F.lit(0))
        return F.struct(
            (seen["days"] + fresh).alias("days"),
            F.greatest(seen["until"], end).alias("until"),
        )

    nothing = F.struct(F.lit(0).alias("days"), F.date_sub(first, 1).alias("until"))
    return F.aggregate(stretches, nothing, add, lambda seen: seen["days"])


def _stretch(stretch: Column) -> Column:
    return F.struct(
        stretch["start_date"].alias("start_date"), stretch["end_date"].alias("end_date")
    )
