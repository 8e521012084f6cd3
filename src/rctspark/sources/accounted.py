"""Where every delivered row went: kept, or set aside for a reason; and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import PERSON_KEYS, REJECTED_ROWS
from rctspark.sources.conform import CELLS, CHECK, REASONS
from rctspark.sources.repeated import IS_KEPT, N_ROWS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rctspark.contracts import Table


def keep_conformed(staged: DataFrame, *, table: Table) -> DataFrame:
    """Keep the rows that became rows of the table.

    Args:
        staged: Rows of `merge_repeated`.
        table: Their table.

    Returns:
        The table.
    """
    return table.shape(staged.filter(IS_KEPT))


def keep_rejected(staged: DataFrame, *, register: str) -> DataFrame:
    """Keep the rows that were set aside; equal ones of a person are counted together.

    Args:
        staged: Rows of `merge_repeated`.
        register: Table that they were meant for.

    Returns:
        REJECTED_ROWS. Its `person_id` is a pseudonym and stays in this table.
    """
    first = F.substring_index(REASONS, "; ", 1)
    rows = (
        staged.filter(~F.col(IS_KEPT))
        .withColumns({"reason": first, "cells": F.coalesce(CELLS, F.lit("{}"))})
        .groupBy(*REJECTED_ROWS.key)
        .agg(F.max(REASONS).alias("reasons"), F.sum(N_ROWS).alias("n_rows"))
        .withColumn("register", F.lit(register))
    )
    return REJECTED_ROWS.shape(rows)


def keep_person_keys(staged: DataFrame) -> DataFrame:
    """Keep the pseudonyms of the rows kept, with the bits that tell them apart.

    Args:
        staged: Rows of `merge_repeated`.

    Returns:
        PERSON_KEYS, one row per delivery, person and check bits.
    """
    named = staged.filter(IS_KEPT).withColumn("check_bits", F.col(CHECK))
    return PERSON_KEYS.shape(named.select(*PERSON_KEYS.names).distinct())


def count_rows(staged: DataFrame) -> DataFrame:
    """Count the delivered rows of every delivery.

    Args:
        staged: Rows of `merge_repeated`.

    Returns:
        Per delivery_id: `rows_kept`, `rows_rejected` and `rows_conformed`.
    """
    n = F.col(N_ROWS)
    return staged.groupBy("delivery_id").agg(
        F.coalesce(F.sum(F.when(F.col(IS_KEPT), n)), F.lit(0)).alias("rows_kept"),
        F.coalesce(F.sum(F.when(~F.col(IS_KEPT), n)), F.lit(0)).alias("rows_rejected"),
        F.count_if(F.col(IS_KEPT)).alias("rows_conformed"),
    )


def count_reasons(rejected: DataFrame) -> DataFrame:
    """Count the rows set aside, without the rows.

    Args:
        rejected: REJECTED_ROWS.

    Returns:
        Per delivery and reason: `delivery_id`, `reason`, `rows`.
    """
    return rejected.groupBy("delivery_id", "reason").agg(F.sum("n_rows").alias("rows"))


def count_collisions(keys: DataFrame) -> DataFrame:
    """Count the persons who share a `person_id` with somebody else.

    Args:
        keys: PERSON_KEYS of every delivery.

    Returns:
        One row: `n_collisions`.
    """
    per_person = keys.groupBy("person_id").agg(
        F.min("check_bits").alias("least"), F.max("check_bits").alias("most")
    )
    return per_person.agg(F.count_if(F.col("least") != F.col("most")).alias("n"))
