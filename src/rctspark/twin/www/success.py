"""Who has work in month 16, chosen so that adjusted effects come out as printed.

A coefficient of a linear regression is a weighted sum of the outcome, with weights that
the covariates alone decide. So persons of one group can change places until the
coefficients of the published models have their printed values, while the number of
persons with each outcome stays as it is.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import months_between
from rctspark.twin.www import targets as t
from rctspark.twin.www.people import START

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.www.people import People

LEVELS = (
    *("wage_100", "wage_70", "wage_50"),
    *("hours_32", "hours_27", "hours_12", "hours_8"),
    *("contract", "permanent", "temporary"),
)
TRIES = 360_000
WARMTH = 2e-5, 1e-9
"""How far a place may be left for a worse one, at first and at last."""
CLOSE = 0.0002
YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Aim:
    """One coefficient: weights over persons, an outcome, the value wanted."""

    weights: Floats
    level: int
    value: float


def choose_successes(
    rng: np.random.Generator, people: People, wage_24m_cents: Ints
) -> tuple[Ints, Bools]:
    """Choose who has which place among those of their arm or the reference group.

    Args:
        rng: Random numbers.
        people: Everyone.
        wage_24m_cents: Pay in the 24 months before the invitation.

    Returns:
        Places of the persons of the arms and the reference group, the arms first; and
        what each has in month 16, a column per name of `LEVELS`.
    """
    arms = [np.flatnonzero(people.of_arm(a)) for a in range(len(t.ARMS))]
    groups = [rng.permutation(g) for g in (*arms, np.flatnonzero(people.is_reference))]
    who = np.concatenate(groups)
    employed = (*t.EMPLOYED, t.EMPLOYED_REFERENCE)
    levels = np.concatenate(
        [_levels(rng, g.size, e) for g, e in zip(groups, employed, strict=True)]
    )
    aims = _aims(people, who, wage_24m_cents)
    edges = np.cumsum([0, *(g.size for g in groups)])
    return who, _swapped(rng, levels, aims, edges)


def _levels(rng: np.random.Generator, n: int, employed: t.Employed) -> Bools:
    """Give the first of n persons each outcome as often as it is wanted."""
    *counts, contracts, permanent = astuple(employed)
    levels = np.zeros((n, len(LEVELS)), dtype=bool)
    for column, count in enumerate((*counts, contracts)):
        levels[:count, column] = True
    lasting = rng.permutation(contracts)[:permanent]
    levels[lasting, LEVELS.index("permanent")] = True
    has_other = levels[:, LEVELS.index("contract")] & ~levels[:, -2]
    levels[:, -1] = has_other
    return levels


def _covariates(people: People, who: Ints, wage_24m_cents: Ints) -> Floats:
    """Columns of model M1, as they are known at the start."""
    traits = people.traits
    columns = [
        traits[name][who] == place
        for name, places in (
            ("sex", (1,)),
            ("education", (1, 2, 3)),
            ("background", (1, 2)),
            ("norm", (1, 2)),
        )
        for place in places
    ]
    age = np.floor((START - people.birth[who]).astype(int) / YEAR)
    starts = people.benefit_start[who]
    months = months_between(starts, np.full(starts.size, START))
    wage = wage_24m_cents[who] / 100
    return np.column_stack([*columns, age, months, wage]).astype(float)


def _aims(people: People, who: Ints, wage_24m_cents: Ints) -> list[Aim]:
    covariates = _covariates(people, who, wage_24m_cents)
    arm = np.where(people.is_reference[who], -1, people.arm[who])
    study = arm >= 0
    dummies = np.column_stack([arm == a for a in (1, 2, 3)])
    ones = np.ones((who.size, 1))
    first = np.hstack([ones, dummies, covariates])[study]
    rows = np.zeros((first.shape[1], who.size))
    rows[:, study] = np.linalg.pinv(first)
    aims = [
        Aim(rows[t.ARMS.index(name)], LEVELS.index(level), points / 100)
        for (name, level), points in t.EFFECTS_PP.items()
    ]
    arrangement = people.traits["arrangement"][who]
    distances = np.column_stack([arrangement == k for k in (1, 2, 3)])
    control = (arm == 0)[:, None]
    second = np.hstack([ones, control, dummies, covariates, distances])
    row = np.linalg.pinv(second)[1]
    aims += [
        Aim(row, LEVELS.index(level), value)
        for level, value in t.CONTROL_MINUS_REFERENCE.items()
    ]
    return aims + _subgroup_aims(people, who, arm, covariates)


def _subgroup_aims(
    people: People, who: Ints, arm: Ints, covariates: Floats
) -> list[Aim]:
    """Weights of the effects by category: one regression, an effect in each."""
    aims = []
    for subject, parts in t.SUBGROUPS.items():
        place = people.traits[subject][who]
        within = [np.isin(place, part) for part in parts]
        known = (arm >= 0) & np.any(within, axis=0)
        columns = [
            (part & (arm == a)).astype(float) for part in within for a in (1, 2, 3)
        ]
        design = np.column_stack([*columns, *within, covariates])[known]
        rows = np.zeros((design.shape[1], who.size))
        rows[:, known] = np.linalg.pinv(design)
        for (name, part, treatment, level), points in t.SUBGROUP_EFFECTS_PP.items():
            if name == subject:
                cell = 3 * parts.index(part) + t.ARMS.index(treatment) - 1
                aims.append(Aim(rows[cell], LEVELS.index(level), points / 100))
    return aims


def _swapped(
    rng: np.random.Generator, levels: Bools, aims: list[Aim], edges: Ints
) -> Bools:
    """Let persons of one group change places while coefficients come nearer."""
    y = levels.astype(float)
    weights = np.array([aim.weights for aim in aims])
    column = np.array([aim.level for aim in aims])
    wanted = np.array([aim.value for aim in aims])
    off = np.einsum("ki,ik->k", weights, y[:, column]) - wanted
    group = rng.integers(edges.size - 1, size=TRIES)
    low, size = edges[group], np.diff(edges)[group]
    one = low + (rng.random(TRIES) * size).astype(int)
    other = low + (rng.random(TRIES) * size).astype(int)
    # Pairs alone end where no pair helps: while it is warm, small steps back are taken.
    first, last = WARMTH
    warmth = first * (last / first) ** (np.arange(TRIES) / TRIES)
    slack = -warmth * np.log(rng.random(TRIES))
    for i, j, allowed in zip(one, other, slack, strict=True):
        change = (weights[:, i] - weights[:, j]) * (y[j, column] - y[i, column])
        nearer = off + change
        if nearer @ nearer < off @ off + allowed:
            y[[i, j]] = y[[j, i]]
            off = nearer
            if np.abs(off).max() < CLOSE:
                break
    found: Bools = y > 0
    return found
