"""Sizes of arms that a table prints, and the effects whose n they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.config.plan import ArmSizesTable, GroupsTable
from rctspark.release.publication.study import shown_groups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config.plan import Plan
    from rctspark.contracts import Effect
    from rctspark.release.publication.rows import Book


def is_described(population: str, plan: Plan) -> bool:
    """Say whether a population is the persons whom the plan's tables describe.

    Args:
        population: Population of an analysis of the plan.
        plan: The analysis plan.

    Returns:
        True for the first analysis, and for others of the same persons by arm.
    """
    first = plan.analyses[0]
    return any(
        (a.where, a.arms, a.groups, a.among, a.follows)
        == (first.where, first.arms, first.groups, first.among, first.follows)
        for a in plan.analyses
        if a.population == population
    )


def printed_sizes(book: Book) -> dict[str, int]:
    """Return the sizes of the arms where a table of the plan prints all of them.

    Args:
        book: The results.

    Returns:
        Arm to the persons of the first analysis; empty: no table does.
    """
    plan = book.plan
    for table in plan.tables:
        columns: tuple[str, ...] = ()
        if isinstance(table, GroupsTable) and table.sizes:
            columns = shown_groups(table, plan)
        if isinstance(table, ArmSizesTable) or {*plan.arms.all} <= {*columns}:
            return {arm: book.size(arm) for arm in plan.arms.all}
    return {}


def with_printed_sizes(
    effects: Iterable[Effect], exact: Iterable[Effect], book: Book
) -> tuple[Effect, ...]:
    """Give effects the n that a table prints, where everyone in the arm is analysed.

    Such an n tells nothing more: it is the size of the arm. Where some have no
    outcome, persons stay rounded, as how few those are would follow.

    Args:
        effects: Effects that may leave, as they are shown.
        exact: The same effects in the same order, with exact numbers.
        book: The results.

    Returns:
        The effects in the same order.
    """
    sizes = printed_sizes(book)
    return tuple(
        _with_size(shown, true, sizes)
        if is_described(true.population, book.plan)
        else shown
        for shown, true in zip(effects, exact, strict=True)
    )


def _with_size(shown: Effect, true: Effect, sizes: dict[str, int]) -> Effect:
    is_whole = (sizes.get(true.arm), sizes.get(true.against)) == (
        true.n_arm,
        true.n_against,
    )
    if not is_whole:
        return shown
    return replace(shown, n_arm=true.n_arm, n_against=true.n_against)
