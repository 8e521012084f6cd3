"""Months and weeks: a period is the date of its first day.

A week begins on Monday (ISO 8601). A *horizon* counts periods since the period that
holds a person's origin date: horizon 0 holds it, -1 is the period before.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

DAYS_IN_WEEK = 7
MONTHS_IN_YEAR = 12


class PeriodKind(StrEnum):
    """The unit of time of a panel."""

    MONTH = "month"
    WEEK = "week"

    def first_day(self, day: dt.date) -> dt.date:
        """Return the first day of the period that holds `day`."""
        if self is PeriodKind.MONTH:
            return day.replace(day=1)
        return day - dt.timedelta(days=day.weekday())

    def shift(self, first_day: dt.date, periods: int) -> dt.date:
        """Return the first day of the period `periods` after the given one."""
        if self is PeriodKind.WEEK:
            return first_day + dt.timedelta(days=DAYS_IN_WEEK * periods)
        months = first_day.year * MONTHS_IN_YEAR + first_day.month - 1 + periods
        return dt.date(months // MONTHS_IN_YEAR, months % MONTHS_IN_YEAR + 1, 1)

    def between(self, origin: dt.date, period_start: dt.date) -> int:
        """Return the horizon of `period_start` for a person with this origin."""
        first = self.first_day(origin)
        if self is PeriodKind.WEEK:
            return (period_start - first).days // DAYS_IN_WEEK
        years = period_start.year - first.year
        return years * MONTHS_IN_YEAR + period_start.month - first.month


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """A stretch of days, both ends included.

    Attributes:
        first: First day.
        last: Last day.
    """

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        """Refuse a stretch that ends before it starts."""
        if self.last < self.first:
            raise ValueError(f"{self.last} lies before {self.first}.")


@dataclass(frozen=True, slots=True)
class Coverage:
    """The days that a register speaks for.

    Where a register covers a day and holds nothing for a person, nothing was there;
    where it does not cover the day, we know nothing.

    Attributes:
        stretches: Disjoint and in order; no two touch.
    """

    stretches: tuple[Days, ...]

    @classmethod
    def of(cls, stretches: list[Days] | tuple[Days, ...]) -> Coverage:
        """Join stretches that overlap or touch.

        Args:
            stretches: In any order.

        Returns:
            The days covered by at least one of them.
        """
        joined: list[Days] = []
        for stretch in sorted(stretches):
            if joined and stretch.first <= joined[-1].last + dt.timedelta(days=1):
                last = max(joined[-1].last, stretch.last)
                joined[-1] = Days(joined[-1].first, last)
            else:
                joined.append(stretch)
        return cls(tuple(joined))

    def without(self, gone: Days) -> Coverage:
        """Return the days covered, but for some.

        Args:
            gone: Days that are not covered after all.
        """
        day = dt.timedelta(days=1)
        ends = [
            end
            for s in self.stretches
            for end in (
                (s.first, min(s.last, gone.first - day)),
                (max(s.first, gone.last + day), s.last),
            )
        ]
        return Coverage.of([Days(*end) for end in ends if end[0] <= end[1]])

    def holds(self, first: dt.date, last: dt.date) -> bool:
        """Say whether every day from `first` to `last` is covered."""
        return any(s.first <= first and last <= s.last for s in self.stretches)


@dataclass(frozen=True, slots=True)
class Window:
    """The horizons of a panel, both ends included.

    Attributes:
        first: Zero or negative: periods before the origin's.
        last: Zero or positive: periods after it.
    """

    first: int
    last: int

    @property
    def horizons(self) -> range:
        """Every horizon of the window, in order."""
        return range(self.first, self.last + 1)
