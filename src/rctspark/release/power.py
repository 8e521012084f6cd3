"""What effects the design can show: the plan's assumptions, and no outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from rctspark.release.labels import lower
from rctspark.release.numerals import fixed
from rctspark.release.publication.shown_table import Group, ShownTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config.plan import Assumption
    from rctspark.contracts.power import DetectableEffect
    from rctspark.release.labels import Labels

NAME = "power"
COLUMNS = (
    "assumption",
    "arm",
    "control_share",
    "sd",
    "r_squared",
    "attrition",
    "comparisons",
    "size",
    "power",
    "n_arm",
    "n_against",
    "detectable_effect",
)
DECIMALS = 4


def power_table(found: Sequence[DetectableEffect], labels: Labels) -> pd.DataFrame:
    """Lay the smallest effects that are likely shown out as a tidy table.

    Args:
        found: As computed from the plan; they rest on nobody's outcome.
        labels: Words.

    Returns:
        One row per assumption and arm; shares as fractions.
    """
    rows = []
    for one in found:
        assumed = _assumption(one, labels)
        rows.append(
            [
                one.assumption,
                one.arm,
                assumed.control_share,
                assumed.sd,
                assumed.r_squared,
                assumed.attrition,
                assumed.comparisons,
                round(one.size, DECIMALS),
                round(one.power, DECIMALS),
                round(one.n_arm, 1),
                round(one.n_against, 1),
                round(one.effect, DECIMALS),
            ]
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shown_power(found: Sequence[DetectableEffect], labels: Labels) -> ShownTable | None:
    """Lay the same out for reading, a row per assumption and a column per arm.

    Args:
        found: As computed from the plan.
        labels: Words.

    Returns:
        The table. None: the plan says nothing of power.
    """
    asked = labels.plan.power
    if asked is None or not found:
        return None
    arms = list(dict.fromkeys(one.arm for one in found))
    by_key = {(one.assumption, one.arm): one for one in found}
    rows = []
    for assumed in asked.assumptions:
        own = [by_key[assumed.name, arm] for arm in arms]
        rows.append(
            (
                labels.of(assumed.name),
                _level(assumed),
                fixed(100 * assumed.attrition, 0),
                f"{own[0].size:.3f}",
                *(_effect(assumed, one.effect) for one in own),
                fixed(min(one.n_arm for one in own), 0),
            )
        )
    head = ("If", "Control", "Missing (%)", "Size", *map(labels.of, arms))
    planned = ", ".join(
        f"{fixed(n, 0)} {lower(labels.of(arm))}" for arm, n in asked.persons.items()
    )
    note = (
        f"Smallest rise that a two-sided test shows with a chance of "
        f"{asked.power:.0%}, in percentage points for shares and the outcome's unit "
        f"otherwise; planned are {planned}. Made from the plan's assumptions alone: "
        "no outcome of this experiment enters."
    )
    return ShownTable(
        NAME,
        "What the design could show",
        (*head, "n per arm, fewest"),
        (Group("", tuple(rows)),),
        (note,),
    )


def _assumption(one: DetectableEffect, labels: Labels) -> Assumption:
    asked = labels.plan.power
    every = asked.assumptions if asked is not None else ()
    return next(a for a in every if a.name == one.assumption)


def _level(assumed: Assumption) -> str:
    if assumed.control_share is not None:
        return f"{fixed(100 * assumed.control_share, 1)} %"
    return f"SD {fixed(assumed.sd or 0.0, 2)}"


def _effect(assumed: Assumption, effect: float) -> str:
    if assumed.control_share is not None:
        return f"{fixed(100 * effect, 1)} pp"
    return fixed(effect, 2)
