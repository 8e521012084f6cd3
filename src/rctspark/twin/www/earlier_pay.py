"""Pay before the invitation: means and spreads that the tables of balance imply."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.www import targets as t

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Floats, Ints
    from rctspark.twin.www.people import People

SHARE_6M, SHARE_EARLIER = 0.31, 0.36
CENTS = 100
FLATTEST, STEEPEST, HALVINGS = 0.01, 6.0, 60
CHOSEN_SD = 1000.0, 4000.0


def draw_earlier_pay(rng: np.random.Generator, people: People) -> tuple[Ints, Ints]:
    """Draw everyone's pay in the 6 months, and in the 18 before those.

    Args:
        rng: Random numbers.
        people: Everyone.

    Returns:
        Two arrays in cents; mean and standard deviation by arm as in `targets`, and
        the means of reference group and target population of Utrecht.
    """
    recent = np.zeros(people.size, dtype=np.int64)
    before = recent.copy()
    groups = [
        (people.of_arm(number), (t.WAGE_6M[number], t.WAGE_24M[number]), spread)
        for number, spread in enumerate(zip(t.WAGE_6M_SD, t.WAGE_24M_SD, strict=True))
    ]
    groups.append((people.is_reference, t.REFERENCE_WAGES, CHOSEN_SD))
    asked = people.is_study | people.is_reference
    rest = (people.site == 0) & (people.reason < 0) & ~asked
    groups.append((rest, _rest_means(), CHOSEN_SD))
    others = (people.site == 1) | (people.reason >= 0)
    groups.append((others, t.TARGET_WAGES, CHOSEN_SD))
    for members, means, spreads in groups:
        who = rng.permutation(np.flatnonzero(members))
        few, all_of_it = _pay(who.size, means, spreads)
        recent[who], before[who] = few, all_of_it - few
    return recent, before


def _rest_means() -> tuple[float, float]:
    """Return the means of those of the target population who were not drawn."""
    n = t.TARGET - t.STUDY - t.REFERENCE
    found = []
    for whole, ref, arms in zip(
        t.TARGET_WAGES, t.REFERENCE_WAGES, (t.WAGE_6M, t.WAGE_24M), strict=True
    ):
        study = sum(m * size for m, size in zip(arms, t.ARM_SIZES, strict=True))
        found.append((t.TARGET * whole - t.REFERENCE * ref - study) / n)
    return found[0], found[1]


def _pay(
    n: int, means: tuple[float, float], spreads: tuple[float, float]
) -> tuple[Ints, Ints]:
    """Return pay over 6 and over 24 months of n persons, the highest first."""
    recent = _shaped(n, SHARE_6M, means[0], spreads[0], np.zeros(n))
    earlier = _shaped(n, SHARE_EARLIER, means[1] - means[0], spreads[1], recent)
    few, rest = (_whole_cents(x) for x in (recent, earlier))
    return few, few + rest


def _shaped(n: int, share: float, mean: float, spread: float, added: Floats) -> Floats:
    """Spread n times the mean over some, so that with `added` it varies as told."""
    earners = round(share * n)
    normal = NormalDist()
    places = (np.arange(earners, 0, -1) - 0.5) / earners
    quantiles = np.array([normal.inv_cdf(place) for place in places])
    low, high = FLATTEST, STEEPEST
    amounts = np.zeros(n)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        weights = np.exp(middle * quantiles)
        amounts[:earners] = weights / weights.sum() * mean * n
        is_narrow = np.std(amounts + added, ddof=1) < spread
        low, high = (middle, high) if is_narrow else (low, middle)
    return amounts


def _whole_cents(amounts: Floats) -> Ints:
    cents: Ints = np.round(amounts * CENTS).astype(np.int64)
    return cents
