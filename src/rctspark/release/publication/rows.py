"""Rows of released tables, and the results that they are laid out from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.contracts.descriptives import ENROLLED, EVERY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rctspark.config import Plan
    from rctspark.config.plan import EffectLine
    from rctspark.contracts import Coefficient, Descriptive, Effect

NO_HORIZON = 0


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
        coefficients: Iterable[Coefficient] = (),
    ) -> None:
        """Index results.

        Args:
            plan: The analysis plan.
            effects: Effects of the plan.
            descriptives: Counts and tests; those of the tables are about everyone
                in the first analysis, unless they are asked for of others.
            coefficients: Of the regressions that are shown in full.
        """
        self.plan = plan
        self._effects = {
            (e.population, e.outcome, e.horizon, e.arm, e.model): e
            for e in effects
            if e.site == EVERY
        }
        self._first = plan.analyses[0].population
        self._counts = {
            (d.population, d.subject, d.category, d.horizon, d.arm): d
            for d in descriptives
        }
        self._terms: dict[tuple[str, str, int, str], list[Coefficient]] = {}
        for term in coefficients:
            key = (term.population, term.outcome, term.horizon, term.model)
            self._terms.setdefault(key, []).append(term)

    def terms(
        self, population: str, outcome: str, horizon: int, model: str
    ) -> list[Coefficient]:
        """Return the coefficients of a regression in order; none: not estimated."""
        found = self._terms.get((population, outcome, horizon, model), [])
        return sorted(found, key=lambda term: term.place)

    def count(
        self,
        subject: str,
        category: str,
        arm: str,
        horizon: int = NO_HORIZON,
        *,
        population: str | None = None,
    ) -> Descriptive | None:
        """Return a count, of the first analysis unless another population is named.

        None: nobody was found in the category.
        """
        of = self._first if population is None else population
        return self._counts.get((of, subject, category, horizon, arm))

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
