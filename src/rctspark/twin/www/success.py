"""Who has work in month 16, chosen so that adjusted effects come out as printed.

Persons of one group change places until coefficients of the published models, their
robust standard errors and p-values have their printed values, while the number of
persons with each outcome stays as it is. That makes who succeeds follow past pay and
other covariates as far as the printed standard errors tell.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import months_between
from rctspark.twin.www import targets as t
from rctspark.twin.www.aims import Aim, Regression
from rctspark.twin.www.people import START
from rctspark.twin.www.places import settled

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.www.people import People

LEVELS = (
    *("wage_100", "wage_70", "wage_50"),
    *("hours_32", "hours_27", "hours_12", "hours_8"),
    *("contract", "permanent", "temporary"),
)
ODDS = {"arrangement": (5.0, 3.0, 3.0, 1.0), "education": (0.4, 1.0, 1.0, 1.0)}
"""Of work, to begin with: printed stars tell that few of low education, and few far
from work, have it."""
YEAR = 365.25


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
    everyone = (*arms, np.flatnonzero(people.is_reference))
    groups = [_likeliest_first(rng, people, group) for group in everyone]
    who = np.concatenate(groups)
    employed = (*t.EMPLOYED, t.EMPLOYED_REFERENCE)
    levels = np.concatenate(
        [_levels(rng, g.size, e) for g, e in zip(groups, employed, strict=True)]
    )
    aims = _aims(people, who, wage_24m_cents)
    edges = np.cumsum([0, *(g.size for g in groups)])
    return who, settled(rng, levels, aims, edges)


def _likeliest_first(rng: np.random.Generator, people: People, group: Ints) -> Ints:
    """Order persons by a chance that falls with the distance to work."""
    chances = rng.gumbel(size=group.size)
    for subject, odds in ODDS.items():
        chances += np.log(np.array(odds))[people.traits[subject][group]]
    order = np.argsort(chances)
    first: Ints = group[order[::-1]]
    return first


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
    """List every printed coefficient, with the regression that it comes from."""
    covariates = _covariates(people, who, wage_24m_cents)
    arm = np.where(people.is_reference[who], -1, people.arm[who])
    dummies = np.column_stack([arm == a for a in (1, 2, 3)])
    ones = np.ones((who.size, 1))
    regression = Regression(np.hstack([ones, dummies, covariates]), arm >= 0)
    aims = [
        regression.aim(t.ARMS.index(name), LEVELS.index(level), printed)
        for (name, level), printed in t.EFFECTS.items()
    ]
    arrangement = people.traits["arrangement"][who]
    distances = np.column_stack([arrangement == k for k in (1, 2, 3)])
    control = (arm == 0)[:, None]
    regression = Regression(
        np.hstack([ones, control, dummies, covariates, distances]),
        np.ones(who.size, dtype=bool),
    )
    aims += [
        regression.aim(1, LEVELS.index(level), printed)
        for level, printed in t.CONTROL_MINUS_REFERENCE.items()
    ]
    return aims + _subgroup_aims(people, who, arm, covariates)


def _subgroup_aims(
    people: People, who: Ints, arm: Ints, covariates: Floats
) -> list[Aim]:
    """List the effects by category: one regression, an effect in each."""
    aims = []
    for subject, parts in t.SUBGROUPS.items():
        place = people.traits[subject][who]
        within = [np.isin(place, part) for part in parts]
        known = (arm >= 0) & np.any(within, axis=0)
        columns = [
            (part & (arm == a)).astype(float) for part in within for a in (1, 2, 3)
        ]
        design = np.column_stack([*columns, *within, covariates])
        regression = Regression(design, known)
        for (name, part, treatment, level), printed in t.SUBGROUP_EFFECTS.items():
            if name == subject:
                column = 3 * parts.index(part) + t.ARMS.index(treatment) - 1
                aims.append(regression.aim(column, LEVELS.index(level), printed))
    return aims
