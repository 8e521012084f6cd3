"""Screen the tables about a study: funnel by site, groups side by side, findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.config.plan import FindingsTable, FunnelTable, GroupsTable
from rctspark.contracts.descriptives import EVERY, TARGET
from rctspark.release.audit import Mark
from rctspark.release.disclosure import HIDDEN, TOTAL, displayed, legend
from rctspark.release.publication.amounts import is_dominated, is_uniform
from rctspark.release.publication.study import (
    ALL,
    finding_rows,
    funnel_count,
    is_number,
    members_of,
    shown_groups,
)
from rctspark.release.sums import Sums, cell, two_way
from rctspark.release.suppression import suppress

if TYPE_CHECKING:
    from rctspark.config import Thresholds
    from rctspark.config.plan import GroupLine
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Book, Row

UNKNOWN, REST = "not known", "rest"
Texts = dict[tuple[str, str, str], str]
"""Characteristic, category and group to the text of a count."""


def screen_study(
    table: LaidTable, book: Book, thresholds: Thresholds, *, shown: Book
) -> LaidTable:
    """Hide what may not leave of a table about a study.

    Args:
        table: A table as laid out.
        book: The results that it was laid out from.
        thresholds: Thresholds of the data owner.
        shown: The effects that may leave.

    Returns:
        The table with hidden cells. Alphas rest on ten persons and more, or are empty.

    Raises:
        DisclosureError: The table can't be made safe.
    """
    plan = table.plan
    if isinstance(plan, FunnelTable):
        return screen_funnel(table, plan, book, thresholds)
    if isinstance(plan, GroupsTable):
        return screen_groups(table, plan, book, thresholds)
    if isinstance(plan, FindingsTable):
        return screen_findings(table, plan, shown, thresholds)
    return table


def screen_funnel(
    table: LaidTable, plan: FunnelTable, book: Book, thresholds: Thresholds
) -> LaidTable:
    """Hide small counts of a funnel, at every site and in what sites add up to.

    The sum over the sites stands in the flow of persons, so a site's number must not
    follow from those of the others.

    Args:
        table: The table as laid out.
        plan: What the plan says of it.
        book: The results.
        thresholds: Thresholds of the data owner.

    Returns:
        The table with hidden cells.
    """
    sites = [what for what in plan.columns.values() if what != "label"]
    counts: dict[str, int] = {}
    equations: list[dict[str, int]] = []
    named: dict[tuple[str, str], str] = {}
    for site in sites:
        _add_site(site, plan, book, counts, equations, named)
    steps = [name.split(": ", 1)[1] for name in counts if name.startswith(sites[0])]
    known = set()
    for step in steps if len(sites) > 1 else ():
        parts = [f"{site}: {step}" for site in sites]
        counts[step] = sum(counts[part] for part in parts)
        equations.append(dict.fromkeys(parts, 1) | {step: -1})
        # Printed in the flow of persons, small or not, as that is screened.
        if counts[step] >= thresholds.minimum_persons or counts[step] == 0:
            known.add(step)
    sums = Sums(counts, tuple(equations), (), frozenset(known))
    marks = suppress(sums, thresholds, known=frozenset(known))
    texts = displayed(counts, marks, thresholds)
    rows = [
        replace(
            row,
            numbers={s: texts[named[s, row.headings["label"]]] for s in sites},
        )
        for row in table.rows
    ]
    told = [marks[name] for name in named.values()]
    return replace(table, rows=tuple(rows), legend=legend(told, thresholds))


def _add_site(
    site: str,
    plan: FunnelTable,
    book: Book,
    counts: dict[str, int],
    equations: list[dict[str, int]],
    named: dict[tuple[str, str], str],
) -> None:
    """Write the lines of one site as a chain: left, leaving, left, ..., arms."""
    last, arms = "", []
    for i, (heading, line) in enumerate(plan.lines.items()):
        name = f"{site}: {i}"
        n = funnel_count(line, site, book)
        counts[name] = n
        named[site, heading] = name
        if line.arm is not None:
            arms.append(name)
            continue
        if not last:
            last = name
            continue
        if line.leaving:
            after = f"{site}: after {i}"
            counts[after] = counts[last] - n
            equations.append({last: 1, name: -1, after: -1})
            last = after
            continue
        # Who left there without a line of their own; nobody, where lines add up.
        between = f"{site}: before {i}"
        counts[between] = counts[last] - n
        equations.append({last: 1, between: -1, name: -1})
        last = name
    if arms:
        equations.append(dict.fromkeys(arms, 1) | {last: -1})


def screen_groups(
    table: LaidTable, plan: GroupsTable, book: Book, thresholds: Thresholds
) -> LaidTable:
    """Hide small counts of a table of groups, and means that rest on few.

    Args:
        table: The table as laid out, with counts.
        plan: What the plan says of it.
        book: The results.
        thresholds: Thresholds of the data owner.

    Returns:
        The table with hidden cells, still counts.

    Raises:
        DisclosureError: The table can't be made safe.
    """
    marks: list[Mark] = []
    texts: Texts = {}
    for rows in _parts(table, plan):
        found, told = _screen_part(rows, plan, book, thresholds)
        texts |= found
        marks += told
    screened = []
    for row in table.rows:
        heading, label = row.headings["characteristic"], row.headings["category"]
        line = plan.lines.get(heading)
        numbers = dict(row.numbers)
        if line is not None and is_number(plan, line):
            for group in shown_groups(plan, book.plan):
                if not _may_show(line, group, book, thresholds):
                    numbers[group] = HIDDEN
                    marks.append(Mark.HIDDEN)
        for group in shown_groups(plan, book.plan):
            numbers[group] = texts.get((heading, label, group), numbers[group])
        screened.append(replace(row, numbers=numbers))
    rows_shown = _without_telling_tests(screened, plan, book)
    return replace(table, rows=rows_shown, legend=legend(marks, thresholds))


def _without_telling_tests(
    rows: list[Row], plan: GroupsTable, book: Book
) -> tuple[Row, ...]:
    """Hide the p-values that rest on a hidden number: they nearly give it away.

    A test of an arm against control is an equation between their counts, and with all
    but two of them shown few counts give its p-value.
    """
    hidden = {
        (row.headings["characteristic"], group)
        for row in rows
        for group in shown_groups(plan, book.plan)
        if row.numbers[group] == HIDDEN or row.numbers[group].startswith("<")
    }

    def leaving(row: Row) -> Row:
        heading, numbers = row.headings["characteristic"], dict(row.numbers)
        for what, text in row.numbers.items():
            sides = (what.removeprefix("p "), book.plan.arms.control)
            is_telling = any((heading, side) in hidden for side in sides)
            if what.startswith("p ") and text and is_telling:
                numbers[what] = HIDDEN
        return replace(row, numbers=numbers)

    return tuple(leaving(row) for row in rows)


def _parts(table: LaidTable, plan: GroupsTable) -> list[list[Row]]:
    """Put the rows together that count categories of one thing."""
    parts: dict[str, list[Row]] = {}
    for row in table.rows:
        heading = row.headings["characteristic"]
        line = plan.lines.get(heading)
        if line is None or is_number(plan, line):
            continue
        name = line.covariate or ("outcomes" if plan.total else f"{heading} only")
        parts.setdefault(name, []).append(row)
    return list(parts.values())


def _screen_part(
    rows: list[Row], plan: GroupsTable, book: Book, thresholds: Thresholds
) -> tuple[Texts, list[Mark]]:
    shown = shown_groups(plan, book.plan)
    columns = disjoint_columns(shown, book)
    total = [r for r in rows if r.headings["characteristic"] == plan.total]
    parts = [r for r in rows if r not in total]
    counts = {
        (_name(row), column): _count(row, plan, column, book)
        for row in parts
        for column in columns
    }
    names = [_name(row) for row in parts]
    if not total:
        for column in columns:
            here = sum(counts[name, column] for name in names)
            counts[UNKNOWN, column] = _size(rows[0], plan, column, book) - here
        if any(counts[UNKNOWN, column] for column in columns):
            names.append(UNKNOWN)
    sums = two_way(counts, rows=names, columns=columns, total=TOTAL)
    marks = suppress(sums, thresholds)
    texts = displayed(sums.counts, marks, thresholds)
    found: Texts = {}
    used = []
    for row in rows:
        for group in shown:
            at = cell(
                TOTAL if row in total else _name(row),
                group if group in columns else TOTAL,
            )
            heading, label = row.headings["characteristic"], row.headings["category"]
            found[heading, label, group] = texts[at]
            used.append(marks[at])
    return found, used


def disjoint_columns(shown: tuple[str, ...], book: Book) -> tuple[str, ...]:
    """Return columns without a person in two of them, whose sum is the widest shown.

    Args:
        shown: Arms and groups of a table.
        book: The results.

    Returns:
        The arms where they stand apart; with the target population, those enrolled,
        the reference group and the rest of it.
    """
    if TARGET in shown:
        others = [g for g in book.plan.population.groups if g != TARGET]
        return (ALL, *others, REST)
    arms = tuple(group for group in shown if group != ALL)
    return arms or book.plan.arms.all


def _name(row: Row) -> str:
    return f"{row.headings['characteristic']}, {row.headings['category']}"


def _count(row: Row, plan: GroupsTable, column: str, book: Book) -> int:
    line = plan.lines[row.headings["characteristic"]]
    category = line.categories.get(row.headings["category"], line.base)
    subject = line.outcome or line.covariate or ""

    def persons(group: str) -> int:
        return sum(
            book.persons(subject, category, member, line.horizon)
            for member in members_of(group, book.plan)
        )

    if column != REST:
        return persons(column)
    others = [g for g in book.plan.population.groups if g != TARGET]
    return persons(TARGET) - persons(ALL) - sum(persons(g) for g in others)


def _size(row: Row, plan: GroupsTable, column: str, book: Book) -> int:
    line = plan.lines[row.headings["characteristic"]]

    def size(group: str) -> int:
        members = members_of(group, book.plan)
        if line.among is None:
            return sum(book.size(member) for member in members)
        subject = line.outcome or ""
        return sum(
            book.base(subject, line.base, member, line.horizon) for member in members
        )

    if column != REST:
        return size(column)
    others = [g for g in book.plan.population.groups if g != TARGET]
    return size(TARGET) - size(ALL) - sum(size(g) for g in others)


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


def screen_findings(
    table: LaidTable, plan: FindingsTable, shown: Book, thresholds: Thresholds
) -> LaidTable:
    """Hide the effects that stay inside.

    Args:
        table: The table as laid out.
        plan: What the plan says of it.
        shown: The effects that may leave.
        thresholds: Thresholds of the data owner.

    Returns:
        The table with hidden numbers.
    """
    rows, is_hidden = [], False
    for laid, leaves in zip(table.rows, finding_rows(plan, shown), strict=True):
        if laid.numbers["effect"] and not leaves.numbers["effect"]:
            is_hidden = True
            rows.append(replace(laid, numbers=dict.fromkeys(laid.numbers, HIDDEN)))
        else:
            rows.append(leaves)
    told = legend([Mark.HIDDEN] if is_hidden else [], thresholds)
    return replace(table, rows=tuple(rows), legend=told)
