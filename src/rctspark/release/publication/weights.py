"""Rows of the tables about persons weighted to the target, and their screening."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.config.plan import WeightsTable
from rctspark.contracts.descriptives import (
    EFFECTIVE_N,
    EVERY,
    LARGEST_WEIGHTS,
    TARGET,
    WEIGHTED,
    WEIGHTS,
)
from rctspark.release.audit import Mark
from rctspark.release.disclosure import HIDDEN, legend
from rctspark.release.numerals import data_text
from rctspark.release.publication.checks_screening import is_shown
from rctspark.release.publication.printed_sizes import is_described
from rctspark.release.publication.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rctspark.config import Thresholds
    from rctspark.config.plan import Plan, Reweighting, WeightedEffectsTable
    from rctspark.contracts import Descriptive, Effect
    from rctspark.release.publication.layout import LaidTable
    from rctspark.release.publication.rows import Book

SIDES = (EVERY, TARGET, WEIGHTED)
PERSONS, LARGEST = "persons", "largest_weights"
DECIMALS = 1
WEIGHT_DECIMALS = 2
P_DECIMALS = 3
MEAN = "mean"


def weights_rows(table: WeightsTable, book: Book) -> tuple[Row, ...]:
    """Lay margins and weights out, one row per category, then three on the weights.

    Args:
        table: The table.
        book: The results.

    Returns:
        Its rows; none where nobody was weighted.
    """
    one = reweighting_of(table.of, book.plan)
    told = book.count(WEIGHTS, EFFECTIVE_N, EVERY, population=table.of)
    if told is None:
        return ()
    covariates = {c.name: c for c in book.plan.covariates}
    rows = [
        row
        for name in one.margins
        for category in covariates[name].categories or (EVERY,)
        for row in _margin_row(table, book, name, category)
    ]
    target = max(
        count.base_persons
        for name in one.margins
        for category in covariates[name].categories or (EVERY,)
        if (count := book.count(name, category, TARGET, population=table.of))
    )
    sizes = {EVERY: str(told.base_persons), TARGET: str(target), WEIGHTED: ""}
    largest = book.count(WEIGHTS, LARGEST_WEIGHTS, EVERY, population=table.of)
    weight = "" if largest is None else f"{largest.total or 0:.{WEIGHT_DECIMALS}f}"
    n = {"n": str(told.base_persons)}
    blank = dict.fromkeys(SIDES, "")
    return (
        *rows,
        Row(_headings(WEIGHTS, PERSONS), sizes | n, {}),
        Row(
            _headings(WEIGHTS, EFFECTIVE_N),
            blank | {WEIGHTED: f"{told.total or 0:.0f}"} | n,
            {},
        ),
        Row(_headings(WEIGHTS, LARGEST), blank | {WEIGHTED: weight} | n, {}),
    )


def reweighting_of(name: str, plan: Plan) -> Reweighting:
    """Return the reweighting whose effects have a label."""
    return next(one for one in plan.reweighted if one.population == name)


def _headings(characteristic: str, category: str) -> dict[str, str]:
    return {"characteristic": characteristic, "category": category}


def _margin_row(
    table: WeightsTable, book: Book, name: str, category: str
) -> Iterator[Row]:
    counts = {s: book.count(name, category, s, population=table.of) for s in SIDES}
    found = {side: count for side, count in counts.items() if count is not None}
    if len(found) < len(SIDES):
        return
    label = MEAN if category == EVERY else category
    values = {side: _value(side, count) for side, count in found.items()}
    numbers = {side: f"{v + 0.0:.{DECIMALS}f}" for side, v in values.items()}
    numbers["n"] = str(found[EVERY].base_persons)
    yield Row(_headings(name, label), numbers, {})


def _value(side: str, count: Descriptive) -> float:
    """Return a share in per cent, or a mean."""
    is_mean = count.category == EVERY
    if side == WEIGHTED:
        return (count.total or 0.0) * (1 if is_mean else 100)
    whole = (count.total or 0.0) if is_mean else 100 * count.persons
    return whole / count.base_persons


def weighted_effects_rows(table: WeightedEffectsTable, book: Book) -> tuple[Row, ...]:
    """Lay effects out with and without weights, by outcome, horizon and arm.

    Args:
        table: The table.
        book: The results.

    Returns:
        Its rows; none of an effect that was not estimated.
    """
    return tuple(
        Row(headings, _effect_numbers(table, weighted, plain), {})
        for headings, weighted, plain in _pairs(table, book)
        if weighted is not None
    )


def _pairs(
    table: WeightedEffectsTable, book: Book
) -> Iterator[tuple[dict[str, str], Effect | None, Effect | None]]:
    """Go through the rows with both effects; None: not there."""
    plain = reweighting_of(table.of, book.plan).of
    for heading, outcome in table.lines.items():
        for horizon in table.horizons:
            for arm in book.plan.arms.treatments:
                at = (outcome, horizon, arm, table.model)
                named = {"label": heading, "horizon": str(horizon), "arm": arm}
                yield named, book.effect(table.of, *at), book.effect(plain, *at)


def _effect_numbers(
    table: WeightedEffectsTable, weighted: Effect, plain: Effect | None
) -> dict[str, str]:
    def printed(value: float) -> str:
        return data_text(value * table.factor, table.decimals)

    return {
        "effect": printed(weighted.estimate),
        "se": printed(weighted.std_error),
        "low": printed(weighted.ci_lower),
        "high": printed(weighted.ci_upper),
        "p": f"{weighted.p_value:.{P_DECIMALS}f}",
        "effect plain": "" if plain is None else printed(plain.estimate),
        "se plain": "" if plain is None else printed(plain.std_error),
        "n arm": str(weighted.n_arm),
        "n against": str(weighted.n_against),
    }


def screen_weighted_effects(
    table: LaidTable, plan: WeightedEffectsTable, shown: Book, thresholds: Thresholds
) -> LaidTable:
    """Hide the effects that stay inside; the others stand as they leave.

    Args:
        table: The table as laid out.
        plan: What the plan says of it.
        shown: The effects that may leave.
        thresholds: Thresholds of the data owner.

    Returns:
        The table with hidden numbers.
    """
    leaving = {tuple(named.values()): pair for named, *pair in _pairs(plan, shown)}
    rows, marks = [], []
    for row in table.rows:
        weighted, plain = leaving[tuple(row.headings.values())]
        if weighted is None:
            marks.append(Mark.HIDDEN)
            rows.append(replace(row, numbers=dict.fromkeys(row.numbers, HIDDEN)))
            continue
        numbers = _effect_numbers(plan, weighted, plain)
        if plain is None and row.numbers["effect plain"]:
            marks.append(Mark.HIDDEN)
            numbers |= dict.fromkeys(("effect plain", "se plain"), HIDDEN)
        rows.append(replace(row, numbers=numbers))
    return replace(table, rows=tuple(rows), legend=legend(marks, thresholds))


def screen_weights(
    table: LaidTable,
    plan: WeightsTable,
    screened: Mapping[str, LaidTable],
    book: Book,
    thresholds: Thresholds,
) -> LaidTable:
    """Hide the margins that rest on a number that is not shown.

    What weights reach is the target's share, and stands beside the share of those
    analysed: a margin leaves where a table of groups shows all of both sides, of the
    persons whom the plan's tables describe. What is told of the weights is about all
    of them; persons who are not all of those described are rounded.

    Args:
        table: The table as laid out.
        plan: What the plan says of it.
        screened: Name to the plan's tables of groups, screened.
        book: The results.
        thresholds: Thresholds of the data owner.

    Returns:
        The table with hidden numbers.
    """
    are_described = is_described(reweighting_of(plan.of, book.plan).of, book.plan)
    rows, is_hidden = [], False
    for row in table.rows:
        name, numbers = row.headings["characteristic"], dict(row.numbers)
        if not are_described:
            for side in ("n", EVERY, TARGET) if name == WEIGHTS else ("n",):
                numbers[side] = _rounded(numbers[side], thresholds)
        own = {r.headings["category"] for r in table.rows if _is_of(r, name)} - {MEAN}
        is_safe = name == WEIGHTS or (
            are_described and is_shown(name, EVERY, screened, categories=own)
        )
        if not is_safe:
            is_hidden = True
            numbers |= dict.fromkeys(SIDES, HIDDEN)
        rows.append(replace(row, numbers=numbers))
    told = f"{HIDDEN}: not shown, because a share that it rests on is not."
    return replace(table, rows=tuple(rows), legend=told if is_hidden else "")


def _is_of(row: Row, name: str) -> bool:
    return row.headings["characteristic"] == name


def _rounded(persons: str, thresholds: Thresholds) -> str:
    base = thresholds.minimum_persons
    return str(base * round(int(persons) / base)) if persons else ""


def weight_numbers(tables: Iterable[LaidTable]) -> dict[str, float]:
    """Return what is told of weights, by name, for a tracked run.

    Args:
        tables: The plan's tables, screened.

    Returns:
        `effective_n_<label>` and `largest_weights_<label>` of weighted effects.
    """
    return {
        f"{row.headings['category']}_{table.plan.of}": float(row.numbers[WEIGHTED])
        for table in tables
        if isinstance(table.plan, WeightsTable)
        for row in table.rows[-2:]
    }
