"""Days and calendar months of many persons at once."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAY = np.timedelta64(1, "D")
NEVER = np.datetime64("NaT", "D")
FOREVER = np.datetime64("9999-12-31", "D")
"""End of what has not ended: the registers write it as 99991231 or leave it empty."""

CLOCK_DAYS = 91
FIRST_ENROLMENT = np.datetime64("2012-07-23", "D")
LAST_ENROLMENT = np.datetime64("2013-04-01", "D")
FOLLOW_UP_ENDS = np.datetime64("2014-01-31", "D")


def day(text: str) -> np.datetime64:
    """Return a day from `yyyy-mm-dd`."""
    return np.datetime64(text, "D")


def days(count: Ints | Floats | int) -> NDArray[np.timedelta64]:
    """Return whole days, fractions cut off, to add to days."""
    return np.asarray(count).astype("int64").astype("timedelta64[D]")


def shifted(when: Days | np.datetime64, count: Ints | Floats | int) -> Days:
    """Return the days so many whole days later; negative: earlier."""
    moved = np.asarray(when, dtype="datetime64[D]") + days(count)
    # numpy's types take a day plus a length for a length.
    return cast("Days", moved)


def month_of(when: Days) -> Days:
    """Return the calendar month of each day."""
    return when.astype("datetime64[M]")


def first_of(months: Days) -> Days:
    """Return the first day of each calendar month."""
    return months.astype("datetime64[D]")


def add_months(when: Days, count: Ints | int) -> Days:
    """Return the same day so many calendar months on; at most the month's last day."""
    months = month_of(when)
    day_in_month = when - first_of(months)
    target = months + np.asarray(count).astype("timedelta64[M]")
    last = first_of(target + 1) - DAY
    moved: Days = np.minimum(first_of(target) + day_in_month, last)
    return moved


def months_between(start: Days, when: Days) -> Ints:
    """Return how many whole calendar months lie between two days of each person."""
    months = (month_of(when) - month_of(start)).astype("int64")
    too_many = add_months(start, months) > when
    whole: Ints = months - too_many
    return whole


def days_to_month_mark(start: Days, when: Days) -> Ints:
    """Return how far each day is from the nearest whole month after the start.

    Events are kept off these marks, so that no count depends on whether a day that
    falls on the mark belongs to the month before or after it.
    """
    whole = months_between(start, when)
    after = (when - add_months(start, whole)).astype("int64")
    before = (add_months(start, whole + 1) - when).astype("int64")
    nearest: Ints = np.minimum(after, before)
    return nearest


def year_of(when: Days) -> Ints:
    """Return the calendar year of each day."""
    return when.astype("datetime64[Y]").astype("int64") + 1970


def month_number(when: Days) -> Ints:
    """Return the month of the year, 1 to 12, of each day."""
    return month_of(when).astype("int64") % 12 + 1


def day_number(when: Days) -> Ints:
    """Return the day of the month of each day."""
    return (when - first_of(month_of(when))).astype("int64") + 1
