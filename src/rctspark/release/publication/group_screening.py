"""Screen groups side by side: counts, means, and the tests that compare them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rctspark.contracts.descriptives import EVERY
from rctspark.release.audit import Mark
from rctspark.release.disclosure import HIDDEN, TOTAL, displayed, legend
from rctspark.release.publication.amounts import is_dominated, is_uniform
from rctspark.release.publication.linked_counts import UNKNOWN, link_counts
from rctspark.release.publication.study import (
    ALL,
    counted_groups,
    is_number,
    members_of,
    shown_groups,
    tested_arms,
)
from rctspark.release.sums import cell, two_way
from rctspark.release.suppression import suppress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.config import Thresholds
    from rctspark.config.plan import GroupLine, GroupsTable
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Book, Row


@dataclass(frozen=True, slots=True)
class Part:
    """Rows whose counts add up, as they may leave.

    Attributes:
        names: Characteristic and category of a row to its name among the numbers.
        texts: Name of a number, `<row> | <group>`, to how it is printed.
        marks: The same name to how it stands.
        besides: Names of rows that are not printed, on which every test rests too.
        is_one_test: Whether a test is of all rows, and not of its own.
    """

    names: Mapping[tuple[str, str], str]
    texts: Mapping[str, str]
    marks: Mapping[str, Mark]
    besides: tuple[str, ...]
    is_one_test: bool

    def is_open(self, key: tuple[str, str], group: str) -> bool:
        """Say whether all counts of a group that a row's test rests on are shown."""
        rows = self.names.values() if self.is_one_test else [self.names[key]]
        names = [cell(row, group) for row in (*rows, *self.besides)]
        return all(self.marks.get(name) is Mark.SHOWN for name in names)


def screen_groups(
    table: LaidTable,
    plan: GroupsTable,
    book: Book,
    thresholds: Thresholds,
    *,
    is_exempt: bool = False,
) -> LaidTable:
    """Hide small counts of a table of groups, means that rest on few, and tests.

    A p-value is an equation between the numbers that it compares: it leaves where all
    of its arm and of control are shown. Where all but a few persons of an arm are
    counted among, its per cents and its n would say how few are not.

    Args:
        table: The table as laid out, with counts.
        plan: What the plan says of it.
        book: The results.
        thresholds: Thresholds of the data owner.
        is_exempt: Whether the data owner exempts the persons among whom the table
            counts: they are counts by design.

    Returns:
        The table with hidden cells, still counts.

    Raises:
        DisclosureError: The table can't be made safe.
    """
    parts = _parts(table, plan, book, thresholds)
    rows = [
        _screened_row(
            row,
            plan,
            book,
            thresholds,
            parts,
            closed=set() if is_exempt else _closed(row, plan, book, thresholds),
        )
        for row in table.rows
    ]
    marks = [
        part.marks[cell(part.names[_key(row)], group)]
        for row in table.rows
        if (part := parts.get(_key(row))) is not None
        for group in shown_groups(plan, book.plan)
    ]
    is_hidden = any(HIDDEN in row.numbers.values() for row in rows)
    told = legend([*marks, *([Mark.HIDDEN] if is_hidden else [])], thresholds)
    return replace(table, rows=tuple(rows), legend=told)


def _screened_row(
    row: Row,
    plan: GroupsTable,
    book: Book,
    thresholds: Thresholds,
    parts: Mapping[tuple[str, str], Part],
    *,
    closed: set[str],
) -> Row:
    key, numbers = _key(row), dict(row.numbers)
    line, part = plan.lines.get(key[0]), parts.get(key)
    if line is None:
        return row
    is_open = {}
    for group in {*shown_groups(plan, book.plan), *book.plan.arms.all}:
        if part is None:
            is_open[group] = _may_show(line, group, book, thresholds)
            text = numbers.get(group, "") if is_open[group] else HIDDEN
        else:
            is_open[group] = part.is_open(key, group)
            text = part.texts.get(cell(part.names[key], group), HIDDEN)
        is_open[group] = is_open[group] and group not in closed
        if group in numbers:
            numbers[group] = HIDDEN if group in closed else text
    for word, group in counted_groups(plan).items():
        numbers[word] = HIDDEN if group in closed else numbers[word]
    for word, arm in tested_arms(plan).items():
        if numbers[word] and not (is_open[arm] and is_open[book.plan.arms.control]):
            numbers[word] = HIDDEN
    return replace(row, numbers=numbers)


def _closed(
    row: Row, plan: GroupsTable, book: Book, thresholds: Thresholds
) -> set[str]:
    """Return the groups of which all but a few persons are those that a row counts."""
    line = plan.lines.get(_key(row)[0])
    if line is None or line.among is None:
        return set()
    few = {
        arm
        for arm in book.plan.arms.all
        if 0 < book.size(arm) - _base(row, plan, arm, book) < thresholds.minimum_persons
    }
    # One arm would follow from all of them together.
    return few | {ALL} if few else few


def _key(row: Row) -> tuple[str, str]:
    return row.headings["characteristic"], row.headings["category"]


def _parts(
    table: LaidTable, plan: GroupsTable, book: Book, thresholds: Thresholds
) -> dict[tuple[str, str], Part]:
    """Put the rows together that count categories of one thing, and screen them."""
    together: dict[str, list[Row]] = {}
    for row in table.rows:
        heading = row.headings["characteristic"]
        line = plan.lines.get(heading)
        if line is None or is_number(plan, line):
            continue
        name = line.covariate or ("outcomes" if plan.total else f"{heading} only")
        together.setdefault(name, []).append(row)
    found: dict[tuple[str, str], Part] = {}
    for rows in together.values():
        covariate = plan.lines[rows[0].headings["characteristic"]].covariate
        part = (
            _part_of_outcomes(rows, plan, book, thresholds)
            if covariate is None
            else _part_of_covariate(covariate, rows, plan, book, thresholds)
        )
        found |= {_key(row): part for row in rows}
    return found


def _part_of_covariate(
    covariate: str,
    rows: list[Row],
    plan: GroupsTable,
    book: Book,
    thresholds: Thresholds,
) -> Part:
    names = {
        (heading, label): plan.lines[heading].categories[label]
        for heading, label in map(_key, rows)
    }
    linked = link_counts(covariate, tuple(dict.fromkeys(names.values())), book)
    marks = linked.marks(thresholds)
    rest = (UNKNOWN, TOTAL) if cell(UNKNOWN, ALL) in marks else (TOTAL,)
    texts = displayed(linked.sums.counts, marks, thresholds)
    return Part(names, texts, marks, rest, is_one_test=True)


def _part_of_outcomes(
    rows: list[Row], plan: GroupsTable, book: Book, thresholds: Thresholds
) -> Part:
    """Screen persons with outcomes, by arm: with a total, or each beside the others."""
    arms = book.plan.arms.all
    names = {
        _key(row): TOTAL if row.headings["characteristic"] == plan.total else _name(row)
        for row in rows
    }
    parts = [row for row in rows if names[_key(row)] != TOTAL]
    shown = [_name(row) for row in parts]
    counts = {
        (_name(row), arm): _count(row, plan, arm, book) for row in parts for arm in arms
    }
    rest: tuple[str, ...] = (TOTAL,)
    if len(parts) == len(rows):
        for arm in arms:
            here = sum(counts[name, arm] for name in shown)
            counts[UNKNOWN, arm] = _base(rows[0], plan, arm, book) - here
        if any(counts[UNKNOWN, arm] for arm in arms):
            shown.append(UNKNOWN)
            rest = (UNKNOWN, TOTAL)
    sums = two_way(counts, rows=shown, columns=arms, total=TOTAL)
    marks = suppress(sums, thresholds)
    texts = displayed(sums.counts, marks, thresholds)
    for row in (*shown, TOTAL):
        marks[cell(row, ALL)] = marks[cell(row, TOTAL)]
        texts[cell(row, ALL)] = texts[cell(row, TOTAL)]
    is_split = TOTAL in names.values()
    return Part(names, texts, marks, () if is_split else rest, is_one_test=False)


def _name(row: Row) -> str:
    return f"{row.headings['characteristic']}, {row.headings['category']}"


def _count(row: Row, plan: GroupsTable, arm: str, book: Book) -> int:
    line = plan.lines[row.headings["characteristic"]]
    return book.persons(line.outcome or "", line.base, arm, line.horizon)


def _base(row: Row, plan: GroupsTable, arm: str, book: Book) -> int:
    line = plan.lines[row.headings["characteristic"]]
    if line.among is None:
        return book.size(arm)
    return book.base(line.outcome or "", line.base, arm, line.horizon)


def _may_show(line: GroupLine, group: str, book: Book, thresholds: Thresholds) -> bool:
    """Say whether a mean rests on enough persons, and tells of none of them."""
    for member in members_of(group, book.plan):
        found = book.count(
            line.outcome or line.covariate or "",
            line.base if line.outcome else EVERY,
            member,
            line.horizon,
        )
        if found is None or found.base_persons < thresholds.minimum_persons:
            return False
        if is_dominated(found, thresholds) or is_uniform(found):
            return False
    return True
