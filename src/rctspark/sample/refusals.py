"""Why a sample can't be used, whether or not its persons come to the driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.errors import EstimationError, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.errors import PySparkException

    from rctspark.config.plan import Analysis, Covariate


def row_faults(*, repeated: int, unassigned: int, unknown: int) -> list[str]:
    """Say how many rows repeat a person, or have an arm that can't be used.

    Args:
        repeated: Rows of a person who has another row.
        unassigned: Persons without an arm.
        unknown: Persons in an arm that the plan does not have.

    Returns:
        One sentence per fault, with its count.
    """
    counted = {
        "row(s) repeat a person: persons or assignment is not unique": repeated,
        "enrolled person(s) have no row in assignment": unassigned,
        "person(s) are in an arm that the plan does not know": unknown,
    }
    return [f"{count} {words}" for words, count in counted.items() if count]


def value_faults(covariate: Covariate, *, missing: int, unlisted: int) -> list[str]:
    """Say for how many persons a covariate has no value that can be used.

    Args:
        covariate: Covariate of the plan.
        missing: Persons whose value is not known.
        unlisted: Persons whose category the plan does not list.

    Returns:
        One sentence per fault, with its count; none where the plan says what a
        missing value means.
    """
    if covariate.missing == "dummy":
        return []
    counted = {
        "is not known": missing,
        "has a category that the plan does not list": unlisted,
    }
    return [
        f"covariate {covariate.name} {words} for {count} person(s)"
        for words, count in counted.items()
        if count
    ]


def refuse_faults(what: str, faults: Sequence[str]) -> None:
    """Stop where there are faults.

    Args:
        what: What can't be used: `The sample of analysis everyone`.
        faults: One sentence each.

    Raises:
        EstimationError: There are faults; the message holds all of them.
    """
    if faults:
        raise EstimationError(
            f"{what} can't be used:\n{listed(faults)}\n"
            "Say in the plan what a missing value means; nobody is dropped."
        )


def refuse_sample(analysis: Analysis, faults: Sequence[str]) -> None:
    """Stop where the sample of an analysis has faults.

    Raises:
        EstimationError: As `refuse_faults`.
    """
    refuse_faults(f"The sample of analysis {analysis.population}", faults)


def spark_stopped(broken: PySparkException) -> EstimationError:
    """Say that Spark stopped; its own text would show the value that it met."""
    condition = broken.getCondition() or type(broken).__name__
    return EstimationError(
        f"Spark stopped while it made the sample: {condition}. If the SQL of a "
        "covariate or outcome meets values that it can't use, write it with "
        "try_cast or try_divide."
    )
