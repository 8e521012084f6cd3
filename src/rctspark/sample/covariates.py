"""What was known about a person before assignment, one column per covariate."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import PERSON_MONTH
from rctspark.periods import DAYS_IN_WEEK, MONTHS_IN_YEAR, PeriodKind
from rctspark.sample.columns import NUMBERS, TEXTS, sql_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Covariate

ANCHORS = {
    "origin": "origin_date",
    "invitation": "invitation_date",
    "enrolment": "enrolment_date",
}
CENTURY = 100
HANDLES_NULL = re.compile(r"\b(coalesce|nvl2?|ifnull|isnull|isnotnull|null)\b", re.I)
"""SQL that says itself what an unknown value means."""


def attach_age(persons: DataFrame) -> DataFrame:
    """Add `age_at_enrolment`: completed years on the day of enrolment.

    Whoever was born on 29 February is a year older on 1 March of a common year.

    Args:
        persons: Rows with `birth_date` and `enrolment_date`.

    Returns:
        The same rows; null where either date is not known, or birth comes later.
    """
    born, enrolled = F.col("birth_date"), F.col("enrolment_date")
    birthday = F.month(born) * CENTURY + F.dayofmonth(born)
    day = F.month(enrolled) * CENTURY + F.dayofmonth(enrolled)
    is_before_birthday = (day < birthday).cast("int")
    years = F.year(enrolled) - F.year(born) - is_before_birthday
    age = F.when(years >= 0, years)
    return persons.withColumn("age_at_enrolment", age)


def covariate_faults(
    persons: DataFrame, panel: DataFrame, *, covariates: Iterable[Covariate]
) -> list[str]:
    """Find covariates whose SQL can't be used. No Spark job runs.

    Args:
        persons: The columns that a covariate of the person may name.
        panel: PERSON_MONTH.
        covariates: Covariates of the plan.

    Returns:
        One sentence per fault.
    """
    faults = []
    for covariate in covariates:
        on_panel = covariate.panel is not None
        fault = sql_fault(
            panel if on_panel else persons,
            covariate.value,
            types=TEXTS if covariate.categories else NUMBERS,
            is_aggregate=on_panel,
        )
        if fault:
            faults.append(f"covariate {covariate.name} {fault}")
    return faults


def attach_panel_sums(
    enrolled: DataFrame,
    panel: DataFrame,
    *,
    covariates: Iterable[Covariate],
    period: PeriodKind,
) -> DataFrame:
    """Add what the panel says of each person, one aggregation per stretch of time.

    Args:
        enrolled: Rows of POPULATION.
        panel: PERSON_MONTH.
        covariates: Covariates of the plan; those of the person are passed over.
        period: Unit of the panel's time.

    Returns:
        The same rows, with a column per covariate of the panel that
        `attach_covariates` gives its name.
    """
    covariates = [c for c in covariates if c.panel]
    attached = enrolled
    for stretch in dict.fromkeys((c.anchor, c.panel) for c in covariates):
        of_stretch = [c for c in covariates if (c.anchor, c.panel) == stretch]
        sums = sum_panel(panel, enrolled, covariates=of_stretch, period=period)
        attached = attached.join(sums, on="person_id", how="left")
    return attached


def attach_covariates(
    persons: DataFrame, *, covariates: Iterable[Covariate]
) -> DataFrame:
    """Add one column per covariate; it takes the place of a column of its name.

    Args:
        persons: One row per enrolled person: columns of POPULATION and PERSONS,
            `age_at_enrolment`, and the sums of `attach_panel_sums`.
        covariates: Covariates of the plan.

    Returns:
        The same rows. Numbers are double, categories text; null: not known.
    """
    covariates = tuple(covariates)
    return persons.withColumns({c.name: _value(c) for c in covariates}).drop(
        *(_panel_column(c) for c in covariates if c.panel)
    )


def sum_panel(
    panel: DataFrame,
    enrolled: DataFrame,
    *,
    covariates: Iterable[Covariate],
    period: PeriodKind,
) -> DataFrame:
    """Aggregate the panel over a stretch of periods before a person's own date.

    A value rests on the whole stretch or is null: null where the panel lacks one of
    its periods, or where a column that the SQL names is not known in one of them
    and the SQL does not say (by `coalesce` and the like) what that means.

    Args:
        panel: PERSON_MONTH.
        enrolled: Rows of POPULATION.
        covariates: Covariates with the same `panel` and `anchor`.
        period: Unit of the panel's time.

    Returns:
        One row per person with a row in the stretch: `person_id` and a column per
        covariate.
    """
    covariates = tuple(covariates)
    first, last = covariates[0].panel or (0, 0)
    anchored = _periods_between(
        F.col("origin_date"), F.col(ANCHORS[covariates[0].anchor]), period=period
    )
    shifts = enrolled.select("person_id", anchored.alias("anchor_horizon"))
    is_in_stretch = (F.col("horizon") - F.col("anchor_horizon")).between(first, last)
    is_whole = F.count("*") == F.lit(last - first + 1)
    return (
        panel.join(shifts, on="person_id", how="inner")
        .where(is_in_stretch)
        .groupBy("person_id")
        .agg(
            *(
                F.when(is_whole & _is_known(c), F.expr(c.value)).alias(_panel_column(c))
                for c in covariates
            )
        )
    )


def _is_known(covariate: Covariate) -> Column:
    if HANDLES_NULL.search(covariate.value):
        return F.lit(True)  # noqa: FBT003 (Spark's own signature)
    words = set(re.findall(r"\w+", covariate.value.lower()))
    is_known = F.lit(True)  # noqa: FBT003
    for name in sorted(words & set(PERSON_MONTH.names)):
        is_known = is_known & F.bool_and(F.col(name).isNotNull())
    return is_known


def _periods_between(origin: Column, anchor: Column, *, period: PeriodKind) -> Column:
    if period is PeriodKind.WEEK:
        days = F.datediff(F.trunc(anchor, "week"), F.trunc(origin, "week"))
        return (days / DAYS_IN_WEEK).cast("int")
    years = F.year(anchor) - F.year(origin)
    return years * MONTHS_IN_YEAR + F.month(anchor) - F.month(origin)


def _panel_column(covariate: Covariate) -> str:
    return f"panel@{covariate.name}"


def _value(covariate: Covariate) -> Column:
    value = (
        F.col(_panel_column(covariate)) if covariate.panel else F.expr(covariate.value)
    )
    return value.cast("string" if covariate.categories else "double")
