"""How far the registers speak: what lies beyond is not known, and never zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import Column, DataFrame

    from rctspark.periods import Coverage

SINCE = "enrolment_date"
UNTIL = "observed_until"


def known_until(coverage: Coverage) -> Column:
    """Say until when a register speaks without a gap since a person's enrolment.

    Args:
        coverage: Days that the register speaks for.

    Returns:
        The last such day; null: it does not speak for the day of enrolment.
    """
    found = F.lit(None).cast("date")
    for stretch in coverage.stretches:
        holds = F.col(SINCE).between(F.lit(stretch.first), F.lit(stretch.last))
        found = F.when(holds, F.lit(stretch.last)).otherwise(found)
    return found


def observed_by(
    tables: Iterable[str], coverage: Mapping[str, Coverage] | None
) -> Column:
    """Say until when a person is observed by several registers together.

    Args:
        tables: Names of the registers' tables.
        coverage: Table name to the days that the register speaks for; a table that
            is absent speaks for none. None: every register speaks for every day.

    Returns:
        The earliest of `observed_until` and the days until which they speak; null:
        one of them does not speak for the day of enrolment.
    """
    until = F.col(UNTIL)
    if coverage is None:
        return until
    for table in tables:
        known = coverage.get(table)
        last = F.lit(None).cast("date") if known is None else known_until(known)
        until = F.when(last < until, last).when(last.isNotNull(), until)
    return until


def shorten_follow_up(
    population: DataFrame,
    *,
    tables: Iterable[str],
    coverage: Mapping[str, Coverage] | None,
) -> DataFrame:
    """End everyone's follow-up where the first of some registers ends.

    Args:
        population: POPULATION.
        tables: Names of the registers' tables.
        coverage: As for `observed_by`.

    Returns:
        The same rows; `observed_until` is null where a register does not speak for
        the day of enrolment.
    """
    return population.withColumn(UNTIL, observed_by(tables, coverage))
