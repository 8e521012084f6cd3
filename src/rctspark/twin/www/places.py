"""Let persons of one group change places until every aim is met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.www.aims import Aim

STEPS = 22_000
AT_ONCE = 32, 256
"""Changes looked at in one step, at first and at last."""
WARMTH = 10.0, 0.01
"""How much worse a step may be, at first and at last."""
WAGES, HOURS, CONTRACTS = slice(0, 3), slice(3, 7), slice(7, 10)
CONTRACT = 7
LIGHT = (0.2, 3.0, 0.01, 0.2, 0.2)
"""What exact figures weigh at first: estimate, error, t and ends of the interval."""
TIGHT = 0.6
"""Part of the steps after which all of it counts fully."""
BENDS = 0.02, 5.0
"""How little more counts of what is far off: hardly till then, most near the end."""
WHOLE, ONLY_WAGES, ONLY_HOURS, ONLY_CONTRACTS = range(4)
SHARES = (0.4, 0.15, 0.15, 0.3)
"""How often two persons exchange all that they have, or one thing alone."""
MOST_HOURS_AHEAD = 2
"""Thresholds of hours passed, less thresholds of pay passed, of one person."""


class Places:
    """Who has what, and what the regressions make of it."""

    def __init__(self, levels: Bools, aims: list[Aim]) -> None:
        """Start from who has what.

        Args:
            levels: Persons by outcomes.
            aims: What coefficients must become.
        """
        self.levels = levels.astype(float)
        self._column = np.array([aim.level for aim in aims])
        self._weights = np.array([aim.weights for aim in aims]).T.copy()
        forms = {id(aim.form): aim.form for aim in aims}
        number = {key: place for place, key in enumerate(forms)}
        self._of_form = np.array([number[id(aim.form)] for aim in aims])
        self._forms = np.stack(list(forms.values()), axis=2)
        self._own = np.einsum("iif->if", self._forms)[:, self._of_form]
        self._critical = np.array([aim.critical for aim in aims])
        self._least = np.array([aim.least for aim in aims]).T
        self._most = np.array([aim.most for aim in aims]).T
        self._step = np.array([aim.step for aim in aims]).T
        self._bounded = np.isfinite(self._least) | np.isfinite(self._most)
        both = np.isfinite(self._least) & np.isfinite(self._most)
        light = np.where(both, np.array(LIGHT)[:, None], 1.0)
        self._light = light[self._bounded]
        self.tighten(0.0)
        outcomes = self.levels[:, self._column]
        self._estimate = np.einsum("ik,ik->k", self._weights, outcomes)
        self._pull = np.column_stack(
            [aim.form @ self.levels[:, aim.level] for aim in aims]
        )
        self._variance = np.einsum("ik,ik->k", self._pull, outcomes)

    def tighten(self, progress: float) -> None:
        """Let exact figures weigh more, from little (0) to fully (1)."""
        loose = max(0.0, 1 - progress)
        self._weight = self._light**loose / self._step[self._bounded]
        self._bend = BENDS[0] * (BENDS[1] / BENDS[0]) ** max(0.0, progress - 1)

    def off(self) -> Floats:
        """Return how many steps each aim is off."""
        return self._off(self._estimate, self._variance)

    def badness(self) -> float:
        """Return how bad the places are as they are."""
        return float(badness_of(self.off(), self._bend))

    def _off(self, estimate: Floats, variance: Floats) -> Floats:
        error = np.sqrt(variance)
        reach = self._critical * error
        found = np.stack(
            [estimate, error, estimate / error, estimate - reach, estimate + reach],
            axis=-2,
        )
        beyond = np.maximum(self._least - found, found - self._most)
        off: Floats = np.maximum(beyond, 0.0)[..., self._bounded] * self._weight
        return off

    def tried(self, one: Ints, other: Ints, taken: Floats) -> Floats:
        """Say what changes of two persons would do.

        Args:
            one: First persons.
            other: Second persons.
            taken: Changes by outcomes that exchange what is in them (1), or not (0).

        Returns:
            Badness of each.
        """
        change = ((self.levels[other] - self.levels[one]) * taken)[:, self._column]
        estimate = self._estimate + change * (self._weights[one] - self._weights[other])
        crossed = self._forms[one, other][:, self._of_form]
        squares = self._own[one] + self._own[other] - 2 * crossed
        pull = self._pull[one] - self._pull[other]
        variance = self._variance + change * (2 * pull + change * squares)
        return badness_of(self._off(estimate, variance), self._bend)

    def exchange(self, one: Ints, other: Ints, taken: Floats) -> None:
        """Let two persons exchange the outcomes taken."""
        change = (self.levels[other] - self.levels[one]) * taken
        self.levels[one] += change
        self.levels[other] -= change
        moved = change[self._column]
        self._estimate += moved * (self._weights[one] - self._weights[other])
        crossed = self._forms[one, other][self._of_form]
        squares = self._own[one] + self._own[other] - 2 * crossed
        pull = self._pull[one] - self._pull[other]
        self._variance += moved * (2 * pull + moved * squares)
        rows = self._forms[one] - self._forms[other]
        self._pull += rows[:, self._of_form] * moved

    def is_likely(self, one: Ints, other: Ints, taken: Floats) -> Bools:
        """Tell changes after which hours and pay of both still go together."""
        both: Bools = np.ones(one.size, dtype=bool)
        for mine, theirs in ((one, other), (other, one)):
            after = np.where(taken > 0, self.levels[theirs], self.levels[mine])
            ahead = after[:, HOURS].sum(axis=1) - after[:, WAGES].sum(axis=1)
            works = after[:, CONTRACT] >= after[:, :CONTRACT].max(axis=1)
            both &= (ahead >= 0) & (ahead <= MOST_HOURS_AHEAD) & works
        return both


def badness_of(off: Floats, bend: float) -> Floats:
    """Sum over the aims, of one step more the less the farther one is off."""
    badness: Floats = np.log1p(bend * off).sum(axis=-1) / bend
    return badness


def settled(
    rng: np.random.Generator, levels: Bools, aims: list[Aim], edges: Ints
) -> Bools:
    """Let persons of one group change places while coefficients come nearer.

    Args:
        rng: Random numbers.
        levels: Persons by outcomes, group after group.
        aims: What coefficients must become.
        edges: First place of each group, and the end.

    Returns:
        Who has what; in each group as many have each outcome as before.
    """
    places = Places(levels, aims)
    group = np.repeat(np.arange(edges.size - 1), np.diff(edges))
    spans = np.column_stack([edges[group], edges[group + 1]])
    (few, many), (first, last) = AT_ONCE, WARMTH
    for step in range(STEPS):
        part, progress = step / STEPS, step / (TIGHT * STEPS)
        places.tighten(progress)
        badness = places.badness()
        if badness == 0 and progress >= 1:
            break
        drawn = _drawn(rng, places, spans, round(few * (many / few) ** part))
        if not drawn[0].size:
            continue
        found = places.tried(*drawn)
        warmth = first * (last / first) ** part
        best = int(np.argmin(found - warmth * rng.gumbel(size=found.size)))
        if found[best] < badness - warmth * np.log(rng.random()):
            places.exchange(*(side[best] for side in drawn))
    settled_levels: Bools = places.levels > 0.5  # noqa: PLR2004 (0 or 1)
    return settled_levels


def _drawn(
    rng: np.random.Generator, places: Places, spans: Ints, count: int
) -> tuple[Ints, Ints, Floats]:
    """Draw changes worth a look: who works, who else of the group, and what of it."""
    kinds = np.zeros((len(SHARES), places.levels.shape[1]))
    kinds[WHOLE] = 1
    for kind, outcomes in (
        (ONLY_WAGES, WAGES),
        (ONLY_HOURS, HOURS),
        (ONLY_CONTRACTS, CONTRACTS),
    ):
        kinds[kind, outcomes] = 1
    working = np.flatnonzero(places.levels[:, CONTRACT] > 0)
    one = working[rng.integers(working.size, size=count)]
    low, high = spans[one].T
    other = low + (rng.random(count) * (high - low)).astype(np.int64)
    taken = kinds[rng.choice(len(SHARES), size=count, p=SHARES)]
    useful = np.any(places.levels[one] * taken != places.levels[other] * taken, 1)
    useful &= places.is_likely(one, other, taken)
    return one[useful], other[useful], taken[useful]
