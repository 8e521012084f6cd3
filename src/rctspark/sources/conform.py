"""Delivered rows to conformed rows: typed, keyed, pseudonymised, all accounted for.

Every row of a file ends either among the rows kept or among those set aside, with a
reason. The two stand in one frame until they are written, so that a file is read once
(`conform_rows`); only then are rows of one key held against one another
(`merge_repeated`), because few are.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from rctspark.config.mapping import FEEDABLE
from rctspark.contracts import PERSON_KEYS, REJECTED_ROWS
from rctspark.sources.cells import FAULTS, parse_cells
from rctspark.sources.identity import (
    attach_pseudonyms,
    identifier_fault,
    identifier_text,
    masked,
    parity,
)
from rctspark.sources.raw import CORRUPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import Column, Observation

    from rctspark.config.mapping import Feed, Identifier, Mapping
    from rctspark.contracts import Table

RAW, CELLS, REASONS, N_ROWS, CHECK = "_raw", "_cells", "_reasons", "_n_rows", "_check"
ROW_HASH, KEY_HASH, REPEATED = "_row_hash", "_key_hash", "_repeated"
IS_KEPT = "_is_kept"
DUPLICATE = "the row stands in the delivery more than once"
CONFLICT = "the key stands in the delivery more than once, with other values"
SAID_BEFORE = "another row of the delivery says the same"
AMOUNTS = ("decimal(12,2)", "decimal(10,2)", "decimal(8,2)")


def conform_rows(
    raw: DataFrame,
    pads: DataFrame,
    *,
    mapping: Mapping,
    feed: Feed,
    deliveries: Sequence[str],
    read: Observation,
) -> DataFrame:
    """Conform the rows of files of one layout for one table: one pass, no shuffle.

    Args:
        raw: The files, as `read_raw` gives them, with `delivery_id`, `_period` and
            `_delivered_on`.
        pads: The key of the pseudonyms, as `make_pads` gives it.
        mapping: Their layout.
        feed: How the table is made of them.
        deliveries: Ids of the files as deliveries for the table.
        read: Told the rows meant for the table when the result is written: a count
            per delivery, by its id.

    Returns:
        The table's columns (null where a row is set aside), and: `_reasons` (empty
        where the row is sound); `_cells` (the row as delivered, as JSON, identifiers
        masked; null where sound); `_check` (the bits that tell colliding pseudonyms
        apart); `_row_hash` (of the row as delivered); `_key_hash` (of the table's
        key; null where the row is set aside); `_repeated` (what the mapping says of
        rows of one key).
    """
    table = FEEDABLE[feed.table]
    identifier = feed.identifier or mapping.identifier
    hashed = raw.withColumn(ROW_HASH, _row_hash(mapping))
    # Kept as it came; written as JSON only where the row is set aside.
    whole = hashed.withColumn(RAW, _raw_cells(mapping))
    typed = parse_cells(whole, columns=mapping.columns, layout=mapping.file)
    meant = typed.filter(feed.where) if feed.where else typed
    if feed.each:
        meant = meant.withColumn("each", F.explode(F.expr(feed.each)))
    meant = meant.observe(read, *[_rows_of(i) for i in deliveries])
    named = _attach_persons(meant, pads, feed=feed, identifier=identifier)
    conformed = _attach_columns(named, table, feed=feed)
    judged = _judge(conformed, table, identifier)
    key_hash = F.when(F.col(REASONS) == "", F.xxhash64(*table.key))
    return judged.withColumns({KEY_HASH: key_hash, REPEATED: F.lit(feed.repeated)})


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
        The table's columns, `_reasons`, `_cells` and `_check` as they came, and:
        `_is_kept`; `_n_rows` (delivered rows that this one stands for).
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
    """Keep the rows that were set aside; equal ones are counted together.

    Args:
        staged: Rows of `merge_repeated`.
        register: Table that they were meant for.

    Returns:
        REJECTED_ROWS.
    """
    first = F.substring_index(REASONS, "; ", 1)
    rows = (
        staged.filter(~F.col(IS_KEPT))
        .withColumns({"reason": first, "cells": F.coalesce(CELLS, F.lit("{}"))})
        .groupBy("delivery_id", "reason", "cells")
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


def _attach_persons(
    rows: DataFrame, pads: DataFrame, *, feed: Feed, identifier: Identifier
) -> DataFrame:
    texts = {"person_id": identifier_text(identifier)}
    kinds = {"person_id": identifier.kind}
    if feed.linked_identifier is not None:
        rows = rows.withColumn("linked_kind", F.lit(feed.linked_identifier.kind))
        texts["linked_person_id"] = identifier_text(feed.linked_identifier)
        kinds["linked_person_id"] = feed.linked_identifier.kind
    with_parity = rows.withColumn(
        "id_parity",
        parity(texts["person_id"]) if identifier.kind == "bsn" else _no_text(),
    )
    named = attach_pseudonyms(with_parity, pads, texts=texts, kind=kinds)
    return named.withColumn(CHECK, F.col("person_id_check"))


def _no_text() -> Column:
    return F.lit(None).cast("string")


def _attach_columns(rows: DataFrame, table: Table, *, feed: Feed) -> DataFrame:
    """Evaluate the mapping's expressions, each cast to the contract's type."""
    made = {
        name: F.expr(sql).try_cast(table[name].type)
        for name, sql in feed.columns.items()
    }
    absent = {
        c.name: F.lit(None).cast(c.type)
        for c in table.columns
        if c.name not in made and c.name not in rows.columns
    }
    given_names = [n for n in table.names if n not in made and n in rows.columns]
    return rows.select(
        *given_names,
        *[column.alias(name) for name, column in (made | absent).items()],
        *[FAULTS, CORRUPT, RAW, ROW_HASH, CHECK],
    )


def _judge(rows: DataFrame, table: Table, identifier: Identifier) -> DataFrame:
    """List every reason for which a row can't be kept."""
    faults = [
        F.when(F.col(CORRUPT).isNotNull(), "the row has another number of cells"),
        F.when(F.col(FAULTS) != "", F.col(FAULTS)),
        F.when(F.col("person_id").isNull(), identifier_fault(identifier)),
    ]
    faults += [
        F.when(~F.expr(f"coalesce({promise.holds}, true)"), promise.words)
        for promise in table.promises
        if not promise.id.endswith(".person_id.present")
    ]
    reasons = F.concat_ws("; ", *faults)
    cells = F.when(F.col(REASONS) != "", masked(F.to_json(RAW)))
    return rows.withColumn(REASONS, reasons).withColumn(CELLS, cells).drop(RAW)


def _rows_of(delivery_id: str) -> Column:
    return F.count_if(F.col("delivery_id") == delivery_id).alias(delivery_id)


def _row_hash(mapping: Mapping) -> Column:
    return F.xxhash64(*[F.col(f"`{c.name}`") for c in mapping.columns])


def _raw_cells(mapping: Mapping) -> Column:
    identifiers = {name for kind in mapping.identifiers for name in kind.columns}
    cells = [
        F.when(F.trim(f"`{c.name}`") != "", "***").alias(c.name)
        if c.name in identifiers
        else F.col(f"`{c.name}`").cast("string").alias(c.name)
        for c in mapping.columns
    ]
    return F.struct(*cells)


def _conformed_cells(table: Table) -> Column:
    hidden = {"delivery_id", "person_id"}
    return F.to_json(F.struct(*[n for n in table.names if n not in hidden]))
