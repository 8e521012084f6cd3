"""Persons left over in the strata of a draw, and how they are dealt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rctspark.estimators.refusals import refuse, shape_faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int8]
    Ints = NDArray[np.intp]

Misfits = Literal["balanced", "strata", "global"]
WHAT = "The draw"
TRIES = 8
"""Times that left-over persons are dealt anew where a margin is not balanced yet."""


@dataclass(frozen=True, slots=True)
class Dealing:
    """How the persons of strata are dealt over the arms.

    Attributes:
        ratio: Whole numbers, one per arm: (1, 1, 1, 1) is a quarter each.
        misfits: How left-over persons are dealt: see `draw_strata`.
        alone: Strata whose persons are each drawn by themselves, with the chances of
            the ratio, as where they come in one by one.
    """

    ratio: tuple[int, ...]
    misfits: Misfits = "balanced"
    alone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class SettledStrata:
    """A stratified draw, settled: persons by stratum, left-over ones, margins.

    A place is one of the numbers that the ratio adds up to: with (1, 2), the first
    place is of the first arm, the second and third are of the second.

    Attributes:
        places: Numbers that the ratio adds up to.
        members: Persons of each stratum.
        alone: Strata whose persons are each drawn by themselves.
        left_over: Shape (strata,), persons left over in each.
        groups: Of each margin, shape (strata,), where each stratum is in it.
    """

    places: int
    members: tuple[Ints, ...]
    alone: frozenset[int]
    left_over: Ints
    groups: tuple[Ints, ...]


def prepare_strata(
    strata: NDArray[Any], dealing: Dealing, *, margins: Sequence[NDArray[Any]]
) -> SettledStrata:
    """Settle who is in which stratum, and how many of each are left over.

    Args:
        strata: Shape (n,), stratum of each person.
        dealing: The ratio of the arms, and how left-over persons are dealt.
        margins: Each of shape (n,), the same for all persons of a stratum.

    Returns:
        The strata, in the sorted order of their names.

    Raises:
        EstimationError: The ratio is not of positive whole numbers, or a margin
            differs within a stratum.
    """
    faults = shape_faults(
        len(strata), {f"margin {i}": m for i, m in enumerate(margins)}
    )
    if not dealing.ratio or any(int(r) != r or r < 1 for r in dealing.ratio):
        faults.append("the ratio must be of positive whole numbers")
    refuse(WHAT, faults)
    members = members_of(strata)
    codes = [np.unique(m, return_inverse=True)[1] for m in margins]
    faults = [
        f"margin {i} differs within {n} strata"
        for i, code in enumerate(codes)
        if (n := sum(np.ptp(code[m]) > 0 for m in members))
    ]
    refuse(WHAT, faults)
    places = int(sum(dealing.ratio))
    by_itself = frozenset(
        i for i, m in enumerate(members) if strata[m[0]] in dealing.alone
    )
    sizes = np.array([m.size for m in members], dtype=np.intp)
    left_over = sizes % places
    left_over[list(by_itself)] = 0
    return SettledStrata(
        places=places,
        members=members,
        alone=by_itself,
        left_over=left_over,
        groups=tuple(np.array([c[m[0]] for m in members]) for c in codes),
    )


def members_of(strata: NDArray[Any]) -> tuple[Ints, ...]:
    """Return the persons of each stratum.

    Args:
        strata: Shape (n,), stratum of each person.

    Returns:
        Places of its persons, per stratum in the sorted order of their names.
    """
    _, code = np.unique(strata, return_inverse=True)
    order = np.argsort(code, kind="stable")
    return tuple(np.split(order, np.cumsum(np.bincount(code))[:-1]))


def deal_misfits(
    random: np.random.Generator, times: int, *, rule: SettledStrata, misfits: Misfits
) -> list[Codes]:
    """Deal the left-over persons of all strata.

    Args:
        random: Source of randomness.
        times: How many draws.
        rule: The strata.
        misfits: How they are dealt: see `draw_strata`.

    Returns:
        Places of each stratum's left-over persons, each of shape (times, left over).
    """
    if misfits == "global":
        total = int(rule.left_over.sum())
        full, rest = divmod(total, rule.places)
        row = np.tile(np.arange(rule.places, dtype=np.int8), full)
        some = random.permuted(
            np.tile(np.arange(rule.places, dtype=np.int8), (times, 1)), axis=1
        )[:, :rest]
        codes = np.concatenate([np.tile(row, (times, 1)), some], axis=1)
        codes = random.permuted(codes, axis=1)
        return list(np.split(codes, np.cumsum(rule.left_over)[:-1], axis=1))
    taken = _deal_once(random, times, rule=rule, balanced=misfits == "balanced")
    if misfits == "balanced":
        for _ in range(TRIES):
            gap = _gap(taken, rule)
            again = np.flatnonzero(gap > 0)
            if not again.size:
                break
            anew = _deal_once(random, again.size, rule=rule, balanced=True)
            better = _gap(anew, rule) < gap[again]
            taken[again[better]] = anew[better]
    order = np.argsort(~taken, axis=2, kind="stable").astype(np.int8)
    return [order[:, i, :r] for i, r in enumerate(rule.left_over)]


def _deal_once(
    random: np.random.Generator, times: int, *, rule: SettledStrata, balanced: bool
) -> NDArray[np.bool_]:
    """Choose the places that each stratum's left-over persons take.

    Returns:
        Shape (times, strata, places): whether a left-over person takes the place.
    """
    strata = len(rule.members)
    taken = np.zeros((times, strata, rule.places), dtype=bool)
    overall = np.zeros((times, rule.places))
    counts = [np.zeros((times, int(g.max()) + 1, rule.places)) for g in rule.groups]
    # A place's rank is led by its count over all, then by its margins, then by luck.
    heavy = float(2 * strata * (len(rule.groups) + 1) + 1)
    for i in range(strata):
        left = int(rule.left_over[i])
        if not left:
            continue
        rank = random.random((times, rule.places))
        if balanced:
            rank += heavy * overall
            for group, count in zip(rule.groups, counts, strict=True):
                rank += count[:, group[i]]
        # A place is taken where fewer than `left` places have a lower rank.
        lower = (rank[:, None, :] < rank[:, :, None]).sum(axis=2)
        chosen = lower < left
        taken[:, i] = chosen
        overall += chosen
        for group, count in zip(rule.groups, counts, strict=True):
            count[:, group[i]] += chosen
    return taken


def _gap(taken: NDArray[np.bool_], rule: SettledStrata) -> NDArray[np.float64]:
    """How far places are apart in the margins: persons more than one, summed."""
    total = np.zeros(len(taken))
    for group in rule.groups:
        for kind in range(int(group.max()) + 1):
            count = taken[:, group == kind].sum(axis=1)
            total += np.maximum(np.ptp(count, axis=1) - 1, 0)
    return total
