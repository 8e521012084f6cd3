"""Delivered text to typed cells; what can't be read is a fault, not a guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.config.mapping import FileLayout, RawColumn

FAULTS = "_faults"
DATE = re.compile(r"date\((.+)\)")
COMPACT = "yyyyMMdd"
KINDS = {
    "int": "whole number",
    "decimal": "number",
    "date": "date",
    "boolean": "yes/no",
}


def parse_cells(
    rows: DataFrame, *, columns: tuple[RawColumn, ...], layout: FileLayout
) -> DataFrame:
    """Give every declared column its declared type, and list what can't be read.

    Args:
        rows: Declared columns as delivered.
        columns: Their declarations.
        layout: How the file writes numbers.

    Returns:
        The same rows and other columns; the declared columns typed, codes translated
        to their meaning, blanks null; `_faults`: the faults of the row in words,
        separated by '; ' (empty: none). A fault names the column, never the value.
    """
    types = dict(rows.dtypes)
    parsed: dict[str, Column] = {}
    faults: list[Column] = []
    for column in columns:
        cell = _blank_to_null(column) if types[column.name] == "string" else None
        value = _typed(column, cell, layout)
        parsed[column.name] = value
        raw = F.col(f"`{column.name}`") if cell is None else cell
        unreadable = raw.isNotNull() & value.isNull()
        faults.append(F.when(unreadable, F.lit(_words(column))))
        if column.between is not None:
            low, high = column.between
            words = f"{column.name} does not lie between {low} and {high}"
            faults.append(F.when(~value.between(low, high), F.lit(words)))
        if column.filled:
            faults.append(F.when(raw.isNull(), F.lit(f"{column.name} is empty")))
    others = [name for name in rows.columns if name not in parsed]
    return rows.select(
        *[value.alias(name) for name, value in parsed.items()],
        *others,
        F.concat_ws("; ", *faults).alias(FAULTS),
    )


def _blank_to_null(column: RawColumn) -> Column:
    trimmed = F.trim(F.col(f"`{column.name}`"))
    return F.when(~trimmed.isin("", *column.empty), trimmed)


def _typed(column: RawColumn, cell: Column | None, layout: FileLayout) -> Column:
    pattern = DATE.fullmatch(column.type)
    kind = "date" if pattern else column.type
    if cell is None:  # Parquet has a type of its own
        return F.col(f"`{column.name}`").try_cast(kind)
    if column.codes:
        return _translated(cell, column.codes)
    if kind.startswith("decimal") and layout.decimal == ",":
        return F.replace(cell, F.lit(","), F.lit(".")).try_cast(kind)
    if pattern and pattern.group(1) == COMPACT:
        return _compact_date(cell)
    if pattern:
        return F.try_to_date(cell, pattern.group(1))
    return cell if kind == "string" else cell.try_cast(kind)


def _compact_date(cell: Column) -> Column:
    """Read yyyymmdd; as ISO text, because Spark reads that without a formatter."""
    parts = [F.substring(cell, *at) for at in ((1, 4), (5, 2), (7, 2))]
    is_whole = cell.rlike(r"^\d{8}$")
    return F.when(is_whole, F.concat_ws("-", *parts)).try_cast("date")


def _translated(cell: Column, codes: dict[str, str]) -> Column:
    pairs = [
        F.lit(text) for code, words in codes.items() for text in (code.upper(), words)
    ]
    return F.try_element_at(F.create_map(*pairs), F.upper(cell))


def _words(column: RawColumn) -> str:
    if column.codes:
        return f"{column.name} holds a code that is not listed"
    kind = column.type.split("(")[0]
    return f"{column.name} is no {KINDS.get(kind, kind)}"
