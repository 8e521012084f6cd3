"""Lay numbers out in the rows and columns that a plan declares for its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.config.plan import (
    HEADINGS,
    UNIT,
    ArmSizesTable,
    BalanceTable,
    ContactsTable,
    CourseTable,
    EffectsTable,
    RoundsTable,
)
from rctspark.contracts.descriptives import ENROLLED, EVERY
from rctspark.release.publication.course import course_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rctspark.config import Plan
    from rctspark.config.plan import EffectLine, ReleasedTable
    from rctspark.contracts import Descriptive, Effect

NO_HORIZON = 0
SEPARATOR = " | "


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        headings: What may stand before the numbers, by the plan's words: `label`.
        numbers: The numbers as they are printed, by the plan's words: `mean basic`.
        persons: Arm to persons behind the row's numbers.
    """

    headings: Mapping[str, str]
    numbers: Mapping[str, str]
    persons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LaidTable:
    """A table in its released layout.

    Attributes:
        plan: What the plan says of it.
        rows: Its rows, in order.
        legend: How hidden cells are written; empty: none is hidden.
        tests: Heading of a characteristic to the p-value of its test.
    """

    plan: ReleasedTable
    rows: tuple[Row, ...]
    legend: str = ""
    tests: tuple[tuple[str, float], ...] = ()

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


class Book:
    """Results by what they are about, for the layout of tables.

    Attributes:
        plan: The analysis plan.
    """

    def __init__(
        self,
        plan: Plan,
        effects: Iterable[Effect],
        descriptives: Iterable[Descriptive],
    ) -> None:
        """Index results.

        Args:
            plan: The analysis plan.
            effects: Effects of the plan.
            descriptives: Counts and tests; those of the tables are about everyone
                in the first analysis.
        """
        self.plan = plan
        self._effects = {
            (e.population, e.outcome, e.horizon, e.arm, e.model): e
            for e in effects
            if e.site == EVERY
        }
        first = plan.analyses[0].population
        self._counts = {
            (d.subject, d.category, d.horizon, d.arm): d
            for d in descriptives
            if d.population == first
        }

    def count(
        self, subject: str, category: str, arm: str, horizon: int = NO_HORIZON
    ) -> Descriptive | None:
        """Return a count; None: nobody was found in the category."""
        return self._counts.get((subject, category, horizon, arm))

    def persons(
        self, subject: str, category: str, arm: str, horizon: int = NO_HORIZON
    ) -> int:
        """Return the persons of an arm in a category."""
        found = self.count(subject, category, arm, horizon)
        return found.persons if found else 0

    def base(
        self, subject: str, category: str, arm: str, horizon: int = NO_HORIZON
    ) -> int:
        """Return the persons among whom those of a category were counted."""
        found = self.count(subject, category, arm, horizon)
        return found.base_persons if found else 0

    def total(self, outcome: str, arm: str) -> int:
        """Return the sum of an outcome over an arm."""
        found = self.count(outcome, EVERY, arm)
        return round(found.total or 0) if found else 0

    def effect(
        self, population: str, outcome: str, horizon: int, arm: str, model: str
    ) -> Effect | None:
        """Return an effect; None: it was not estimated, or may not leave."""
        return self._effects.get((population, outcome, horizon, arm, model))

    def size(self, arm: str) -> int:
        """Return the persons enrolled in an arm."""
        return self.persons(ENROLLED, EVERY, arm)


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
    if isinstance(table, ContactsTable):
        return LaidTable(table, _contact_rows(table, book))
    if isinstance(table, CourseTable):
        rows = [Row(*cells) for cells in course_cells(table, book)]
        return LaidTable(table, tuple(rows))
    if isinstance(table, RoundsTable):
        return LaidTable(table, _round_rows(table, book))
    if isinstance(table, BalanceTable):
        tests = [
            (heading, found.p_value)
            for heading, line in table.lines.items()
            if (found := book.count(line.covariate, EVERY, EVERY)) is not None
            and found.p_value is not None
        ]
        return LaidTable(table, _balance_rows(table, book), tests=tuple(tests))
    return LaidTable(table, _effect_rows(table, book))


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
    control, *treatments = book.plan.arms.all
    population = headings["population"]
    numbers = {f"mean {control}": ""}
    persons: dict[str, int] = {}
    for arm in treatments:
        e = book.effect(population, line.outcome, horizon, arm, table.model)
        texts = ["", "", ""]
        if e is not None:
            values = (e.mean_against + e.estimate, e.estimate)
            texts = [
                *(printed(value, line) for value in values),
                table.sign(e.p_value, population),
            ]
            numbers[f"mean {control}"] = printed(e.mean_against, line)
            persons |= {control: e.n_against, arm: e.n_arm}
        words = (f"mean {arm}", f"effect {arm}", f"stars {arm}")
        numbers |= dict(zip(words, texts, strict=True))
    return Row(headings, numbers, persons)


def printed(value: float, line: EffectLine) -> str:
    """Write a number as the table prints it.

    Args:
        value: In the outcome's unit.
        line: How the outcome is printed.

    Returns:
        The text; zero has no sign.
    """
    told = line.decimals if line.rounded_to is None else line.rounded_to
    rounded = round(value * line.factor, told) + 0.0
    return f"{rounded:.{line.decimals}f}"
