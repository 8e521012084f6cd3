"""The data dictionary: every table and column, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.contracts.table import Column, Table

HEAD = """# The tables

Made by `make docs` from `src/rctspark/contracts/`; a test holds the two together.
A column without "null:" can't be null. Restricted tables are for those who may look at
single persons' rows. Delivered (raw) tables are not among these: a mapping is the
contract of its own, with name, type and meaning of every column (registers.md).
"""


def write_dictionary(tables: Iterable[Table]) -> str:
    """Write the data dictionary as Markdown.

    Args:
        tables: The tables.

    Returns:
        The page.
    """
    return "\n".join([HEAD, *(_section(table) for table in tables)])


def _section(table: Table) -> str:
    access = " (restricted)" if table.access == "restricted" else ""
    lines = [
        f"## {table.name}{access}",
        "",
        f"{table.grain[0].upper()}{table.grain[1:]}. Key: {', '.join(table.key)}.",
        "",
        "| column | type | meaning |",
        "|---|---|---|",
        *(f"| {c.name} | {c.type} | {_meaning(c)} |" for c in table.columns),
        "",
    ]
    if table.rules:
        lines += ["Promised of every row:", ""]
        lines += [f"- {words}" for words in table.rules] + [""]
    return "\n".join(lines)


def _meaning(column: Column) -> str:
    words = column.meaning
    if column.unit:
        words += f" Unit: {column.unit}."
    if column.allowed:
        words += f" One of: {', '.join(column.allowed)}."
    if column.null_means:
        words += f" Null: {column.null_means}."
    return words
