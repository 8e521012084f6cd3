"""Rows, each sound by itself, that don't fit what else is known: aside, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from rctspark.contracts import (
    ANSWERS,
    ASSIGNMENT_LISTS,
    BENEFIT_SPELLS,
    CONTACTS,
    REJECTED_ROWS,
)
from rctspark.sources.early import dated, is_early
from rctspark.sources.settle import attach_rank
from rctspark.sources.withdrawn import attach_withdrawal, is_late

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.contracts import Table

OVERRULED = "the spell overlaps one that was delivered later, or that started earlier"
EARLY = "the contact lies before the start of the benefit that the trial follows"
OTHER_ARM = "a later list gives the person another arm or stratum"
OTHER_ANSWERS = "a later delivery holds other answers of the person to the same wave"
STRANGER = "the questionnaire is of somebody whom the experiment does not follow"
LATE_ANSWERS = "the questionnaire was answered on or after the day of the withdrawal"
NAMING = ("delivery_id", "person_id", "contact_id")
RANK, SAID = "_rank", "_said"


def set_aside(rows: DataFrame, *, table: Table, reason: str) -> DataFrame:
    """Make rejected rows of conformed ones; equal ones of a person count together.

    Args:
        rows: Rows of the table.
        table: Their table.
        reason: Why they are set aside.

    Returns:
        REJECTED_ROWS, the cells as conformed; no cell names a person, a delivery or
        a contact.
    """
    shown = [name for name in table.names if name not in NAMING]
    counted = (
        rows.withColumn("cells", F.to_json(F.struct(*shown)))
        .groupBy("delivery_id", "person_id", "cells")
        .agg(F.count(F.lit(1)).alias("n_rows"))
    )
    said = {"register": table.name, "reason": reason, "reasons": reason}
    return REJECTED_ROWS.shape(
        counted.withColumns({name: F.lit(text) for name, text in said.items()})
    )


def keep_overruled(flagged: DataFrame) -> DataFrame:
    """Set aside the spells that gave way.

    Args:
        flagged: Rows of `settle.flag_overruled`.

    Returns:
        REJECTED_ROWS.
    """
    gone = flagged.where("is_overruled")
    return set_aside(gone, table=BENEFIT_SPELLS, reason=OVERRULED)


def keep_before_benefit(contacts: DataFrame, population: DataFrame) -> DataFrame:
    """Set aside the contacts of followed persons before their benefit started.

    Args:
        contacts: CONTACTS of one data version.
        population: POPULATION, or any rows with its `person_id` and
            `benefit_start_date`.

    Returns:
        REJECTED_ROWS.
    """
    early = dated(contacts, population).where(is_early())
    return set_aside(early, table=CONTACTS, reason=EARLY)


def keep_other_arms(lists: DataFrame, deliveries: DataFrame) -> DataFrame:
    """Set aside the entries on lists that a later list contradicts.

    Args:
        lists: ASSIGNMENT_LISTS of one data version.
        deliveries: DELIVERIES.

    Returns:
        REJECTED_ROWS: a person's entries of older deliveries whose arm or stratum is
        not the newest one's. An older entry that says the same is no fault.
    """
    told = F.struct("arm_recorded", "stratum")
    older = _contradicted(lists, deliveries, key=("person_id",), said=told)
    return set_aside(older, table=ASSIGNMENT_LISTS, reason=OTHER_ARM)


def keep_other_answers(answers: DataFrame, deliveries: DataFrame) -> DataFrame:
    """Set aside the answers that a later delivery contradicts.

    Args:
        answers: ANSWERS of one data version.
        deliveries: DELIVERIES.

    Returns:
        REJECTED_ROWS: answers of older deliveries to a wave for which a newer one
        holds other answers of the person.
    """
    # Spark compares no maps; as JSON they are compared as they were written.
    told = F.to_json(F.struct("answers", "mode", "language"))
    older = _contradicted(answers, deliveries, key=("person_id", "wave"), said=told)
    return set_aside(older, table=ANSWERS, reason=OTHER_ANSWERS)


def keep_strangers(answers: DataFrame, population: DataFrame) -> DataFrame:
    """Set aside the questionnaires of persons whom the experiment does not follow.

    Args:
        answers: ANSWERS of one data version.
        population: POPULATION.

    Returns:
        REJECTED_ROWS.
    """
    followed = population.select("person_id")
    strangers = answers.join(followed, on="person_id", how="left_anti")
    return set_aside(strangers, table=ANSWERS, reason=STRANGER)


def keep_late_answers(answers: DataFrame, studied: DataFrame) -> DataFrame:
    """Set aside the questionnaires that were answered after a withdrawal.

    Args:
        answers: ANSWERS of followed persons.
        studied: STUDY_LISTS, one row per person.

    Returns:
        REJECTED_ROWS.
    """
    late = attach_withdrawal(answers, studied).where(is_late())
    return set_aside(late, table=ANSWERS, reason=LATE_ANSWERS)


def _contradicted(
    rows: DataFrame, deliveries: DataFrame, *, key: tuple[str, ...], said: Column
) -> DataFrame:
    """Keep the rows that are not of the newest delivery and say something else."""
    one = Window.partitionBy(*key)
    ranked = attach_rank(rows, deliveries).withColumn(SAID, said)
    newest = F.max_by(SAID, "rank").over(one)
    told = ranked.withColumns({RANK: F.max("rank").over(one), "_newest": newest})
    differs = ~F.col(SAID).eqNullSafe(F.col("_newest"))
    return told.where((F.col("rank") != F.col(RANK)) & differs)
