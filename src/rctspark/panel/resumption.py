"""Work resumed while the benefit goes on: in part as registered, or any job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.config.plan import ExitToJobOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column

    from rctspark.config.plan import Outcome


def resumption_traits(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return the traits of spells in which outcomes look for partial resumption."""
    named = (o.or_resumed for o in outcomes if isinstance(o, ExitToJobOutcome))
    return tuple(dict.fromkeys(name for name in named if name is not None))


def resumed_column(trait: str) -> str:
    """Name the column with the days that a trait of a person's spells gives."""
    return f"resumed_{trait}"


def resumption_days(outcome: ExitToJobOutcome) -> list[Column]:
    """Return the first days of work that an outcome counts without an exit.

    Partial resumption counts from the day on which the benefit started to the day on
    which it ended; a job counts that started since the benefit did.

    Args:
        outcome: An outcome of the plan.

    Returns:
        Days over the columns of `lives`; null: none by `observed_until`.
    """
    days = []
    started, until = F.col("benefit_start_date"), F.col("observed_until")
    if outcome.or_resumed is not None:
        last = F.coalesce(F.least(F.date_sub("exit_day", 1), until), until)
        own = F.filter(
            resumed_column(outcome.or_resumed), lambda day: day.between(started, last)
        )
        days.append(F.array_min(own))
    if outcome.or_any_job:
        starts = F.transform("jobs", lambda job: job["start_date"])
        days.append(
            F.array_min(F.filter(starts, lambda day: day.between(started, until)))
        )
    return days
