"""Let persons of one group change places until every aim is met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.www.aims import Aim

STEPS, AT_ONCE = 12_000, 160
WARMTH = 0.5, 0.005
"""How much worse a step may be, at first and at last."""
WAGES, HOURS, CONTRACTS = slice(0, 3), slice(3, 7), slice(7, 10)
CONTRACT = 7
WHOLE, ONLY_WAGES, ONLY_HOURS, ONLY_CONTRACTS = range(4)
SHARES = (0.55, 0.15, 0.15, 0.15)
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
        outcomes = self.levels[:, self._column]
        self._estimate = np.einsum("ik,ik->k", self._weights, outcomes)
        self._pull = np.column_stack(
            [aim.form @ self.levels[:, aim.level] for aim in aims]
        )
        self._variance = np.einsum("ik,ik->k", self._pull, outcomes)

    def off(self) -> Floats:
        """Return how many steps each aim is off."""
        return self._off(self._estimate, self._variance)

    def _off(self, estimate: Floats, variance: Floats) -> Floats:
        error = np.sqrt(variance)
        reach = self._critical * error
        found = np.stack(
            [estimate, error, estimate / error, estimate - reach, estimate + reach],
            axis=-2,
        )
        beyond = np.maximum(self._least - found, found - self._most)
        off: Floats = np.maximum(beyond, 0.0)[..., self._bounded]
        return off / self._step[self._bounded]

    def tried(
        self, one: Ints, other: Ints, taken: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Say what changes of two persons would do.

        Args:
            one: First persons.
            other: Second persons.
            taken: Changes by outcomes that exchange what is in them (1), or not (0).

        Returns:
            Badness of each; its estimates; its variances.
        """
        change = ((self.levels[other] - self.levels[one]) * taken)[:, self._column]
        estimate = self._estimate + change * (self._weights[one] - self._weights[other])
        crossed = self._forms[one, other][:, self._of_form]
        squares = self._own[one] + self._own[other] - 2 * crossed
        pull = self._pull[one] - self._pull[other]
        variance = self._variance + change * (2 * pull + change * squares)
        badness = badness_of(self._off(estimate, variance))
        return badness, estimate, variance

    def exchange(self, one: int, other: int, taken: Floats) -> None:
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


def badness_of(off: Floats) -> Floats:
    """Sum over the aims, of one step more the less the farther one is off."""
    badness: Floats = np.log1p(off).sum(axis=-1)
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
    kinds = np.zeros((len(SHARES), levels.shape[1]))
    kinds[WHOLE] = 1
    kinds[ONLY_WAGES, WAGES] = 1
    kinds[ONLY_HOURS, HOURS] = 1
    kinds[ONLY_CONTRACTS, CONTRACTS] = 1
    badness = float(badness_of(places.off()))
    first, last = WARMTH
    for step in range(STEPS):
        working = np.flatnonzero(places.levels[:, CONTRACT] > 0)
        one = working[rng.integers(working.size, size=AT_ONCE)]
        low, high = edges[group[one]], edges[group[one] + 1]
        other = low + (rng.random(AT_ONCE) * (high - low)).astype(np.int64)
        taken = kinds[rng.choice(len(SHARES), size=AT_ONCE, p=SHARES)]
        useful = np.any(places.levels[one] * taken != places.levels[other] * taken, 1)
        useful &= places.is_likely(one, other, taken)
        one, other, taken = one[useful], other[useful], taken[useful]
        if not one.size:
            continue
        found = places.tried(one, other, taken)[0]
        best = int(np.argmin(found))
        warmth = first * (last / first) ** (step / STEPS)
        if found[best] < badness - warmth * np.log(rng.random()):
            places.exchange(int(one[best]), int(other[best]), taken[best])
            badness = float(found[best])
            if badness == 0:
                break
    settled_levels: Bools = places.levels > 0.5  # noqa: PLR2004 (0 or 1)
    return settled_levels
