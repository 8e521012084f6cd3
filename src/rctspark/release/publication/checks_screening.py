"""Screen the tables that let a reader check: what their numbers would give away."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING

from rctspark.config.plan import BoundsTable, FitTable, GroupsTable, ModelsTable
from rctspark.contracts.coefficients import CONSTANT
from rctspark.contracts.descriptives import TARGET
from rctspark.release.audit import Mark
from rctspark.release.disclosure import HIDDEN, legend
from rctspark.release.publication.checks import TERM_NUMBERS, table_terms
from rctspark.release.publication.printed_sizes import is_described, printed_sizes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rctspark.config import Thresholds
    from rctspark.contracts import Coefficient, Effect
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Book


def screen_check(
    table: LaidTable, book: Book, thresholds: Thresholds, *, shown: Book
) -> LaidTable:
    """Hide what may not leave of bounds and models.

    Args:
        table: A table of fit, bounds or models, as laid out.
        book: The results that it was laid out from.
        thresholds: Thresholds of the data owner.
        shown: The effects that may leave.

    Returns:
        The table with hidden numbers; one of fit or weights as it is, for
        `screen_fit` and `screen_weights`.
    """
    plan = table.plan
    if isinstance(plan, BoundsTable):
        return screen_bounds(table, plan, shown, thresholds)
    if isinstance(plan, ModelsTable):
        return screen_models(table, plan, book, thresholds, shown=shown)
    return table


def screen_fit(
    table: LaidTable, plan: FitTable, screened: Mapping[str, LaidTable]
) -> LaidTable:
    """Hide the tests that rest on a number that is not shown.

    A statistic is an equation between the shares that it compares: with one of them
    hidden, it gives that one away. So it leaves where a table of groups shows every
    category (or the mean) of the group and of the target.

    Args:
        table: The table as laid out.
        plan: What the plan says of it.
        screened: Name to the plan's tables of groups, screened.

    Returns:
        The table with hidden numbers.
    """
    rows, is_hidden = [], False
    for row in table.rows:
        heading, group = row.headings["characteristic"], row.headings["group"]
        covariate = plan.lines[heading].covariate or ""
        if not row.numbers["p"] or is_shown(covariate, group, screened):
            rows.append(row)
            continue
        is_hidden = True
        rows.append(replace(row, numbers=dict.fromkeys(row.numbers, HIDDEN)))
    told = f"{HIDDEN}: not shown, because a share that it rests on is not."
    return replace(table, rows=tuple(rows), legend=told if is_hidden else "")


def is_shown(
    covariate: str,
    group: str,
    screened: Mapping[str, LaidTable],
    *,
    categories: Collection[str] = (),
) -> bool:
    """Say whether a table shows a covariate of a group and of the target in full.

    Args:
        covariate: Covariate of the plan.
        group: Arm, group, or `all` enrolled.
        screened: Name to the plan's tables, screened.
        categories: Categories that must be among those shown, but for one: it
            follows from the others, and was screened with them. Empty: those that
            the table has.

    Returns:
        Whether one table of groups shows both sides, nothing of them hidden.
    """
    for table in screened.values():
        plan = table.plan
        sides = [group, TARGET]
        if not isinstance(plan, GroupsTable) or not {*sides} <= {
            *plan.columns.values()
        }:
            continue
        named = {
            name: ln for name, ln in plan.lines.items() if ln.covariate == covariate
        }
        rows = [row for row in table.rows if row.headings["characteristic"] in named]
        told = {
            named[row.headings["characteristic"]].categories.get(
                row.headings["category"]
            )
            for row in rows
        }
        cells = [row.numbers[side] for row in rows for side in sides]
        is_told = len({*categories} - told) <= 1
        if is_told and cells and all(text and text[0].isdigit() for text in cells):
            return True
    return False


def screen_bounds(
    table: LaidTable, plan: BoundsTable, shown: Book, thresholds: Thresholds
) -> LaidTable:
    """Hide the bounds of effects that stay inside; the others have their n as shown.

    Args:
        table: The table as laid out.
        plan: What the plan says of it.
        shown: The effects that may leave.
        thresholds: Thresholds of the data owner.

    Returns:
        The table with hidden numbers.
    """
    rows, marks = [], []
    for row in table.rows:
        line = plan.lines[row.headings["label"]]
        e = shown.effect(
            plan.of,
            line.outcome,
            int(row.headings["horizon"]),
            row.headings["arm"],
            plan.model,
        )
        numbers = dict(row.numbers)
        if e is None:
            marks.append(Mark.HIDDEN)
            numbers = dict.fromkeys(numbers, HIDDEN)
        else:
            effect = round(e.estimate * plan.factor, plan.decimals) + 0.0
            numbers |= {
                "effect": f"{effect:.{plan.decimals}f}",
                "n arm": str(e.n_arm),
                "n against": str(e.n_against),
            }
        rows.append(replace(row, numbers=numbers))
    return replace(table, rows=tuple(rows), legend=legend(marks, thresholds))


def screen_models(
    table: LaidTable,
    plan: ModelsTable,
    book: Book,
    thresholds: Thresholds,
    *,
    shown: Book,
) -> LaidTable:
    """Hide coefficients that would say what an effect or few persons would.

    A regression leaves where all its effects do: the standard error of any coefficient
    gives the variance of the outcome, and so how many have it. Its constant leaves
    with the mean of control: with the others and the means of covariates it gives
    that. A coefficient of a category leaves where enough persons are in it, and enough
    are not, with enough residual degrees of freedom (rule 2). R squared leaves with the
    effects.

    Args:
        table: The table as laid out.
        plan: What the plan says of it.
        book: The results that it was laid out from.
        thresholds: Thresholds of the data owner.
        shown: The effects that may leave.

    Returns:
        The table with hidden numbers, and persons as they are shown elsewhere.
    """
    fewest = thresholds.minimum_persons
    rows, marks = [], []
    for row, (_, term) in zip(table.rows, table_terms(plan, book), strict=True):
        effects = _shown_effects(term, shown)
        told = persons_in_all(term.population, term.n_total, book, thresholds)
        numbers = {**row.numbers, "n": told}
        if not effects:
            shares = ("r_squared", "adjusted_r_squared")
            numbers |= {name: HIDDEN for name in shares if numbers[name]}
        is_veiled = any(isnan(e.mean_against) for e in effects)
        is_safe = (
            min(term.n_behind, term.n_total) >= fewest
            and term.n_total - term.rank >= thresholds.minimum_df
            and bool(effects)
            and not (term.term == CONSTANT and is_veiled)
        )
        if not is_safe:
            marks.append(Mark.HIDDEN)
            numbers |= dict.fromkeys(TERM_NUMBERS, HIDDEN)
        rows.append(replace(row, numbers=numbers))
    return replace(table, rows=tuple(rows), legend=legend(marks, thresholds))


def _shown_effects(term: Coefficient, shown: Book) -> list[Effect]:
    """Return the effects of a regression; none where one of them stays inside."""
    analysis = next(a for a in shown.plan.analyses if a.population == term.population)
    every = (*analysis.groups[:1], *(analysis.arms or shown.plan.arms.all))
    effects = [
        shown.effect(term.population, term.outcome, term.horizon, arm, term.model)
        for arm in every[1:]
    ]
    found = [e for e in effects if e is not None]
    return found if len(found) == len(effects) else []


def persons_in_all(
    population: str, n_total: int, book: Book, thresholds: Thresholds
) -> str:
    """Write the persons of a regression: exact where their number stands elsewhere.

    Args:
        population: Population of the effects.
        n_total: Persons in the regression.
        book: The results.
        thresholds: Thresholds of the data owner.

    Returns:
        Everyone in the arms, where they are those whose sizes a table prints;
        otherwise to the nearest multiple of the fewest, never above the enrolled.
    """
    sizes = printed_sizes(book)
    if n_total == sum(sizes.values()) and is_described(population, book.plan):
        return str(n_total)
    base = thresholds.minimum_persons
    told = base * round(n_total / base)
    enrolled = sum(book.size(arm) for arm in book.plan.arms.all)
    is_above = is_described(population, book.plan) and 0 < enrolled < told
    return str(told - base if is_above else told)
