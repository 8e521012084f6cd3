"""Pay before the invitation: means and spreads that the tables of balance imply."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rctspark.twin.www import targets as t

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.www.people import People

SHARE_6M = 0.31
SPARE = 1.15
"""Persons with pay in the 18 months, for each that would do if all were paid alike."""
CENTS = 100
FLATTEST, STEEPEST, HALVINGS = 0.01, 6.0, 60
CHOSEN_SD = 800.0, 3000.0


class Group(NamedTuple):
    """Persons whose pay has one mean and spread, over 6 and over 24 months."""

    members: Bools
    means: tuple[float, float]
    spreads: tuple[float, float]
    highest: tuple[float, ...] = ()


def draw_earlier_pay(rng: np.random.Generator, people: People) -> tuple[Ints, Ints]:
    """Draw everyone's pay in the 6 months, and in the 18 before those.

    Those who are paid are spread evenly over living arrangement and distance to work,
    so that arms differ by no more than the printed means and spreads say.

    Args:
        rng: Random numbers.
        people: Everyone.

    Returns:
        Two arrays in cents; mean and standard deviation by arm as in `targets`, and
        the means of reference group and target population of Utrecht.
    """
    recent = np.zeros(people.size, dtype=np.int64)
    before = recent.copy()
    for group in _groups(people):
        who = np.flatnonzero(group.members)
        paid = _evenly(rng, people, who)
        recent[paid] = _recent(who.size, group)
        paid = _evenly(rng, people, who)
        before[paid] = _earlier(recent[paid] / CENTS, group)
    return recent, before


def _groups(people: People) -> Iterator[Group]:
    """Name the groups of which tables print means."""
    for number in range(len(t.ARMS)):
        yield Group(
            people.of_arm(number),
            (t.WAGE_6M[number], t.WAGE_24M[number]),
            (t.WAGE_6M_SD[number], t.WAGE_24M_SD[number]),
            t.WAGE_6M_HIGHEST[number],
        )
    asked = people.is_study | people.is_reference
    yield Group(people.is_reference, t.REFERENCE_WAGES, CHOSEN_SD)
    rest = (people.site == 0) & (people.reason < 0) & ~asked
    yield Group(rest, _rest_means(), CHOSEN_SD)
    others = (people.site == 1) | (people.reason >= 0)
    yield Group(others, t.TARGET_WAGES, CHOSEN_SD)


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


def _evenly(rng: np.random.Generator, people: People, who: Ints) -> Ints:
    """Order persons so that the first of them, however many, come from all strata."""
    strata = 10 * people.traits["norm"][who] + people.traits["arrangement"][who]
    place = np.zeros(who.size)
    for stratum in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        place[members] = (np.arange(members.size) + rng.random()) / members.size
    ordered: Ints = who[np.argsort(place, kind="stable")]
    return ordered


def _recent(n: int, group: Group) -> Ints:
    """Return pay over 6 months of n persons, those of highest pay first."""
    highest = np.zeros(n)
    highest[: len(group.highest)] = group.highest
    total = group.means[0] * n - highest.sum()
    paid = len(group.highest) + np.arange(round(SHARE_6M * n))
    amounts = highest + _shaped(highest, paid, total, group.spreads[0])
    return _whole_cents(amounts)


def _earlier(recent: Floats, group: Group) -> Ints:
    """Return pay over the 18 months before of those whose recent pay is given."""
    n = recent.size
    mean = group.means[1] - group.means[0]
    variance = group.spreads[1] ** 2 - np.var(recent, ddof=1)
    paid = np.arange(round(SPARE * n / (1 + variance / mean**2)))
    return _whole_cents(_shaped(recent, paid, mean * n, group.spreads[1]))


def _shaped(added: Floats, paid: Ints, total: float, spread: float) -> Floats:
    """Spread a total over those paid, so that with `added` it varies as told."""
    normal = NormalDist()
    places = (np.arange(paid.size, 0, -1) - 0.5) / paid.size
    quantiles = np.array([normal.inv_cdf(place) for place in places])
    low, high = FLATTEST, STEEPEST
    amounts = np.zeros(added.size)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        weights = np.exp(middle * quantiles)
        amounts[paid] = weights / weights.sum() * total
        is_narrow = np.std(amounts + added, ddof=1) < spread
        low, high = (middle, high) if is_narrow else (low, middle)
    return amounts


def _whole_cents(amounts: Floats) -> Ints:
    cents: Ints = np.round(amounts * CENTS).astype(np.int64)
    return cents
