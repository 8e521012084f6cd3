"""A twin's tables beside the published ones, cell by cell.

A twin is built towards published figures, so this says whether the way from its events
to the tables is right; of real data it says nothing, and it is made before disclosure
control, so it exists for synthetic data alone.
"""

from __future__ import annotations

import csv
import re
from dataclasses import astuple, dataclass
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import TYPE_CHECKING

from rctspark.release.publication.layout import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rctspark.release.publication.layout import LaidTable

CONFLICTS = "conflicts.csv"
HEADER = ("table", "row", "column", "published", "reproduced", "agrees", "reason")
NOT_EXPLAINED = "not explained"
RANGE = re.compile(r"(\d+)-(\d+)|<(\d+)", re.ASCII)
Cells = dict[tuple[str, str, str], str]
Headings = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ComparedCell:
    """One published number or sign beside the one found.

    Attributes:
        table: Name of the table.
        row: Headings of the row but the unit: `all | exit | 6`.
        column: Heading of the column.
        published: As printed; empty: no sign.
        reproduced: As laid out before disclosure control; empty: no sign, or nothing.
        agrees: `yes` where both are the same number, or the same sign; else `no`.
        reason: Why they can't be the same, where that is known.
    """

    table: str
    row: str
    column: str
    published: str
    reproduced: str
    agrees: str
    reason: str


def compare_with_published(
    folder: Path, tables: Iterable[LaidTable]
) -> tuple[ComparedCell, ...]:
    """Put every published cell beside the one found.

    Args:
        folder: `conf/published/<experiment>`, one file per table, and in
            `conflicts.csv` the cells that can't be given back, with the reason.
        tables: The tables as laid out, before disclosure control.

    Returns:
        One line per number and sign of the folder, in its order; headings of rows
        are not compared, but name the row.
    """
    found = dict(_laid_cells(tables))
    headings = {t.name: (t.headings, t.keys) for t in tables}
    reasons = _reasons(folder)
    lines = []
    cells = published_cells(folder, headings)
    stated = {key[::2] for key, text in cells.items() if _is_stated(text)}
    for key, published in cells.items():
        if not published and key[::2] in stated:
            continue  # a column of numbers or answers in which this one was not printed
        reproduced = found.get(key)
        agrees = reproduced is not None and is_same(published, reproduced)
        reason = "" if agrees else reasons.get(key, NOT_EXPLAINED)
        answer = "yes" if agrees else "no"
        lines.append(ComparedCell(*key, published, reproduced or "", answer, reason))
    return tuple(lines)


def published_cells(
    folder: Path, headings: Mapping[str, Headings] | None = None
) -> Cells:
    """Read the published numbers and signs.

    Args:
        folder: Folder of CSV files, one per table.
        headings: Table to the columns that hold no numbers, and those of them that
            tell rows apart; of a table that is absent here, both are the columns
            before the first number.

    Returns:
        Table, row and column to text, in the order of the files.
    """
    cells: Cells = {}
    for path in sorted(folder.glob("*.csv")):
        if path.name == CONFLICTS:
            continue
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        words = _words_before(rows)
        before, keys = (headings or {}).get(path.stem, (words, words))
        for row in rows:
            name = SEPARATOR.join(row[key] for key in keys if row.get(key))
            cells |= {
                (path.stem, name, column): text
                for column, text in row.items()
                if column not in before
            }
    return cells


def is_same(published: str, reproduced: str) -> bool:
    """Say whether two texts are the same number, or the same sign.

    Where a range was published to hide a number (`27-30`, `<6`), the number lies in it.
    """
    hidden = RANGE.fullmatch(published)
    try:
        found = Decimal(reproduced)
        if hidden is not None:
            low, high, below = hidden.groups()
            return found < int(below) if below else int(low) <= found <= int(high)
        return Decimal(published) == found
    except InvalidOperation:
        return published == reproduced


def comparison_csv(lines: Iterable[ComparedCell]) -> bytes:
    """Write the comparison as comma-separated UTF-8."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(astuple(line) for line in lines)
    return text.getvalue().encode()


def _laid_cells(
    tables: Iterable[LaidTable],
) -> Iterator[tuple[tuple[str, str, str], str]]:
    for table in tables:
        for row in table.rows:
            for column, text in table.line(row).items():
                if column not in table.headings:
                    yield (table.name, table.key(row), column), text


def _words_before(rows: list[dict[str, str]]) -> tuple[str, ...]:
    before = []
    for column in rows[0] if rows else ():
        if all(_is_number(row[column]) for row in rows):
            break
        before.append(column)
    return tuple(before)


def _is_stated(text: str) -> bool:
    """Say whether a column with this text would print every cell that was found."""
    return _is_number(text) or text in {"yes", "no"}


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True


def _reasons(folder: Path) -> Cells:
    path = folder / CONFLICTS
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {(r["table"], r["row"], r["column"]): r["reason"] for r in rows}
