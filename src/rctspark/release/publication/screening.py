"""Screen the tables of a plan: the data owner's rules, inside each table.

Whoever is in no category shown (the age is not known) is a number of the table too,
though it is not printed: it would follow from the size of the arm.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.config.plan import (
    ArmSizesTable,
    BalanceTable,
    BoundsTable,
    ContactsTable,
    CourseTable,
    EffectsTable,
    FindingsTable,
    FitTable,
    FunnelTable,
    GroupsTable,
    ModelsTable,
    ReliabilityTable,
    RoundsTable,
    WeightedEffectsTable,
    WeightsTable,
)
from rctspark.contracts.descriptives import EVERY
from rctspark.release.audit import Mark
from rctspark.release.disclosure import HIDDEN, TOTAL, displayed, legend
from rctspark.release.publication.checks_screening import screen_check
from rctspark.release.publication.course import screen_course
from rctspark.release.publication.layout import sides
from rctspark.release.publication.study_screening import screen_study
from rctspark.release.publication.weights import screen_weighted_effects
from rctspark.release.sums import Sums, cell, two_way
from rctspark.release.suppression import suppress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.config import Plan, Thresholds
    from rctspark.config.plan import ReleasedTable
    from rctspark.release.design import DesignCounts
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Book, Row

UNKNOWN = "not known"
CHECKS = (FitTable, BoundsTable, ModelsTable, WeightsTable, WeightedEffectsTable)
"""Tables that let a reader check."""


def is_of_counts(table: ReleasedTable, plan: Plan) -> bool:
    """Say whether a table holds nothing but counts of persons: it can be exempted.

    Args:
        table: A table of the plan.
        plan: The analysis plan.

    Returns:
        True for a funnel, for rounds of interviews, for groups shown in persons, and
        for a course of outcomes that are yes or no.
    """
    if isinstance(table, GroupsTable):
        return table.show == "persons"
    if isinstance(table, CourseTable):
        shares = {o.name for o in plan.outcomes if o.unit == "share"}
        return {*table.lines.values()} <= shares
    return isinstance(table, FunnelTable | RoundsTable)


def screen_table(
    table: LaidTable,
    book: Book,
    thresholds: Thresholds,
    *,
    design: DesignCounts,
    shown: Book,
    is_exempt: bool = False,
) -> LaidTable:
    """Hide what may not leave.

    Args:
        table: A table as laid out.
        book: The results that it was laid out from.
        thresholds: Thresholds of the data owner.
        design: Funnel and arms, screened.
        shown: The effects that may leave.
        is_exempt: Whether the data owner exempts the table's counts by design; what
            else it holds is screened.

    Returns:
        The table with hidden cells as `<10` or `x`, and their legend. Means, effect
        and sign of an effect that stays inside are all hidden.

    Raises:
        DisclosureError: The table can't be made safe.
    """
    plan = table.plan
    if isinstance(plan, ArmSizesTable):
        sizes = {arm.arm: arm.persons for arm in design.arms}
        rows = [
            replace(row, numbers={"persons": sizes.get(row.headings["arm"], "0")})
            for row in table.rows
        ]
        return replace(table, rows=tuple(rows), legend=design.legend)
    if isinstance(plan, EffectsTable):
        return _screen_effects(table, plan, shown, thresholds)
    if isinstance(plan, CourseTable):
        return screen_course(table, plan, book, thresholds)
    if isinstance(plan, (FindingsTable, FunnelTable, GroupsTable, ReliabilityTable)):
        return screen_study(table, book, thresholds, shown=shown, is_exempt=is_exempt)
    if isinstance(plan, CHECKS):
        return _screen_check(table, book, thresholds, shown)
    return _screen_counts(table, book, thresholds, design)


def _screen_check(
    table: LaidTable, book: Book, thresholds: Thresholds, shown: Book
) -> LaidTable:
    """Screen what lets a reader check; fit and weights wait for the other tables."""
    if isinstance(table.plan, WeightedEffectsTable):
        return screen_weighted_effects(table, table.plan, shown, thresholds)
    return screen_check(table, book, thresholds, shown=shown)


def _screen_counts(
    table: LaidTable, book: Book, thresholds: Thresholds, design: DesignCounts
) -> LaidTable:
    """Hide small counts of persons, rounds and contacts, part by part."""
    plan = table.plan
    parts = parts_of(table, book)
    known = (
        _known_sizes(design, book) if isinstance(plan, BalanceTable) else frozenset()
    )
    texts: dict[str, str] = {}
    marks: list[Mark] = []
    hidden: set[str] = set()
    for part, sums in parts.items():
        found = suppress(sums, thresholds, known=known)
        marks += [found[name] for name in _printed(table, part, sums)]
        own = displayed(sums.counts, found, thresholds)
        texts |= {f"{part}: {name}": text for name, text in own.items()}
        if any(mark is not Mark.SHOWN for mark in found.values()):
            hidden.add(part)
    rows = [_with_texts(table, row, texts, book) for row in table.rows]
    # A p-value is an equation between the counts that it compares.
    tests = [(part, None if part in hidden else p) for part, p in table.tests]
    told = legend(marks, thresholds)
    return replace(table, rows=tuple(rows), legend=told, tests=tuple(tests))


def parts_of(table: LaidTable, book: Book) -> dict[str, Sums]:
    """Split a table of counts into the parts in which numbers add up.

    Args:
        table: A table of contacts, rounds or balance.
        book: The results.

    Returns:
        Name of the part (a characteristic, a round, or empty) to its numbers, called
        `<row> | <arm>`, with the margins.
    """
    plan, arms = table.plan, book.plan.arms.all
    parts: dict[str, dict[tuple[str, str], int]] = {}
    for row in table.rows:
        part, label = _place(table, row)
        if isinstance(plan, ContactsTable) and label == plan.total:
            continue
        counts = {(label, arm): int(row.numbers[arm]) for arm in arms}
        parts.setdefault(part, {}).update(counts)
    few: dict[tuple[str, str], int] = {}
    if isinstance(plan, ContactsTable):
        few = {
            (label, arm): book.persons(outcome, EVERY, arm)
            for label, outcome in plan.lines.items()
            for arm in arms
        }
    if isinstance(plan, BalanceTable):
        parts = {name: _with_unknown(counts, book) for name, counts in parts.items()}
    return {name: _two_way(counts, arms, few) for name, counts in parts.items()}


def _with_unknown(
    counts: Mapping[tuple[str, str], int], book: Book
) -> dict[tuple[str, str], int]:
    """Add those of each arm who are in no category shown."""
    unknown = {
        arm: book.size(arm) - sum(n for (_, a), n in counts.items() if a == arm)
        for arm in book.plan.arms.all
    }
    return {**counts, **{(UNKNOWN, arm): n for arm, n in unknown.items()}}


def _two_way(
    counts: Mapping[tuple[str, str], int],
    arms: tuple[str, ...],
    few: Mapping[tuple[str, str], int],
) -> Sums:
    rows = list(dict.fromkeys(row for row, _ in counts))
    if UNKNOWN in rows and not any(counts[UNKNOWN, arm] for arm in arms):
        rows.remove(UNKNOWN)
    sums = two_way(counts, rows=rows, columns=arms, total=TOTAL)
    return replace(sums, behind={cell(*pair): n for pair, n in few.items()})


def _place(table: LaidTable, row: Row) -> tuple[str, str]:
    """Return the part in which a row adds up, and its name there."""
    if isinstance(table.plan, BalanceTable):
        return row.headings["characteristic"], row.headings["category"]
    if isinstance(table.plan, RoundsTable):
        return row.headings["round"], row.headings["label"]
    return "", row.headings["label"]


def _known_sizes(design: DesignCounts, book: Book) -> frozenset[str]:
    """Name the margins that stand elsewhere in the release: the sizes of the arms."""
    sizes = {arm.arm: arm.persons for arm in design.arms}
    arms = [a for a in book.plan.arms.all if sizes.get(a) == str(book.size(a))]
    total = [cell(TOTAL, TOTAL)] if len(arms) == len(book.plan.arms.all) else []
    return frozenset([*(cell(TOTAL, arm) for arm in arms), *total])


def _printed(table: LaidTable, part: str, sums: Sums) -> list[str]:
    """Name the numbers of a part that stand in the table."""
    rows = {
        _place(table, row)[1] for row in table.rows if _place(table, row)[0] == part
    }
    has_margins = isinstance(table.plan, ContactsTable)
    names = []
    for name in sums.counts:
        row, column = name.split(" | ")
        if has_margins or (row in rows and column != TOTAL):
            names.append(name)
    return names


def _with_texts(
    table: LaidTable, row: Row, texts: Mapping[str, str], book: Book
) -> Row:
    part, label = _place(table, row)
    is_total = isinstance(table.plan, ContactsTable) and label == table.plan.total
    named = TOTAL if is_total else label
    words = {arm: arm for arm in book.plan.arms.all}
    if isinstance(table.plan, ContactsTable):
        words["total"] = TOTAL
    numbers = {w: texts[f"{part}: {cell(named, c)}"] for w, c in words.items()}
    unknown = {a for a in book.plan.arms.all if not row.persons.get(a, 1)}
    if unknown and not isinstance(table.plan, BalanceTable):
        # Nobody was observed: there is no number, and none of the total either.
        numbers |= dict.fromkeys(unknown, "")
        numbers |= {"total": ""} if "total" in numbers else {}
    return replace(row, numbers=numbers)


def _screen_effects(
    table: LaidTable, plan: EffectsTable, shown: Book, thresholds: Thresholds
) -> LaidTable:
    rows, is_hidden = [], False
    control, treatments = sides(plan, shown.plan.arms.all)
    for row in table.rows:
        line = plan.lines[row.headings["label"]]
        horizon = int(row.headings["horizon"] or 0)
        numbers = dict(row.numbers)
        persons: dict[str, int] = {}
        for arm in treatments:
            e = shown.effect(
                row.headings["population"], line.outcome, horizon, arm, plan.model
            )
            if e is not None:
                persons |= {arm: e.n_arm, control: e.n_against}
                numbers[f"n {arm}"] = str(e.n_total)
                if math.isnan(e.mean_against):
                    is_hidden = True
                    numbers |= _without_means(numbers, arm, control)
            elif numbers[f"effect {arm}"]:
                is_hidden = True
                words = ("mean", "effect", "stars", "se", "p", "n", "sd")
                numbers |= {f"{word} {arm}": HIDDEN for word in words}
        if is_hidden and control not in persons:
            for name in (f"mean {control}", f"sd {control}"):
                numbers[name] = HIDDEN if numbers[name] else ""
        rows.append(replace(row, numbers=numbers, persons=persons))
    told = legend([Mark.HIDDEN] if is_hidden else [], thresholds)
    return replace(table, rows=tuple(rows), legend=told)


def _without_means(
    numbers: Mapping[str, str], arm: str, control: str
) -> dict[str, str]:
    """Hide the means of an effect that leaves without them."""
    names = [f"{word} {side}" for word in ("mean", "sd") for side in (arm, control)]
    return {name: HIDDEN if numbers.get(name) else "" for name in names}
