"""What the panel's outcomes may say of a study: arm drawn, withdrawal, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.periods import DAYS_IN_WEEK, PeriodKind

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Plan

LISTS = ("_statuses", "_answers")


def attach_study(
    panel: DataFrame,
    *,
    population: DataFrame,
    studied: DataFrame,
    statuses: DataFrame,
    answers: DataFrame,
    plan: Plan,
) -> DataFrame:
    """Add what a study's own records say of the enrolled in each period.

    Args:
        panel: PERSON_MONTH, dense.
        population: POPULATION.
        studied: STUDY_LISTS, one row per person.
        statuses: STATUSES of one data version.
        answers: ANSWERS, one row per person and wave.
        plan: The analysis plan.

    Returns:
        The same rows, with `arm_drawn`; `withdrawn_on`; `statuses` (subject to status
        on the last day of the period) and `statuses_at_enrolment`; and `answers` of
        the wave with the number of the horizon. Null: not known, or not enrolled.
    """
    enrolled = population.where("is_enrolled").select("person_id", "enrolment_date")
    drawn = studied.select("person_id", F.col("arm").alias("arm_drawn"), "withdrawn_on")
    of_person = F.struct("subject", "start_date", "delivery_id", "value", "end_date")
    held = statuses.groupBy("person_id").agg(
        F.sort_array(F.collect_list(of_person)).alias("_statuses")
    )
    of_wave = F.struct("wave", "answers")
    said = answers.groupBy("person_id").agg(F.collect_list(of_wave).alias("_answers"))
    told = (
        enrolled.join(drawn, on="person_id", how="left")
        .join(held, on="person_id", how="left")
        .join(said, on="person_id", how="left")
        .withColumn("statuses_at_enrolment", _held_on(F.col("enrolment_date")))
        .drop("enrolment_date")
    )
    joined = panel.join(F.broadcast(told), on="person_id", how="left")
    then = F.filter("_answers", lambda a: a["wave"] == F.col("horizon"))
    return joined.withColumns(
        {
            "statuses": _held_on(_last_day(plan.period)),
            "answers": F.try_element_at(then, F.lit(1))["answers"],
        }
    ).drop(*LISTS)


def attach_baseline(persons: DataFrame, answers: DataFrame) -> DataFrame:
    """Add the answers to the questionnaire of wave 0, before assignment.

    Args:
        persons: PERSONS, one row per person.
        answers: ANSWERS, one row per person and wave.

    Returns:
        The same rows, with `answers`, `answers_mode` and `answers_language`; null: no
        answers to that wave.
    """
    said = answers.where("wave = 0").select(
        "person_id",
        "answers",
        F.col("mode").alias("answers_mode"),
        F.col("language").alias("answers_language"),
    )
    return persons.join(said, on="person_id", how="left")


def _last_day(period: PeriodKind) -> Column:
    if period is PeriodKind.WEEK:
        return F.date_add("period_start", DAYS_IN_WEEK - 1)
    return F.last_day("period_start")


def _held_on(day: Column) -> Column:
    """Return subject to status on a day; of several, the one that began last."""
    held = F.filter(
        "_statuses",
        lambda s: (
            (s["start_date"] <= day) & (s["end_date"].isNull() | (s["end_date"] >= day))
        ),
    )
    # In the order of subject and start: a later one of a subject takes its place.
    is_last = F.transform(
        held,
        lambda s, i: F.struct(
            s["subject"].alias("subject"),
            s["value"].alias("value"),
            (
                F.try_element_at(held, i + 2)["subject"].isNull()
                | (F.try_element_at(held, i + 2)["subject"] != s["subject"])
            ).alias("is_last"),
        ),
    )
    last = F.filter(is_last, lambda s: s["is_last"])
    pairs = F.transform(last, lambda s: F.struct(s["subject"], s["value"]))
    return F.map_from_entries(pairs)
