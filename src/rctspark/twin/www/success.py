"""Who has work in month 16, chosen so that adjusted effects come out as printed.

Persons of one group change places until coefficients of the published models, their
robust standard errors and p-values have their printed values. Of the control and the
reference group the number of persons with each outcome stays as printed; an arm with
an intervention may exchange a few with a reserve. That makes who succeeds follow past
pay and other covariates as far as the printed standard errors tell.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import months_between
from rctspark.twin.www import targets as t
from rctspark.twin.www.aims import Aim, Regression, narrow_sum
from rctspark.twin.www.people import START
from rctspark.twin.www.places import settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.www.people import People

LEVELS = t.LEVELS
ODDS = {"arrangement": (40.0, 20.0, 1.5, 1.0), "education": (0.15, 1.0, 1.0, 1.0)}
ODDS_OF_OTHERS = {
    "arrangement": (8.0, 6.0, 2.0, 1.0),
    "education": (0.7, 1.0, 1.0, 1.0),
}
"""Of work to begin with, in the control and the reference group and in other arms.

Table 26 adjusts for the arrangement and is far more exact than section 4.1, which does
not; and there are stars for low education and for those far from work, in arms alone.
So hardly anybody else far from work has it.
"""
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
    odds = (ODDS, ODDS_OF_OTHERS, ODDS_OF_OTHERS, ODDS_OF_OTHERS, ODDS)
    odds = (ODDS, ODDS_OF_OTHERS, ODDS_OF_OTHERS, ODDS_OF_OTHERS, ODDS)
    groups = [
        _likeliest_first(rng, people, group, of_group)
        for group, of_group in zip(everyone, odds, strict=True)
    ]
    who = np.concatenate(groups)
    employed = (*t.EMPLOYED, t.EMPLOYED_REFERENCE)
    levels = [_levels(rng, g.size, e) for g, e in zip(groups, employed, strict=True)]
    sizes = [*(g.size for g in groups), *(len(t.RESERVE) for _ in t.EFFECT_ARMS)]
    numbers = np.repeat([*range(len(groups)), *t.EFFECT_ARMS], sizes)
    reserve = np.array(t.RESERVE * len(t.EFFECT_ARMS), dtype=bool)
    aims = _aims(people, who, wage_24m_cents)
    found = settled(rng, np.concatenate([*levels, reserve]), aims, numbers)
    return who, found[: who.size]


def _likeliest_first(
    rng: np.random.Generator,
    people: People,
    group: Ints,
    odds_of: Mapping[str, tuple[float, ...]],
) -> Ints:
    """Order persons by a chance that falls with the distance to work."""
    chances = rng.gumbel(size=group.size)
    for subject, odds in odds_of.items():
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


def arm_or_none(people: People, who: Ints) -> Ints:
    """Return the arm of each; -1: of the reference group."""
    arm: Ints = np.where(people.is_reference[who], -1, people.arm[who])
    return arm


def published_model(people: People, who: Ints, wage_24m_cents: Ints) -> Regression:
    """Return the model of section 4.1; its columns 1 to 3 are the arms."""
    arm = arm_or_none(people, who)
    dummies = np.column_stack([arm == a for a in t.EFFECT_ARMS])
    columns = [np.ones((who.size, 1)), dummies]
    columns.append(_covariates(people, who, wage_24m_cents))
    return Regression(np.hstack(columns), arm >= 0)


def _aims(people: People, who: Ints, wage_24m_cents: Ints) -> list[Aim]:
    """List every printed coefficient, with the regression that it comes from."""
    covariates = _covariates(people, who, wage_24m_cents)
    arm = arm_or_none(people, who)
    dummies = np.column_stack([arm == a for a in t.EFFECT_ARMS])
    ones = np.ones((who.size, 1))
    regression = published_model(people, who, wage_24m_cents)
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
    compared = {
        level: regression.aim(1, LEVELS.index(level), printed)
        for level, printed in t.CONTROL_MINUS_REFERENCE.items()
    }
    contracts = (compared[name] for name in ("contract", "permanent", "temporary"))
    narrow_sum(*contracts)
    aims += compared.values()
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
