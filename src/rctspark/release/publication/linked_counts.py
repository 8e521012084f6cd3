"""Counts of a covariate by group, over all tables of a plan that print them.

The participants of one table are the target population's of another: the same persons,
so the same number. What is hidden in one table is hidden in every one, and a number
must not follow from two tables that are each safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from rctspark.config.plan import GroupsTable
from rctspark.contracts.descriptives import TARGET
from rctspark.release.disclosure import TOTAL
from rctspark.release.publication.study import ALL, is_number, members_of, shown_groups
from rctspark.release.sums import Line, Sums, cell, line_equation
from rctspark.release.suppression import suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config import Thresholds
    from rctspark.config.plan import Plan
    from rctspark.release.audit import Mark
    from rctspark.release.publication.rows import Book

UNKNOWN, REST = "not known", "rest"


@dataclass(frozen=True, slots=True)
class LinkedCounts:
    """The counts of one covariate, as every table prints them.

    Attributes:
        sums: Numbers called `<category> | <group>`, with their sums over categories.
        unprinted: Those that stand in no table.
        known: Those that stand there whatever is hidden: the sizes of groups.
    """

    sums: Sums
    unprinted: frozenset[str]
    known: frozenset[str]

    def marks(self, thresholds: Thresholds) -> dict[str, Mark]:
        """Decide how each number stands, in every table alike."""
        printed = self.known - {
            name
            for name in self.known
            if 0 < self.sums.counts[name] < thresholds.minimum_persons
        }
        return suppress(
            self.sums, thresholds, known=printed, unprinted=self.unprinted - printed
        )


def link_counts(covariate: str, codes: tuple[str, ...], book: Book) -> LinkedCounts:
    """Put the counts of a covariate together, from all tables that print them.

    Args:
        covariate: Covariate of the plan.
        codes: Its categories, as a table shows them.
        book: The results.

    Returns:
        The counts by category and group.
    """
    tables = [t for t in book.plan.tables if _prints(t, covariate, {*codes})]
    shown = {g for t in tables for g in shown_groups(t, book.plan)}
    groups = _groups(shown, book.plan)
    counts = {(c, g): _persons(covariate, c, g, book) for c in codes for g in groups}
    sizes = {g: _size(g, book) for g in groups}
    unknown = {g: n - sum(counts[c, g] for c in codes) for g, n in sizes.items()}
    rows = codes
    if any(unknown.values()):
        rows = (*codes, UNKNOWN)
        counts |= {(UNKNOWN, g): n for g, n in unknown.items()}
    counts |= {(TOTAL, g): n for g, n in sizes.items()}
    with_sizes = {g for t in tables if t.sizes for g in shown_groups(t, book.plan)}
    return LinkedCounts(
        _sums(counts, rows, groups, book.plan),
        frozenset(cell(r, g) for r, g in counts if g not in shown),
        frozenset(cell(TOTAL, g) for g in with_sizes),
    )


def _prints(table: object, covariate: str, codes: set[str]) -> TypeGuard[GroupsTable]:
    """Say whether a table counts these categories of a covariate."""
    if not isinstance(table, GroupsTable):
        return False
    own = {
        code
        for line in table.lines.values()
        if line.covariate == covariate and not is_number(table, line)
        for code in line.categories.values()
    }
    return own == codes


def _groups(shown: set[str], plan: Plan) -> tuple[str, ...]:
    """Return the groups that tables show, and those that they add up with."""
    arms = plan.arms.all if shown & {*plan.arms.all} else ()
    others = tuple(g for g in plan.population.groups if g != TARGET)
    if TARGET in shown:
        return (*arms, ALL, *others, REST, TARGET)
    return (*arms, ALL, *(g for g in others if g in shown))


def _persons(covariate: str, code: str, group: str, book: Book) -> int:
    def count(group: str) -> int:
        return sum(
            book.persons(covariate, code, m) for m in members_of(group, book.plan)
        )

    if group != REST:
        return count(group)
    others = [g for g in book.plan.population.groups if g != TARGET]
    return count(TARGET) - count(ALL) - sum(count(g) for g in others)


def _size(group: str, book: Book) -> int:
    def size(group: str) -> int:
        return sum(book.size(m) for m in members_of(group, book.plan))

    if group != REST:
        return size(group)
    others = [g for g in book.plan.population.groups if g != TARGET]
    return size(TARGET) - size(ALL) - sum(size(g) for g in others)


def _sums(
    counts: dict[tuple[str, str], int],
    rows: Sequence[str],
    groups: Sequence[str],
    plan: Plan,
) -> Sums:
    """Tie the counts: arms to participants, these to the target, rows to sizes.

    That most of the target population takes no part is no category of anything, so
    the rest of it is in no line that rule 3 is about.
    """
    equations, lines = [], []
    arms = tuple(g for g in groups if g in plan.arms.all)
    inside = tuple(g for g in groups if g not in {*arms, TARGET})
    for row in (*rows, TOTAL):
        if arms:
            lines.append(Line(tuple(cell(row, a) for a in arms), cell(row, ALL)))
            equations.append(line_equation(lines[-1]))
        if TARGET in groups:
            parts = tuple(cell(row, g) for g in inside)
            equations.append(line_equation(Line(parts, cell(row, TARGET))))
    for group in groups:
        line = Line(tuple(cell(r, group) for r in rows), cell(TOTAL, group))
        equations.append(line_equation(line))
        # One category alone says nothing about who is in it.
        lines += [line] if len(rows) > 1 and group != REST else []
    whole = {TARGET} | ({ALL} if arms else set())
    return Sums(
        {cell(r, g): counts[r, g] for r in (*rows, TOTAL) for g in groups},
        tuple(equations),
        tuple(line for line in lines if len(line.parts) > 1),
        frozenset(cell(r, g) for r, g in counts if r == TOTAL or g in whole),
    )
