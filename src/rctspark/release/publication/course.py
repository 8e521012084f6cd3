"""Contacts by period, kind and arm: the course of services over time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.release.audit import Mark
from rctspark.release.disclosure import HIDDEN, legend
from rctspark.release.publication.amounts import is_dominated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.config import Thresholds
    from rctspark.config.plan import CourseTable
    from rctspark.contracts import Descriptive
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Book, Row

NOT_OBSERVED = ""
"""How a number stands in a period that the register does not speak for."""


def course_cells(
    table: CourseTable, book: Book
) -> Iterator[tuple[dict[str, str], dict[str, str], dict[str, int]]]:
    """Lay the course of contacts out: periods in order, kinds in the plan's.

    Args:
        table: A table of the plan.
        book: The results.

    Yields:
        Headings, numbers and persons of each row. Contacts and persons of a period
        in which nobody is observed are empty texts, never zero.
    """
    outcomes = {o.name: o for o in book.plan.panel_outcomes}
    horizons = sorted(
        {h for name in table.lines.values() for h in book.plan.horizons(outcomes[name])}
    )
    for horizon in horizons:
        for label, name in table.lines.items():
            numbers: dict[str, str] = {}
            persons: dict[str, int] = {}
            for arm in book.plan.arms.all:
                found = book.count(name, table.base, arm, horizon)
                is_seen = found is not None and found.base_persons > 0
                total = found.total if found is not None else None
                numbers[arm] = str(round(total or 0)) if is_seen else NOT_OBSERVED
                persons[arm] = found.base_persons if found is not None else 0
                numbers[f"n {arm}"] = str(persons[arm])
            headings = {"horizon": str(horizon), "label": label}
            yield headings, numbers, persons


def screen_course(
    table: LaidTable, plan: CourseTable, book: Book, thresholds: Thresholds
) -> LaidTable:
    """Hide contacts that few persons had, or nearly all, or one most of.

    No totals stand in the table, so a hidden number does not follow from the others.

    Args:
        table: A table as laid out.
        plan: What the plan says of it.
        book: The results.
        thresholds: Thresholds of the data owner.

    Returns:
        The table with hidden cells as `x`, and their legend.
    """
    is_hidden = False
    rows: list[Row] = []
    for row in table.rows:
        numbers = dict(row.numbers)
        for arm in book.plan.arms.all:
            name, horizon = plan.lines[row.headings["label"]], row.headings["horizon"]
            found = book.count(name, plan.base, arm, int(horizon))
            if found is None:
                continue
            fewest, unseen = (
                thresholds.minimum_persons,
                book.size(arm) - row.persons[arm],
            )
            if 0 < unseen < fewest:
                is_hidden = True
                numbers |= {arm: HIDDEN, f"n {arm}": HIDDEN}
            elif _tells_of_few(found, thresholds):
                is_hidden = True
                numbers[arm] = HIDDEN
        rows.append(replace(row, numbers=numbers))
    told = legend([Mark.HIDDEN] if is_hidden else [], thresholds)
    return replace(table, rows=tuple(rows), legend=told)


def _tells_of_few(found: Descriptive, thresholds: Thresholds) -> bool:
    fewest, base = thresholds.minimum_persons, found.base_persons
    few = (found.persons, base - found.persons)
    return (
        any(0 < n < fewest for n in few)
        or found.persons > thresholds.maximum_share * base
        or is_dominated(found, thresholds)
    )
