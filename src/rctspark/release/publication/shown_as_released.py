"""Tables that read as they stand in their file, with words for names of the plan."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from rctspark.config.plan import HEADINGS, GroupsTable, WeightsTable
from rctspark.release.numerals import MINUS, persons
from rctspark.release.publication.shown_table import Group, Laid
from rctspark.release.publication.study import counted_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.release.labels import Labels
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Row

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""How names stand in a plan and in released files."""


def as_released(table: LaidTable, labels: Labels) -> Laid:
    """Show a table as it stands in its file, with words for names of the plan.

    The persons of a table of groups stand below the rows that count among them.
    """
    counted = {}
    if isinstance(table.plan, GroupsTable):
        counted = counted_groups(table.plan)
    columns = [c for c, word in table.plan.columns.items() if word not in counted]
    head = tuple(_in_words(c, labels) for c in columns)
    rows = []
    for row, after in zip_longest(table.rows, table.rows[1:]):
        line, words = table.line(row), _heading_cells(table, row, labels)
        rows.append(tuple(words.get(c) or number_words(line[c]) for c in columns))
        below = _persons_below(row, after, table, counted)
        rows += [(rows[-1][0], *below)[-len(columns) :]] if below else []
    if not is_grouped(table):
        return head, (Group("", tuple(rows)),)
    groups = [
        Group(title, tuple(row[1:] for row in rows if row[0] == title))
        for title in dict.fromkeys(row[0] for row in rows)
    ]
    return head[1:], tuple(groups)


def _persons_below(
    row: Row, after: Row | None, table: LaidTable, counted: Mapping[str, str]
) -> tuple[str, ...]:
    """Return n of the rows up to this one; empty: the next row is of the same."""
    n = {group: row.numbers[word] for word, group in counted.items()}
    if not n or (after and n == {g: after.numbers[w] for w, g in counted.items()}):
        return ()
    words = [word for word in table.plan.columns.values() if word not in counted]
    numbers = [w for w in words if w not in HEADINGS["groups"]]
    return ("n", *(persons(n.get(word, "")) for word in numbers))


def number_words(text: str) -> str:
    """Write a number of a file for reading: thousands apart, a true minus sign."""
    return persons(text).replace("-", MINUS)


def _heading_words(table: LaidTable, text: str, labels: Labels) -> str:
    """Return the words for a heading; a table may have its own for a name."""
    own = f"{table.name}_{text}"
    return labels.of(own) if own in labels.plan.labels else _in_words(text, labels)


def _heading_cells(table: LaidTable, row: Row, labels: Labels) -> dict[str, str]:
    """Return the words for a row's headings; what repeats the first is a dash."""
    line, (first, *others) = table.line(row), table.headings
    words = {first: _heading_words(table, line[first], labels)}
    for column in others:
        is_same = isinstance(table.plan, GroupsTable) and line[column] == line[first]
        told = _heading_words(table, line[column], labels)
        words[column] = "\N{EN DASH}" if is_same else told
    return words


def _in_words(text: str, labels: Labels) -> str:
    """Return the words for a name; what is no name stays: `55+`, `1`, `Men`."""
    is_name = text in labels.plan.labels or CODE.fullmatch(text) is not None
    return labels.of(text) if is_name else text


def is_grouped(table: LaidTable) -> bool:
    """Say whether the first heading stands above several rows."""
    return (
        isinstance(table.plan, (GroupsTable, WeightsTable)) and len(table.headings) > 1
    )
