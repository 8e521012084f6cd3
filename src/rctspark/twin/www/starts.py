"""When those who work in month 16 began, so that signs by month come out as told.

The report says in words in which months an arm differs from the control group. Who
works in the end is given; each works from some month on, and these months are moved,
person by person, until what is said of the months before holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rctspark.twin.www import targets as t

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.www.aims import Regression

LAST = 16
TRIES = 6000
WARMTH = 0.02
APART = 0.1
"""What a t-value keeps from its threshold."""
LEVEL_IN_MONTH_0 = "wage_70"


class Told(NamedTuple):
    """What is said of one effect in one month: between which values its t lies."""

    arm: int
    level: int
    month: int
    least: float
    most: float


class Courses:
    """From when on each works, and what the regressions of all months make of it."""

    def __init__(
        self, regression: Regression, levels: Bools, starts: Ints, told: list[Told]
    ) -> None:
        """Start from some months.

        Args:
            regression: The published model, the same in every month.
            levels: What each has from the start on, persons by outcomes.
            starts: Month from which on each has it.
            told: What is said of the effects.
        """
        self.starts = starts.copy()
        arm, level, self._month = (
            np.array(x) for x in list(zip(*told, strict=True))[:3]
        )
        self._least, self._most = (
            np.array(x) for x in list(zip(*told, strict=True))[3:]
        )
        forms = [regression.form(column) for column in range(arm.max() + 1)]
        self._forms = np.stack(forms, axis=2)
        self._arm = arm
        self._weights = regression.rows[arm].T
        self._has = levels[:, level].astype(float)
        outcomes = self._has * (self.starts[:, None] <= self._month)
        pulls = [forms[a] @ outcomes[:, e] for e, a in enumerate(arm)]
        self._pull = np.column_stack(pulls)
        self._estimate = np.einsum("ik,ik->k", self._weights, outcomes)
        self._variance = np.einsum("ik,ik->k", self._pull, outcomes)

    def badness(self) -> float:
        """Return by how much t-values lie elsewhere than told, in all."""
        return float(self._off(self._estimate, self._variance))

    def _off(self, estimate: Floats, variance: Floats) -> Floats:
        found = estimate / np.sqrt(np.maximum(variance, 1e-12))
        beyond = np.maximum(self._least - found, found - self._most)
        off: Floats = np.maximum(beyond, 0.0).sum(axis=-1)
        return off

    def _moved(self, one: int, months: Ints) -> Floats:
        before = self.starts[one] <= self._month
        after = months[..., None] <= self._month
        moved: Floats = self._has[one] * (after.astype(float) - before)
        return moved

    def _after(self, one: int, moved: Floats) -> tuple[Floats, Floats]:
        own = self._forms[one, one, self._arm]
        estimate = self._estimate + moved * self._weights[one]
        variance = self._variance + moved * (2 * self._pull[one] + moved * own)
        return estimate, variance

    def tried(self, one: int, months: Ints) -> Floats:
        """Return the badness if a person began in each of some months."""
        return self._off(*self._after(one, self._moved(one, months)))

    def begin(self, one: int, month: int) -> None:
        """Let a person begin in another month."""
        moved = self._moved(one, np.array(month))
        self._estimate, self._variance = self._after(one, moved)
        self._pull += self._forms[one][:, self._arm] * moved
        self.starts[one] = month


def choose_starts(
    rng: np.random.Generator, regression: Regression, levels: Bools, arm: Ints
) -> Ints:
    """Choose the month from which on each has what they have in month 16.

    Args:
        rng: Random numbers.
        regression: The published model; its columns 1 to 3 are the arms.
        levels: What each has in month 16, persons by outcomes.
        arm: Arm of each; -1: none.

    Returns:
        Months from 0 to 16. In month 0 a share of each arm has a wage as printed.
    """
    starts = rng.integers(1, LAST + 1, size=arm.size)
    first = _in_month_0(rng, levels, arm)
    starts[first] = 0
    courses = Courses(regression, levels, starts, list(_told(regression.critical)))
    movable = np.flatnonzero(levels.any(axis=1) & (arm >= 0) & (starts > 0))
    months = np.arange(1, LAST + 1)
    badness = courses.badness()
    for _ in range(TRIES):
        if badness == 0:
            break
        one = int(rng.choice(movable))
        found = courses.tried(one, months)
        best = int(np.argmin(found - WARMTH * rng.gumbel(size=found.size)))
        if found[best] < badness - WARMTH * np.log(rng.random()):
            courses.begin(one, int(months[best]))
            badness = float(found[best])
    return courses.starts


def _in_month_0(rng: np.random.Generator, levels: Bools, arm: Ints) -> Ints:
    """Choose those whose wage passes the printed threshold before the start."""
    good = levels[:, t.LEVELS.index(LEVEL_IN_MONTH_0)]
    chosen = []
    for number in range(len(t.ARMS)):
        members = arm == number
        count = round(t.MONTH_0_PCT / 100 * members.sum())
        chosen.append(rng.permutation(np.flatnonzero(good & members))[:count])
    found: Ints = np.concatenate(chosen)
    return found


def _told(critical: float) -> Iterator[Told]:
    """List what the report says of months before the last, as bounds of t."""
    most = critical - APART
    for words in t.MONTHS_IN_WORDS:
        bounds = {
            "significant": (critical + APART, np.inf),
            "not_significant": (-most, most),
            "positive": (APART, np.inf),
            "negative": (-np.inf, -APART),
        }
        low, high = bounds[words.what]
        first, last = words.months
        for arm in words.arms:
            for level in words.levels:
                for month in range(first, last + 1):
                    if month not in words.but:
                        place = t.LEVELS.index(level)
                        yield Told(t.ARMS.index(arm), place, month, low, high)
