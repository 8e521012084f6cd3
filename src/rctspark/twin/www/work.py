"""Work and pay by person and month, from 2016 to 2019."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.www import targets as t
from rctspark.twin.www.earlier_pay import draw_earlier_pay
from rctspark.twin.www.starts import choose_starts
from rctspark.twin.www.streams import stream
from rctspark.twin.www.success import (
    LEVELS,
    arm_or_none,
    choose_successes,
    published_model,
)

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Floats, Ints
    from rctspark.twin.www.people import People

FIRST_MONTH = np.datetime64("2016-01", "M")
MONTHS = 48
MONTH_0 = 28
"""May 2018."""
LAST_OUTCOME = MONTH_0 + 16
NONE, NOT_APPLICABLE, TEMPORARY, PERMANENT = 0, 1, 2, 3
USUAL_CENTS = 150_000
HOURLY_CENTS = 1150
FULL_TIME_HOURS = 170_00
RECENT, EARLIER = 6, 18
WAGE_BANDS = ((1.03, 1.4), (0.73, 0.97), (0.53, 0.68), (0.12, 0.42))
HOUR_BANDS = ((140, 165), (118, 134), (54, 108), (36, 49), (8, 30))
SHARE_WORKING = 0.07


@dataclass(slots=True)
class Work:
    """Pay of everyone, persons in rows and months in columns.

    Attributes:
        cents: Pay of the month.
        hours: Paid hours of the month, in hundredths.
        contract: Kind of contract.
    """

    cents: Ints
    hours: Ints
    contract: Ints


def minimum_wages() -> Ints:
    """Return the minimum wage of each month, in cents."""
    wages = np.zeros(MONTHS, dtype=np.int64)
    for month, cents in t.MINIMUM_WAGE_CENTS:
        first = int((np.datetime64(month, "M") - FIRST_MONTH).astype(int))
        wages[first:] = cents
    return wages


def month_places(when: Days) -> Ints:
    """Return the column of the month of each day."""
    places: Ints = (when.astype("datetime64[M]") - FIRST_MONTH).astype(np.int64)
    return places


def make_work(seed: int, part: int, people: People) -> Work:
    """Let everyone work, before the invitation and after.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        people: Everyone.

    Returns:
        Pay by person and month.
    """
    rng = stream(seed, part, "work")
    shape = (people.size, MONTHS)
    work = Work(*(np.zeros(shape, dtype=np.int64) for _ in range(3)))
    recent, earlier = draw_earlier_pay(stream(seed, part, "earlier_pay"), people)
    known = ~np.isnat(people.invited)
    month = np.where(
        known, month_places(np.where(known, people.invited, people.birth)), MONTH_0 - 2
    )
    _spread(rng, work, recent, month, RECENT)
    _spread(rng, work, earlier, month - RECENT, EARLIER)
    both = recent + earlier
    who, levels = choose_successes(stream(seed, part, "success"), people, both)
    model = published_model(people, who, both)
    arm = arm_or_none(people, who)
    starts = choose_starts(stream(seed, part, "starts"), model, levels, arm)
    _employ(rng, work, who, levels, starts)
    asked = np.zeros(people.size, dtype=bool)
    asked[who] = True
    others = np.flatnonzero(~asked & (rng.random(people.size) < SHARE_WORKING))
    starts = rng.integers(1, LAST_OUTCOME - MONTH_0 + 1, size=others.size)
    _employ(rng, work, others, _any_levels(rng, others.size), starts)
    return work


def _spread(
    rng: np.random.Generator, work: Work, totals: Ints, until: Ints, longest: int
) -> None:
    """Pay totals over some months in a row, in the stretch of time before `until`."""
    for person in np.flatnonzero(totals):
        total = int(totals[person])
        fewest = min(longest, -(-total // USUAL_CENTS))
        months = int(rng.integers(fewest, longest + 1))
        last = int(until[person] - rng.integers(longest - months + 1))
        pay = np.full(months, total // months)
        pay[-1] += total - pay.sum()
        span = slice(last - months, last)
        work.cents[person, span] = pay
        hours = pay * 100 // HOURLY_CENTS
        work.hours[person, span] = np.minimum(hours, FULL_TIME_HOURS)
        lasting = rng.random() < 0.2  # noqa: PLR2004 (a fifth)
        work.contract[person, span] = PERMANENT if lasting else TEMPORARY


def _any_levels(rng: np.random.Generator, n: int) -> Bools:
    levels = np.zeros((n, len(LEVELS)), dtype=bool)
    place = rng.random(n)
    for column in range(LEVELS.index("contract")):
        levels[:, column] = place < 0.3 + 0.08 * column
    levels[:, LEVELS.index("contract")] = True
    levels[:, -2] = rng.random(n) < 0.25  # noqa: PLR2004 (a quarter)
    levels[:, -1] = ~levels[:, -2]
    return levels


def _employ(
    rng: np.random.Generator, work: Work, who: Ints, levels: Bools, starts: Ints
) -> None:
    """Give persons a job that lasts to the end, from a month of their own on."""
    wage = _within(rng, levels[:, :3], WAGE_BANDS)
    hours = _within(rng, levels[:, 3:7], HOUR_BANDS)
    wages = minimum_wages()
    for row in np.flatnonzero(levels.any(axis=1)):
        person, first = who[row], MONTH_0 + starts[row]
        work.cents[person, first:] = (wages[first:] * wage[row]).astype(np.int64)
        work.hours[person, first:] = round(hours[row] * 100)
        kind = PERMANENT if levels[row, LEVELS.index("permanent")] else TEMPORARY
        kind = kind if levels[row, LEVELS.index("contract")] else NOT_APPLICABLE
        work.contract[person, first:] = kind


def _within(
    rng: np.random.Generator, above: Bools, bands: tuple[tuple[float, float], ...]
) -> Floats:
    """Draw a value in the band that the thresholds passed say."""
    band = (~above).sum(axis=1)
    low, high = (np.array(x)[band] for x in zip(*bands, strict=True))
    drawn: Floats = low + rng.random(band.size) * (high - low)
    return drawn
