"""Screen the tables about a study: funnel by site, groups side by side, findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.config.plan import FindingsTable, FunnelTable, GroupsTable
from rctspark.release.audit import Mark
from rctspark.release.disclosure import HIDDEN, displayed, legend
from rctspark.release.publication.group_screening import screen_groups
from rctspark.release.publication.study import finding_rows, funnel_count
from rctspark.release.sums import Sums
from rctspark.release.suppression import suppress

if TYPE_CHECKING:
    from rctspark.config import Thresholds
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Book


def screen_study(
    table: LaidTable,
    book: Book,
    thresholds: Thresholds,
    *,
    shown: Book,
    is_exempt: bool = False,
) -> LaidTable:
    """Hide what may not leave of a table about a study.

    Args:
        table: A table as laid out.
        book: The results that it was laid out from.
        thresholds: Thresholds of the data owner.
        shown: The effects that may leave.
        is_exempt: Whether the data owner exempts the table's counts by design.

    Returns:
        The table with hidden cells. Alphas rest on ten persons and more, or are empty.

    Raises:
        DisclosureError: The table can't be made safe.
    """
    plan = table.plan
    if isinstance(plan, FunnelTable):
        return screen_funnel(table, plan, book, thresholds)
    if isinstance(plan, GroupsTable):
        return screen_groups(table, plan, book, thresholds, is_exempt=is_exempt)
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
