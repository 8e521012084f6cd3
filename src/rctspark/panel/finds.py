"""The first job that a person finds: after enrolment, or near the benefit's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame


def attach_first_jobs(lives: DataFrame, *, apart_months: tuple[int, ...]) -> DataFrame:
    """Add the start of the first job after enrolment and near the benefit's end.

    Args:
        lives: Rows of POPULATION with `jobs` and `exit_day`, see `lives` and `chain`.
        apart_months: How many calendar months job start and first day without
            benefit may lie apart, either way; one column for each.

    Returns:
        The rows of `lives`, with `first_job_start` (first job that started after the
        day of enrolment and by `observed_until`) and `job_near_exit_<n>` (first one
        that started since the benefit did and near its end); null: none.
    """
    by_then = F.filter(
        F.transform("jobs", lambda job: job["start_date"]),
        lambda start: start <= F.col("observed_until"),
    )
    new = F.filter(by_then, lambda start: start > F.col("enrolment_date"))
    near = {
        near_exit(months): F.array_min(F.filter(by_then, _is_near(months)))
        for months in apart_months
    }
    return lives.withColumns({"first_job_start": F.array_min(new), **near})


def near_exit(months: int) -> str:
    """Name the column with the first job that started so near the benefit's end."""
    return f"job_near_exit_{months}"


def _is_near(months: int) -> Callable[[Column], Column]:
    leaves = F.col("exit_day")

    def is_near(start: Column) -> Column:
        return (
            (start >= F.col("benefit_start_date"))
            & (start <= F.add_months(leaves, months))
            & (leaves <= F.add_months(start, months))
        )

    return is_near
