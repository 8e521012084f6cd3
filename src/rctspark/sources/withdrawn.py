"""Answers until a person withdrew from a study, and those after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import ANSWERS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def keep_until_withdrawal(answers: DataFrame, studied: DataFrame) -> DataFrame:
    """Keep the answers that were given before the day of a withdrawal.

    Whoever withdrew has taken back the consent to be asked; their registers go on.

    Args:
        answers: ANSWERS.
        studied: STUDY_LISTS, one row per person.

    Returns:
        ANSWERS; those of persons who never withdrew stay.
    """
    return ANSWERS.shape(attach_withdrawal(answers, studied).where(~is_late()))


def attach_withdrawal(answers: DataFrame, studied: DataFrame) -> DataFrame:
    """Add `withdrawn_on` to answers.

    Args:
        answers: ANSWERS.
        studied: STUDY_LISTS, one row per person.

    Returns:
        The same rows; null: never withdrew, or on no list.
    """
    days = studied.select("person_id", "withdrawn_on")
    return answers.join(days, on="person_id", how="left")


def is_late() -> Column:
    """Say whether an answer lies on or after the withdrawal's day; never null."""
    is_late = F.col("answered_on") >= F.col("withdrawn_on")
    return F.coalesce(is_late, F.lit(False))  # noqa: FBT003
