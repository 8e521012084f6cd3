"""Rows of the tables about a study: funnel by site, groups side by side, findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.contracts.descriptives import (
    ALPHA,
    ENROLLED,
    EVERY,
    FUNNEL,
    HIGH,
    LEAVING,
    LOW,
)
from rctspark.release.numerals import data_text
from rctspark.release.publication.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rctspark.config.plan import (
        Finding,
        FindingsTable,
        FunnelLine,
        FunnelTable,
        GroupLine,
        GroupsTable,
        Plan,
        ReliabilityTable,
    )
    from rctspark.release.publication.rows import Book

ALL = "all"
MEAN = "mean"
YES, NO = "yes", "no"


def funnel_rows(table: FunnelTable, book: Book) -> tuple[Row, ...]:
    """Lay a funnel out, one row per line and one column per site.

    Args:
        table: The table.
        book: The results.

    Returns:
        Its rows; counts of persons.
    """
    sites = [what for what in table.columns.values() if what != "label"]
    return tuple(
        Row(
            {"label": heading},
            {site: str(funnel_count(line, site, book)) for site in sites},
            {},
        )
        for heading, line in table.lines.items()
    )


def funnel_count(line: FunnelLine, site: str, book: Book) -> int:
    """Return the persons of a line of a funnel at a site."""
    if line.left is not None:
        return book.persons(FUNNEL, line.left, site)
    if line.arm is not None:
        return book.persons(ENROLLED, line.arm, site)
    return sum(book.persons(LEAVING, stage, site) for stage in line.leaving)


def shown_groups(table: GroupsTable, plan: Plan) -> tuple[str, ...]:
    """Return the arms and groups whose numbers a table shows, in its order."""
    known = {*plan.arms.all, *plan.population.groups, ALL}
    return tuple(what for what in table.columns.values() if what in known)


def members_of(group: str, plan: Plan) -> tuple[str, ...]:
    """Return the groups that are counted for a column."""
    return plan.arms.all if group == ALL else (group,)


def group_rows(table: GroupsTable, book: Book) -> tuple[Row, ...]:
    """Lay arms and groups out side by side.

    Args:
        table: The table.
        book: The results.

    Returns:
        Its rows. Counts of persons stand as such, whatever the table shows: they are
        screened before `printed_groups` writes them as per cent. Means stand as
        printed.
    """
    rows = []
    for heading, line in table.lines.items():
        is_first = True
        for label, category in _categories(line):
            named = {"characteristic": heading, "category": label}
            row = _group_row(table, book, named, line, category)
            told = _tests(table, book, line) if is_first else {}
            p = {what: told.get(what, "") for what in tested_arms(table)}
            n = _persons_counted(table, row.persons)
            rows.append(replace(row, numbers={**row.numbers, **p, **n}))
            is_first = False
    if table.sizes:
        rows.append(_sizes_row(table, book))
    return tuple(rows)


def is_number(table: GroupsTable, line: GroupLine) -> bool:
    """Say whether a line shows a mean instead of persons."""
    return table.show == MEAN or (line.covariate is not None and not line.categories)


def _categories(line: GroupLine) -> Iterable[tuple[str, str]]:
    if line.categories:
        return line.categories.items()
    return [(MEAN if line.covariate else "", line.base)]


def _subject(line: GroupLine) -> str:
    return line.outcome or line.covariate or ""


def _group_row(
    table: GroupsTable,
    book: Book,
    headings: Mapping[str, str],
    line: GroupLine,
    category: str,
) -> Row:
    numbers, persons = {}, {}
    shown = shown_groups(table, book.plan)
    for group in dict.fromkeys((*shown, *counted_groups(table).values())):
        found = [
            book.count(_subject(line), category, member, line.horizon)
            for member in members_of(group, book.plan)
        ]
        counts = [count for count in found if count is not None]
        persons[group] = sum(count.base_persons for count in counts)
        if group not in shown:
            continue
        if is_number(table, line):
            total = sum(count.total or 0.0 for count in counts)
            base = persons[group]
            mean = total / base + 0.0 if base else 0.0
            numbers[group] = f"{mean:.{table.decimals}f}" if base else ""
        else:
            numbers[group] = str(sum(count.persons for count in counts))
    return Row(headings, numbers, persons)


def tested_arms(table: GroupsTable) -> dict[str, str]:
    """Return the columns of tests, with the arm that is tested against control."""
    named = [what for what in table.columns.values() if what.startswith("p ")]
    return {what: what.removeprefix("p ") for what in named}


def counted_groups(table: GroupsTable) -> dict[str, str]:
    """Return the columns of persons, with the group among whom a row counts."""
    named = [what for what in table.columns.values() if what.startswith("n ")]
    return {what: what.removeprefix("n ") for what in named}


def _persons_counted(table: GroupsTable, base: Mapping[str, int]) -> dict[str, str]:
    return {what: str(base[group]) for what, group in counted_groups(table).items()}


def _tests(table: GroupsTable, book: Book, line: GroupLine) -> dict[str, str]:
    found = {}
    category = EVERY if line.categories else line.base
    for what, arm in tested_arms(table).items():
        count = book.count(_subject(line), category, arm, line.horizon)
        if count is not None and count.p_value is not None:
            found[what] = f"{count.p_value:.2f}"
    return found


def _sizes_row(table: GroupsTable, book: Book) -> Row:
    heading, label = (*table.sizes, "")[:2]
    groups = (*shown_groups(table, book.plan), *counted_groups(table).values())
    sizes = {
        group: sum(book.size(member) for member in members_of(group, book.plan))
        for group in groups
    }
    p = dict.fromkeys(tested_arms(table), "")
    return Row(
        {"characteristic": heading, "category": label},
        {group: str(n) for group, n in sizes.items()}
        | p
        | _persons_counted(table, sizes),
        sizes,
    )


def printed_groups(table: GroupsTable, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Write counts as per cent where the table shows them so.

    Args:
        table: The table.
        rows: Its rows, with counts; hidden ones as they stay.

    Returns:
        The rows as printed.
    """
    if table.show != "percent":
        return tuple(rows)
    found = []
    for row in rows:
        line = table.lines.get(row.headings["characteristic"])
        if line is None or is_number(table, line):
            found.append(row)
            continue
        numbers = {
            what: _per_cent(text, row.persons[what], table.decimals)
            if what in row.persons
            else text
            for what, text in row.numbers.items()
        }
        found.append(replace(row, numbers=numbers))
    return tuple(found)


def _per_cent(count: str, base: int, decimals: int) -> str:
    if not count.isdigit():
        return count if count in {"", "x"} else "x"
    return f"{100 * int(count) / base + 0.0:.{decimals}f}" if base else ""


def finding_rows(table: FindingsTable, book: Book) -> tuple[Row, ...]:
    """Lay single effects out.

    Args:
        table: The table.
        book: The effects.

    Returns:
        A row per effect; an effect that was not estimated has empty numbers.
    """
    return tuple(
        _finding_row(table, book, finding, outcome)
        for finding in table.rows
        for outcome in finding.outcomes
    )


def _finding_row(
    table: FindingsTable, book: Book, finding: Finding, outcome: str
) -> Row:
    headings = {"population": finding.population, "arm": finding.arm, "label": outcome}
    e = book.effect(finding.of, outcome, finding.horizon, finding.arm, finding.model)
    words = ("effect", "low", "high")
    if e is None:
        every = (*words, "is_significant", "n arm", "n against")
        return Row(headings, dict.fromkeys(every, ""), {})
    values = (e.estimate, e.ci_lower, e.ci_upper)
    numbers = {
        word: data_text(v * table.factor, table.decimals)
        for word, v in zip(words, values, strict=True)
    }
    numbers["is_significant"] = YES if e.p_value < table.below else NO
    numbers |= {"n arm": str(e.n_arm), "n against": str(e.n_against)}
    return Row(headings, numbers, {e.arm: e.n_arm, e.against: e.n_against})


def reliability_rows(table: ReliabilityTable, book: Book) -> tuple[Row, ...]:
    """Lay the agreement of questions out, one row per index and horizon.

    Args:
        table: The table.
        book: The results.

    Returns:
        Its rows; empty numbers where too few answered.
    """
    rows = []
    for label, line in table.lines.items():
        for horizon in line.horizons:
            found = [
                book.count(label, category, EVERY, horizon)
                for category in (ALPHA, LOW, HIGH)
            ]
            told = [
                f"{count.total or 0:.{table.decimals}f}" if count else ""
                for count in found
            ]
            n = found[0].persons if found[0] else 0
            words = ("alpha", "low", "high", "n")
            numbers = dict(zip(words, (*told, str(n) if n else ""), strict=True))
            headings = {"label": label, "horizon": str(horizon)}
            rows.append(Row(headings, numbers, {}))
    return tuple(rows)
