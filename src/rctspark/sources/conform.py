"""Delivered rows to conformed rows: typed, keyed, pseudonymised, all accounted for.

Every row of a file ends either among the rows kept or among those set aside, with a
reason. The two stand in one frame until they are written, so that a file is read once
(`conform_rows`); only then are rows of one key held against one another
(`repeated`), because few are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.config.mapping import FEEDABLE
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
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, Observation

    from rctspark.config.mapping import Feed, Identifier, Mapping
    from rctspark.contracts import Table

RAW, CELLS, REASONS, CHECK = "_raw", "_cells", "_reasons", "_check"
ROW_HASH, KEY_HASH, REPEATED = "_row_hash", "_key_hash", "_repeated"


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
        The table's columns (null where a cell can't be read), and: `_reasons` (empty
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
    judged = _judge(conformed, table, mapping, identifier)
    key_hash = F.when(F.col(REASONS) == "", F.xxhash64(*table.key))
    return judged.withColumns({KEY_HASH: key_hash, REPEATED: F.lit(feed.repeated)})


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


def _judge(
    rows: DataFrame, table: Table, mapping: Mapping, identifier: Identifier
) -> DataFrame:
    """List every reason for which a row can't be kept."""
    faults = [
        F.when(F.col(CORRUPT).isNotNull(), "the row has another number of cells"),
        F.when(F.col(FAULTS) != "", F.col(FAULTS)),
        F.when(F.col("person_id").isNull(), identifier_fault(identifier)),
    ]
    faults += [
        F.when(
            ~F.expr(f"coalesce({promise.holds}, true)"),
            f"this does not hold: {promise.words}",
        )
        for promise in table.promises
        if not promise.id.endswith(".person_id.present")
    ]
    reasons = F.concat_ws("; ", *faults)
    holds_bsn = any(named.kind == "bsn" for named in mapping.identifiers)
    text = masked(F.to_json(RAW), holds_bsn=holds_bsn)
    cells = F.when(F.col(REASONS) != "", text)
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
