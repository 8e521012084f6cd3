"""Rows of one key in a delivery: duplicates, corrections and contradictions."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from rctspark.sources.conform import (
    CELLS,
    CHECK,
    KEY_HASH,
    REASONS,
    REPEATED,
    ROW_HASH,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyspark.sql import Column

    from rctspark.contracts import Table

N_ROWS, IS_KEPT = "_n_rows", "_is_kept"
DUPLICATE = "the row stands in the delivery more than once"
CONFLICT = "the key stands in the delivery more than once, with other values"
SAID_BEFORE = "another row of the delivery says the same"
AMOUNTS = ("decimal(12,2)", "decimal(10,2)", "decimal(8,2)")


def merge_repeated(judged: DataFrame, *, table: Table, how: Iterable[str]) -> DataFrame:
    """Leave one row per key; set aside what stood there more than once.

    Wholly equal rows are duplicates: one is kept. Rows of one key that differ are
    corrections (`sum`: amounts are added, the rest comes from the row with the largest
    amount) or contradict one another (`reject`: all are set aside, unless they say
    the same of the person, as where both partners come first in a row: one is kept).

    Keys that may stand there twice are found by a count of hashes and are few: all
    other rows stay where they are.

    Args:
        judged: Rows of `conform_rows`, read back from where they were written.
        table: Their table.
        how: What the mappings of the rows say: `sum`, `reject`, or both.

    Returns:
        The table's columns, `_reasons`, `_cells` and `_check` as they came, or for
        rows set aside here the reason and the row as conformed; and: `_is_kept`;
        `_n_rows` (delivered rows that this one stands for).
    """
    suspected = (
        judged.filter(F.col(KEY_HASH).isNotNull())
        .groupBy(KEY_HASH)
        .agg(F.count(F.lit(1)).alias("n"))
        .filter("n > 1")
        .select(KEY_HASH, F.lit(True).alias("_again"))  # noqa: FBT003
    )
    told = judged.join(F.broadcast(suspected), on=KEY_HASH, how="left")
    once = told.filter("_again IS NULL").withColumn(N_ROWS, F.lit(1).cast("bigint"))
    again = _tell_duplicates(told.filter("_again"), table=table)
    columns = [*table.names, CELLS, REASONS, N_ROWS, CHECK]
    merges = {"sum": _sum_amounts, "reject": _reject_conflicts}
    parts = [once] + [
        merges[one](again.filter(F.col(REPEATED) == one), table) for one in sorted(how)
    ]
    merged = reduce(DataFrame.unionByName, [part.select(*columns) for part in parts])
    return merged.withColumn(IS_KEPT, F.col(REASONS) == "")


def _tell_duplicates(rows: DataFrame, *, table: Table) -> DataFrame:
    """Leave one of wholly equal rows; where there were n, set n - 1 aside as one."""
    key = list(table.key)
    rest = [*(c for c in table.names if c not in key), CHECK]
    distinct = rows.groupBy(*key, ROW_HASH, REPEATED).agg(
        F.first(F.struct(*rest)).alias("_rest"), F.count(F.lit(1)).alias("_n")
    )
    kept = _fate("", F.lit(1), None)
    again = _fate(DUPLICATE, F.col("_n") - 1, _conformed_cells(table))
    fates = F.when(F.col("_n") > 1, F.array(kept, again)).otherwise(F.array(kept))
    flat = distinct.select(*key, ROW_HASH, REPEATED, "_n", "_rest.*")
    split = flat.withColumn("_fate", F.explode(fates))
    return split.select("*", "_fate.*").drop("_fate", "_n")


def _fate(reasons: str, n_rows: Column, cells: Column | None) -> Column:
    text = F.lit(None) if cells is None else cells
    return F.struct(
        F.lit(reasons).alias(REASONS),
        n_rows.cast("bigint").alias(N_ROWS),
        text.cast("string").alias(CELLS),
    )


def _sum_amounts(rows: DataFrame, table: Table) -> DataFrame:
    key = list(table.key)
    amounts = [c for c in table.columns if c.type in AMOUNTS and c.name not in key]
    rest = [c.name for c in table.columns if c not in amounts and c.name not in key]
    # Rows set aside stay apart: each is a lane of its own.
    lane = F.when(F.col(REASONS) != "", F.col(ROW_HASH))
    largest = F.struct(F.col(amounts[0].name), F.col(ROW_HASH))
    summed = (
        rows.withColumn("_lane", lane)
        .groupBy(*key, "_lane")
        .agg(
            *[F.sum(c.name).cast(c.type).alias(c.name) for c in amounts],
            F.max_by(F.struct(*rest, CHECK, CELLS, REASONS), largest).alias("_others"),
            F.sum(N_ROWS).alias(N_ROWS),
        )
    )
    return summed.select(*key, *[c.name for c in amounts], "_others.*", N_ROWS)


def _reject_conflicts(rows: DataFrame, table: Table) -> DataFrame:
    rest = [c.name for c in table.columns if c.name not in table.key]
    # Spark compares no maps; as JSON they are compared as they were written. With the
    # check bits, so that two persons of one pseudonym never agree.
    said = F.to_json(F.struct(*rest, CHECK))
    same_key = Window.partitionBy(*table.key)
    is_sound = F.col(REASONS) == ""
    told = rows.withColumns({"_said": said, "_sound": is_sound}).withColumns(
        {
            "_n": F.count_if("_sound").over(same_key),
            "_least": F.min(F.when(F.col("_sound"), F.col("_said"))).over(same_key),
            "_most": F.max(F.when(F.col("_sound"), F.col("_said"))).over(same_key),
            "_place": F.row_number().over(
                Window.partitionBy(*table.key, "_sound").orderBy(ROW_HASH)
            ),
        }
    )
    agrees = F.col("_least") == F.col("_most")
    fault = F.when(~F.col("_sound") | (F.col("_n") < 2), None)  # noqa: PLR2004
    fault = fault.when(~agrees, CONFLICT).when(F.col("_place") > 1, SAID_BEFORE)
    return told.withColumn("_fault", fault).withColumns(
        {
            REASONS: F.coalesce("_fault", REASONS),
            CELLS: F.when(
                F.col("_fault").isNotNull(), _conformed_cells(table)
            ).otherwise(F.col(CELLS)),
        }
    )


def _conformed_cells(table: Table) -> Column:
    hidden = {"delivery_id", "person_id"}
    return F.to_json(F.struct(*[n for n in table.names if n not in hidden]))
