"""Let persons of one group change places until every aim is met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.www.aims import STEP_OF_T, T

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.www.aims import Aim

STEPS, MORE_STEPS = 22_000, 3_000
"""Steps while it grows cold, and as many more as are needed at most."""
AT_ONCE = 32, 256
"""Changes looked at in one step, at first and at last."""
WARMTH = 4.0, 0.1, 0.003
"""How much worse a step may be: at first, when it is cold, and at last."""
WAGES, HOURS, CONTRACTS = slice(0, 3), slice(3, 7), slice(7, 10)
CONTRACT = 7
LIGHT = 0.01
"""What a p-value weighs at first: it leaves a coefficient hardly any room, so that
nothing else would move."""
COLD, TIGHT = 0.6, 0.85
"""Part of the steps after which it is cold, and p-values begin to weigh more; and
after which they weigh fully."""
BENDS = 0.05, 0.3
"""How little more counts of what is far off, at first and at last."""
KINDS = np.zeros((4, 10))
"""What two persons exchange: all that they have, or one thing alone."""
KINDS[0] = 1
KINDS[1, WAGES] = KINDS[2, HOURS] = KINDS[3, CONTRACTS] = 1
UP_TO = np.cumsum((0.4, 0.15, 0.15, 0.3))
"""How often they exchange each, added up."""
BOTH_WORK = 0.4
"""Part of the changes that are between two who work."""
HOURS_AHEAD = -1, 2
"""Thresholds of hours passed, less thresholds of pay passed, of one person."""


class Places:
    """Who has what, and what the regressions make of it."""

    def __init__(self, levels: Bools, aims: list[Aim]) -> None:
        """Start from who has what.

        Args:
            levels: Persons by outcomes; places kept in reserve come after those of
                the aims, and no coefficient knows of them.
            aims: What coefficients must become.
        """
        self.levels = levels.astype(float)
        spare = levels.shape[0] - aims[0].weights.size
        self._column = np.array([aim.level for aim in aims])
        weights = np.array([aim.weights for aim in aims]).T
        self._weights = np.pad(weights, ((0, spare), (0, 0)))
        forms = {id(aim.form): aim.form for aim in aims}
        number = {key: place for place, key in enumerate(forms)}
        self._of_form = np.array([number[id(aim.form)] for aim in aims])
        room = ((0, spare), (0, spare), (0, 0))
        self._forms = np.pad(np.stack(list(forms.values()), axis=2), room)
        self._own = np.einsum("iif->if", self._forms)
        self._critical = np.array([aim.critical for aim in aims])
        self._bound(aims)
        self.tighten(0.0)
        outcomes = self.levels[:, self._column]
        self._estimate = np.einsum("ik,ik->k", self._weights, outcomes)
        pulls = np.einsum("ijf,jl->ifl", self._forms, self.levels, optimize=True)
        self._pull = np.ascontiguousarray(pulls[:, self._of_form, self._column])
        self._variance = np.einsum("ik,ik->k", self._pull, outcomes)

    def _bound(self, aims: list[Aim]) -> None:
        """Note what is told of each aim: of which figure, from where to where."""
        least, most, step = (
            np.array([getattr(aim, name) for aim in aims]).T
            for name in ("least", "most", "step")
        )
        told = np.isfinite(least) | np.isfinite(most)
        self._of = [np.flatnonzero(of_figure) for of_figure in told]
        self._least, self._most, self._step = least[told], most[told], step[told]
        exact = np.isfinite(least[T]) & np.isfinite(most[T]) & (step[T] != STEP_OF_T)
        light = np.ones(step.shape)
        light[T, exact] = LIGHT
        self._light = light[told]

    def tighten(self, part: float) -> None:
        """Let p-values weigh more, and what is far off hardly more.

        Args:
            part: Part of the steps that is done.
        """
        loose = np.clip((TIGHT - part) / (TIGHT - COLD), 0, 1)
        self._weight = self._light**loose / self._step
        self._bend = BENDS[0] * (BENDS[1] / BENDS[0]) ** part

    def off(self) -> Floats:
        """Return how many steps each figure is off."""
        return self._off(self._estimate, self._variance)

    def badness(self) -> float:
        """Return how bad the places are as they are."""
        return float(badness_of(self.off(), self._bend))

    def _off(self, estimate: Floats, variance: Floats) -> Floats:
        error = np.sqrt(variance)
        reach = self._critical * error
        figures = (
            estimate,
            error,
            estimate / error,
            estimate - reach,
            estimate + reach,
        )
        found = np.concatenate(
            [figure[..., of] for figure, of in zip(figures, self._of, strict=True)],
            axis=-1,
        )
        beyond = np.maximum(self._least - found, found - self._most)
        off: Floats = np.maximum(beyond, 0.0) * self._weight
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
        moved = (self.levels[other] - self.levels[one]) * taken
        estimate, variance = self._after(one, other, moved[:, self._column])
        return badness_of(self._off(estimate, variance), self._bend)

    def _after(self, one: Ints, other: Ints, moved: Floats) -> tuple[Floats, Floats]:
        """Coefficients and variances after changes, by change and aim."""
        crossed = self._forms[one, other]
        squares = (self._own[one] + self._own[other] - 2 * crossed)[..., self._of_form]
        pull = self._pull[one] - self._pull[other]
        estimate = self._estimate + moved * (self._weights[one] - self._weights[other])
        variance = self._variance + moved * (2 * pull + moved * squares)
        return estimate, variance

    def exchange(self, one: Ints, other: Ints, taken: Floats) -> None:
        """Let two persons exchange the outcomes taken."""
        change = (self.levels[other] - self.levels[one]) * taken
        moved = change[self._column]
        self._estimate, self._variance = self._after(one, other, moved)
        rows = self._forms[one] - self._forms[other]
        touched = np.flatnonzero(moved)
        self._pull[:, touched] += rows[:, self._of_form[touched]] * moved[touched]
        self.levels[one] += change
        self.levels[other] -= change

    def is_likely(self, one: Ints, other: Ints, taken: Floats) -> Bools:
        """Tell changes after which hours and pay of both still go together."""
        both: Bools = np.ones(one.size, dtype=bool)
        least, most = HOURS_AHEAD
        passes, sides = taken > 0, (self.levels[one], self.levels[other])
        for mine, theirs in (sides, sides[::-1]):
            after = np.where(passes, theirs, mine)
            ahead = after[:, HOURS].sum(axis=1) - after[:, WAGES].sum(axis=1)
            works = after[:, CONTRACT] >= after[:, :CONTRACT].max(axis=1)
            both &= (ahead >= least) & (ahead <= most) & works
        return both


def badness_of(off: Floats, bend: float) -> Floats:
    """Sum over the aims, of one step more the less the farther one is off."""
    badness: Floats = np.log1p(bend * off).sum(axis=-1) / bend
    return badness


def settled(
    rng: np.random.Generator, levels: Bools, aims: list[Aim], group: Ints
) -> Bools:
    """Let persons of one group change places while coefficients come nearer.

    Args:
        rng: Random numbers.
        levels: Persons, and then places kept in reserve, by outcomes.
        aims: What coefficients must become.
        group: Number of the group that each belongs to.

    Returns:
        Who has what; in each group with its reserve as many have each outcome as
        before.
    """
    places = Places(levels, aims)
    everyone = Mates(np.arange(group.size), group)
    few, many = AT_ONCE
    for step in range(STEPS + MORE_STEPS):
        part = min(1.0, step / STEPS)
        places.tighten(part)
        badness = places.badness()
        if badness == 0 and part >= TIGHT:
            break
        count = round(few * (many / few) ** part)
        drawn = _drawn(rng, places, everyone, count)
        if not drawn[0].size:
            continue
        found = places.tried(*drawn)
        warmth = float(np.exp(np.interp(part, (0, COLD, 1), np.log(WARMTH))))
        best = int(np.argmin(found - warmth * rng.gumbel(size=found.size)))
        if found[best] < badness - warmth * np.log(rng.random()):
            places.exchange(*(side[best] for side in drawn))
    settled_levels: Bools = places.levels > 0.5  # noqa: PLR2004 (0 or 1)
    return settled_levels


class Mates:
    """Who is in whose group."""

    def __init__(self, persons: Ints, group: Ints) -> None:
        """Sort persons by their group.

        Args:
            persons: Some persons.
            group: Number of the group of everyone.
        """
        self.group = group
        self._order = persons[np.argsort(group[persons], kind="stable")]
        self._size = np.bincount(group[persons], minlength=int(group.max()) + 1)
        self._first = np.cumsum(self._size) - self._size

    def of(self, one: Ints, chance: Floats) -> Ints:
        """Return somebody of the group of each, by a number from 0 to 1."""
        own = self.group[one]
        place = self._first[own] + (chance * self._size[own]).astype(np.int64)
        found: Ints = self._order[place]
        return found


def _drawn(
    rng: np.random.Generator, places: Places, everyone: Mates, count: int
) -> tuple[Ints, Ints, Floats]:
    """Draw changes worth a look: who works, who else of the group, and what of it."""
    working = np.flatnonzero(places.levels[:, CONTRACT] > 0)
    one = working[rng.integers(working.size, size=count)]
    both = round(BOTH_WORK * count)
    chance = rng.random(count)
    other = np.concatenate(
        [
            Mates(working, everyone.group).of(one[:both], chance[:both]),
            everyone.of(one[both:], chance[both:]),
        ]
    )
    taken = KINDS[np.searchsorted(UP_TO, rng.random(count), side="right")]
    useful = np.any(places.levels[one] * taken != places.levels[other] * taken, 1)
    useful &= places.is_likely(one, other, taken)
    return one[useful], other[useful], taken[useful]
