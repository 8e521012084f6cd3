"""Effects on persons weighted to the target: they leave where those unweighted do.

Both are of the same persons. How many have an outcome is told by the share without
weights, and rules 1 to 3 are about that; a weighted share is looked at besides for
rule 3, and for one person who, with the weight, gives most of it (rule 4).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from rctspark.release.effect_screening import (
    ScreenedEffects,
    WithheldEffect,
    screen_effects,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rctspark.contracts import Effect
    from rctspark.release.effect_screening import EffectRules

NOT_WITHOUT = "the same effect without weights may not leave"
OUTWEIGHED = "one person weighs too much in the weighted mean of an arm"
LARGE_SHARE = "the weighted share of an arm may not be shown"
Side = tuple[str, str, str, int, str, str]
"""Site, population, outcome, horizon, arm and against."""


def screen_all_effects(
    effects: Iterable[Effect], rules: EffectRules, *, weighted: Mapping[str, str]
) -> ScreenedEffects:
    """Sort effects into those that may leave and those that may not.

    Args:
        effects: Effects as estimated.
        rules: The data owner's, and what they need to know.
        weighted: Label of weighted effects to the analysis that they reweight.

    Returns:
        The effects kept, those on persons as they are first; and those withheld with
        the reason.
    """
    effects = tuple(effects)
    plain = screen_effects((e for e in effects if e.population not in weighted), rules)
    leaving: dict[Side, list[Effect]] = defaultdict(list)
    for e in plain.kept:
        leaving[_side(e, e.population)].append(e)
    own = [e for e in effects if e.population in weighted]
    veiled = {
        _moment(e)
        for e in own
        if _is_veiled(e, leaving[_side(e, weighted[e.population])], rules)
    }
    kept, withheld = [*plain.kept], [*plain.withheld]
    for e in own:
        beside = leaving[_side(e, weighted[e.population])]
        is_veiled = _moment(e) in veiled
        reason = _reason(e, beside, rules, is_veiled=is_veiled)
        if reason:
            named = (*_side(e, e.population), e.estimand, e.model)
            withheld.append(WithheldEffect(*named, reason))
        else:
            kept.append(replace(e, mean_against=math.nan) if is_veiled else e)
    return ScreenedEffects(tuple(kept), tuple(withheld))


def _side(e: Effect, population: str) -> Side:
    return (e.site, population, e.outcome, e.horizon, e.arm, e.against)


def _moment(e: Effect) -> tuple[str, str, str, int]:
    return (e.site, e.population, e.outcome, e.horizon)


def _reason(
    e: Effect, beside: Sequence[Effect], rules: EffectRules, *, is_veiled: bool
) -> str:
    """Return why a weighted effect stays inside; empty: it leaves."""
    sides = [(e.population, e.outcome, e.horizon, arm) for arm in (e.arm, e.against)]
    largest = rules.thresholds.maximum_share
    is_model = e.model in rules.adjusted and abs(e.estimate) <= largest
    is_share = not (is_model and rules.are_adjusted_exempt)
    if not beside or e.n_total - e.rank < rules.thresholds.minimum_df:
        return NOT_WITHOUT
    if any(side in rules.dominated for side in sides):
        return OUTWEIGHED
    return LARGE_SHARE if is_veiled and is_share else ""


def _is_veiled(e: Effect, beside: Sequence[Effect], rules: EffectRules) -> bool:
    """Say whether a share of an arm stays inside, with weights or without."""
    if any(math.isnan(one.mean_against) for one in beside):
        return True
    if rules.are_shares_exempt or e.outcome not in rules.yes_no:
        return False
    largest = rules.thresholds.maximum_share
    shares = (e.mean_against, e.mean_against + e.estimate)
    return any(max(share, 1 - share) > largest for share in shares)
