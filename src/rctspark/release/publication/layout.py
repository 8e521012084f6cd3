"""Lay numbers out in the rows and columns that a plan declares for its tables."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rctspark.config.plan import (
    HEADINGS,
    UNIT,
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
from rctspark.release.publication.checks import bounds_rows, fit_rows, model_rows
from rctspark.release.publication.course import course_cells
from rctspark.release.publication.rows import NO_HORIZON, Book, Row, printed
from rctspark.release.publication.study import (
    finding_rows,
    funnel_rows,
    group_rows,
    printed_groups,
    reliability_rows,
)
from rctspark.release.publication.weights import weighted_effects_rows, weights_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.config.plan import EffectLine, ReleasedTable
    from rctspark.contracts import Effect

SEPARATOR = " | "
IS_P = re.compile(r"p( .+)?")
"""Words of the columns that hold p-values."""
ROUNDED_OFF = re.compile(r"0\.0+")


@dataclass(frozen=True, slots=True)
class LaidTable:
    """A table in its released layout.

    Attributes:
        plan: What the plan says of it.
        rows: Its rows, in order.
        legend: How hidden cells are written; empty: none is hidden.
        tests: Heading of a characteristic to the p-value of its test; None: it was
            tested, and the p-value stays inside.
    """

    plan: ReleasedTable
    rows: tuple[Row, ...]
    legend: str = ""
    tests: tuple[tuple[str, float | None], ...] = ()

    @property
    def name(self) -> str:
        """Name of its file, without `.csv`."""
        return self.plan.name

    @property
    def headings(self) -> tuple[str, ...]:
        """Columns that hold no numbers and signs."""
        words = HEADINGS[self.plan.kind]
        return tuple(c for c, word in self.plan.columns.items() if word in words)

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that tell rows apart."""
        return tuple(c for c in self.headings if self.plan.columns[c] != UNIT)

    def line(self, row: Row) -> dict[str, str]:
        """Return one row as it stands in the file: heading of a column to text."""
        texts = {**row.headings, **row.numbers}
        return {column: texts[word] for column, word in self.plan.columns.items()}

    def key(self, row: Row) -> str:
        """Name a row by its headings but the unit: `all | exit | 6`."""
        words = [self.plan.columns[column] for column in self.keys]
        return SEPARATOR.join(t for t in (row.headings[w] for w in words) if t)


def lay_out(table: ReleasedTable, book: Book) -> LaidTable:
    """Lay one table out, unscreened: it stays inside.

    Args:
        table: A table of the plan.
        book: The results.

    Returns:
        The table. A number that was not estimated is an empty text.
    """
    if isinstance(table, ArmSizesTable):
        rows = [
            Row({"arm": arm}, {"persons": str(book.size(arm))}, {arm: book.size(arm)})
            for arm in book.plan.arms.all
        ]
        return LaidTable(table, tuple(rows))
    if isinstance(table, CourseTable):
        rows = [Row(*cells) for cells in course_cells(table, book)]
        return LaidTable(table, tuple(rows))
    if isinstance(table, BalanceTable):
        tests = [
            (heading, found.p_value)
            for heading, line in table.lines.items()
            if (found := book.count(line.covariate, EVERY, EVERY)) is not None
            and found.p_value is not None
        ]
        return LaidTable(table, _balance_rows(table, book), tests=tuple(tests))
    return LaidTable(table, _rows(table, book))


def _rows(table: ReleasedTable, book: Book) -> tuple[Row, ...]:
    rows: tuple[Row, ...] = ()
    match table:
        case ContactsTable():
            rows = _contact_rows(table, book)
        case RoundsTable():
            rows = _round_rows(table, book)
        case EffectsTable():
            rows = _effect_rows(table, book)
        case FunnelTable():
            rows = funnel_rows(table, book)
        case GroupsTable():
            rows = group_rows(table, book)
        case FindingsTable():
            rows = finding_rows(table, book)
        case _:
            rows = _check_rows(table, book)
    return rows


def _check_rows(table: ReleasedTable, book: Book) -> tuple[Row, ...]:
    """Lay out what lets a reader check."""
    rows: tuple[Row, ...] = ()
    match table:
        case FitTable():
            rows = fit_rows(table, book)
        case BoundsTable():
            rows = bounds_rows(table, book)
        case ReliabilityTable():
            rows = reliability_rows(table, book)
        case ModelsTable():
            rows = model_rows(table, book)
        case WeightsTable():
            rows = weights_rows(table, book)
        case WeightedEffectsTable():
            rows = weighted_effects_rows(table, book)
    return rows


def as_printed(laid: LaidTable) -> LaidTable:
    """Write the counts of a table as the plan prints them: persons, or per cent.

    Args:
        laid: A table as laid out, or as screened: hidden counts stay hidden.

    Returns:
        The table as it stands in its file.
    """
    if not isinstance(laid.plan, GroupsTable):
        return laid
    return replace(laid, rows=printed_groups(laid.plan, laid.rows))


def with_small_p(laid: LaidTable) -> LaidTable:
    """Write p-values that round to nothing as small, and not as zero: `<0.001`.

    Args:
        laid: A table as printed.

    Returns:
        The table as it leaves.
    """
    words = {what for what in laid.plan.columns.values() if IS_P.fullmatch(what)}
    rows = [
        replace(row, numbers={**row.numbers, **_small(row.numbers, words)})
        for row in laid.rows
    ]
    return replace(laid, rows=tuple(rows))


def _small(numbers: Mapping[str, str], words: set[str]) -> dict[str, str]:
    return {
        word: f"<{numbers[word][:-1]}1"
        for word in words
        if ROUNDED_OFF.fullmatch(numbers.get(word, ""))
    }


def _contact_rows(table: ContactsTable, book: Book) -> tuple[Row, ...]:
    arms = book.plan.arms.all
    counts = {
        label: {arm: book.total(outcome, arm) for arm in arms}
        for label, outcome in table.lines.items()
    }
    counts[table.total] = {arm: sum(c[arm] for c in counts.values()) for arm in arms}
    sizes = {
        arm: book.base(next(iter(table.lines.values())), EVERY, arm) for arm in arms
    }
    return tuple(
        Row(
            {"label": label},
            {arm: str(n) for arm, n in row.items()} | {"total": str(sum(row.values()))},
            sizes,
        )
        for label, row in counts.items()
    )


def _round_rows(table: RoundsTable, book: Book) -> tuple[Row, ...]:
    arms = book.plan.arms.all
    rows = []
    for number, named in table.lines.items():
        for form in (table.none, *named):
            counts = {a: book.persons(table.among, form, a, number) for a in arms}
            base = {a: book.base(table.among, form, a, number) for a in arms}
            headings = {"round": str(number), "label": form}
            rows.append(Row(headings, {a: str(n) for a, n in counts.items()}, base))
    return tuple(rows)


def _balance_rows(table: BalanceTable, book: Book) -> tuple[Row, ...]:
    arms = book.plan.arms.all
    rows = []
    for heading, line in table.lines.items():
        sizes = {
            arm: max(
                book.base(line.covariate, category, arm)
                for category in line.categories.values()
            )
            for arm in arms
        }
        for label, category in line.categories.items():
            counts = {a: book.persons(line.covariate, category, a) for a in arms}
            headings = {"characteristic": heading, "category": label}
            rows.append(Row(headings, {a: str(n) for a, n in counts.items()}, sizes))
    return tuple(rows)


def _effect_rows(table: EffectsTable, book: Book) -> tuple[Row, ...]:
    rows = []
    for population, label in table.rows:
        line = table.lines[label]
        for horizon in line.horizons or (NO_HORIZON,):
            headings = {
                "population": population,
                "label": label,
                "horizon": str(horizon) if line.horizons else "",
                "unit": line.unit,
            }
            rows.append(_effect_row(table, book, headings, line, horizon))
    return tuple(rows)


def _effect_row(
    table: EffectsTable,
    book: Book,
    headings: Mapping[str, str],
    line: EffectLine,
    horizon: int,
) -> Row:
    control, treatments = sides(table, book.plan.arms.all)
    population = headings["population"]
    numbers = {f"mean {control}": "", f"sd {control}": ""}
    persons: dict[str, int] = {}
    for arm in treatments:
        e = book.effect(population, line.outcome, horizon, arm, table.model)
        texts, plain = ["", "", ""], 0.0
        if e is not None:
            plain = _plain(table, book, e)
            values = (plain, e.estimate)
            texts = [
                *(printed(value, line) for value in values),
                table.sign(e.p_value, population),
            ]
            numbers[f"mean {control}"] = printed(e.mean_against, line)
            persons |= {control: e.n_against, arm: e.n_arm}
        words = (f"mean {arm}", f"effect {arm}", f"stars {arm}")
        numbers |= dict(zip(words, texts, strict=True))
        numbers |= _error_of(e, line, arm, control, plain)
    return Row(headings, numbers, persons)


def _plain(table: EffectsTable, book: Book, e: Effect) -> float:
    """Return the mean of an arm, where another model gives it without covariates."""
    model = table.mean_model or table.model
    found = book.effect(e.population, e.outcome, e.horizon, e.arm, model) or e
    return found.mean_against + found.estimate


def sides(table: EffectsTable, arms: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the group that effects are against, and the arms whose effects stand."""
    if table.against is None:
        return arms[0], arms[1:]
    return table.against, arms


def _error_of(
    e: Effect | None, line: EffectLine, arm: str, control: str, mean: float
) -> dict[str, str]:
    """Return standard error, p, n and the deviations of shares."""
    words = (f"se {arm}", f"p {arm}", f"n {arm}", f"sd {arm}")
    if e is None:
        return dict.fromkeys(words, "")
    deviations = [
        _deviation(mean, n)
        for mean, n in ((mean, e.n_arm), (e.mean_against, e.n_against))
    ]
    texts = (
        printed(e.std_error, line),
        f"{e.p_value:.{line.decimals}f}",
        str(e.n_total),
        printed(deviations[0], line),
    )
    return dict(zip(words, texts, strict=True)) | {
        f"sd {control}": printed(deviations[1], line)
    }


def _deviation(share: float, n: int) -> float:
    """Return the standard deviation over n persons of whom a share are ones."""
    return math.sqrt(max(share * (1 - share), 0.0) * n / (n - 1)) if n > 1 else 0.0
