"""Tables that read as they stand in their file, with words for names of the plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rctspark.config.plan import GroupsTable, WeightsTable
from rctspark.release.numerals import MINUS, persons
from rctspark.release.publication.shown_table import Group, Laid

if TYPE_CHECKING:
    from rctspark.release.labels import Labels
    from rctspark.release.publication.layout import LaidTable

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""How names stand in a plan and in released files."""
ROUNDED_OFF = re.compile(r"0\.0+")


def as_released(table: LaidTable, labels: Labels) -> Laid:
    """Show a table as it stands in its file, with words for names of the plan."""
    head = tuple(_in_words(c, labels) for c in table.plan.columns)
    rows = [
        tuple(
            _in_words(text, labels)
            if column in table.headings
            else number_words(text, column)
            for column, text in table.line(row).items()
        )
        for row in table.rows
    ]
    if not is_grouped(table):
        return head, (Group("", tuple(rows)),)
    groups = [
        Group(title, tuple(row[1:] for row in rows if row[0] == title))
        for title in dict.fromkeys(row[0] for row in rows)
    ]
    return head[1:], tuple(groups)


def number_words(text: str, column: str) -> str:
    """Write a number of a file for reading: thousands apart, a true minus sign.

    A p-value that a file rounds to nothing is small, and not zero.
    """
    if column == "p" and ROUNDED_OFF.fullmatch(text):
        return f"<{text[:-1]}1"
    return persons(text).replace("-", MINUS)


def _in_words(text: str, labels: Labels) -> str:
    """Return the words for a name; what is no name stays: `55+`, `1`, `Men`."""
    is_name = text in labels.plan.labels or CODE.fullmatch(text) is not None
    return labels.of(text) if is_name else text


def is_grouped(table: LaidTable) -> bool:
    """Say whether the first heading stands above several rows."""
    return (
        isinstance(table.plan, (GroupsTable, WeightsTable)) and len(table.headings) > 1
    )
