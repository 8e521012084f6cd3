"""The draw itself, once or ten thousand times.

The job that assigns persons and the inference that repeats their draw call the same
functions. A draw is an array of small integers, shape (times, persons): positions in
the list of arms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from rctspark.estimators.randomised.misfits import (
    Dealing,
    deal_misfits,
    members_of,
    prepare_strata,
)
from rctspark.estimators.refusals import refuse, shape_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int8]

Draw = Callable[["np.random.Generator", int], "NDArray[np.int8]"]
"""A draw whose rule is settled: randomness and times in, positions of arms out."""
WHAT = "The draw"


def draw_parity(
    random: np.random.Generator, times: int, *, persons: int, share: float = 0.5
) -> Codes:
    """Draw each person by a coin of their own, as a number's last digit does.

    Args:
        random: Source of randomness.
        times: How many draws.
        persons: Persons in one draw.
        share: Chance of position 1.

    Returns:
        Shape (times, persons): 0 or 1.
    """
    return (random.random((times, persons)) < share).astype(np.int8)


def draw_sizes(
    random: np.random.Generator, times: int, *, sizes: Sequence[int]
) -> Codes:
    """Draw arms of fixed sizes: every division of the persons is as likely.

    Args:
        random: Source of randomness.
        times: How many draws.
        sizes: Persons of each arm.

    Returns:
        Shape (times, sum of sizes).
    """
    row = np.repeat(np.arange(len(sizes), dtype=np.int8), sizes)
    return random.permuted(np.tile(row, (times, 1)), axis=1)


def draw_within(
    random: np.random.Generator,
    times: int,
    *,
    arm: NDArray[np.integer[Any]],
    strata: NDArray[Any],
) -> Codes:
    """Deal the arms that persons have anew among the persons of each stratum.

    The draw given how many persons of each arm every stratum has. Given them, a
    stratified draw is a shuffle within strata, however its left-over persons were
    dealt; so, on the persons of two arms only, this gives an exact test of no effect
    of the one against the other, whatever the remaining arms do.

    Args:
        random: Source of randomness.
        times: How many draws.
        arm: Shape (n,), positions of the arms as they were drawn.
        strata: Shape (n,), stratum of each person.

    Returns:
        Shape (times, n).
    """
    drawn = np.empty((times, len(arm)), dtype=np.int8)
    for members in members_of(strata):
        row = np.asarray(arm[members], dtype=np.int8)
        drawn[:, members] = random.permuted(np.tile(row, (times, 1)), axis=1)
    return drawn


def draw_strata(
    random: np.random.Generator,
    times: int,
    *,
    strata: NDArray[Any],
    dealing: Dealing,
    margins: Sequence[NDArray[Any]] = (),
) -> Codes:
    """Draw within strata, and deal the left-over persons (misfits).

    In each stratum as many persons as the ratio divides are shuffled over the arms
    in exactly that ratio. What is left over, fewer persons than the ratio adds up
    to, is dealt:

    - `balanced`: at most one to each place of the ratio within a stratum; over all
      strata no place gets more than one person more than another; within that,
      places that are behind in the stratum's margins come first, and a dealing that
      leaves a margin more than one apart is tried again a few times. Ties are
      broken at random, so everyone's chances are those of the ratio.
    - `strata`: within each stratum at random, at most one to each place, without
      regard to other strata.
    - `global`: all left-over persons together as if they were one stratum.

    Args:
        random: Source of randomness.
        times: How many draws.
        strata: Shape (n,), stratum of each person.
        dealing: The ratio of the arms, and how left-over persons are dealt.
        margins: Each of shape (n,): what strata are made of, the same for all
            persons of a stratum; balanced next after the whole.

    Returns:
        Shape (times, n): positions in the ratio.

    Raises:
        EstimationError: The ratio is not of positive whole numbers, or a margin
            differs within a stratum.
    """
    rule = prepare_strata(strata, dealing, margins=margins)
    drawn = np.empty((times, len(strata)), dtype=np.int8)
    extras = deal_misfits(random, times, rule=rule, misfits=dealing.misfits)
    places = rule.places
    for i, members in enumerate(rule.members):
        if i in rule.alone:
            size = (times, members.size)
            drawn[:, members] = random.integers(0, places, size, dtype=np.int8)
            continue
        full = members.size // places
        row = np.tile(np.arange(places, dtype=np.int8), full)
        codes = np.concatenate([np.tile(row, (times, 1)), extras[i]], axis=1)
        drawn[:, members] = random.permuted(codes, axis=1)
    ratio = dealing.ratio
    arms = np.repeat(np.arange(len(ratio), dtype=np.int8), ratio)
    return arms[drawn]


def draw_sites(
    random: np.random.Generator,
    times: int,
    *,
    site: NDArray[Any],
    draws: Mapping[str, Draw],
) -> Codes:
    """Draw each site by its own rule.

    Args:
        random: Source of randomness; sites take from it in the order of `draws`.
        times: How many draws.
        site: Shape (n,), site of each person.
        draws: Site to its draw, whose positions are of one list of arms.

    Returns:
        Shape (times, n).

    Raises:
        EstimationError: A site has no draw, or a draw is for another number of
            persons than the site has.
    """
    unknown = int((~np.isin(site, list(draws))).sum())
    refuse(WHAT, [f"{unknown} person(s) are at a site without a draw"] * (unknown > 0))
    drawn = np.empty((times, len(site)), dtype=np.int8)
    for name, draw in draws.items():
        members = np.flatnonzero(site == name)
        codes = draw(random, times)
        refuse(WHAT, shape_faults(members.size, {f"the draw of site {name}": codes[0]}))
        drawn[:, members] = codes
    return drawn


def draw_clusters(
    random: np.random.Generator, times: int, *, cluster: NDArray[Any], draw: Draw
) -> Codes:
    """Draw whole clusters: everyone of a cluster has its arm.

    Args:
        random: Source of randomness.
        times: How many draws.
        cluster: Shape (n,), cluster of each person.
        draw: Draw of the clusters, in the sorted order of their names.

    Returns:
        Shape (times, n).

    Raises:
        EstimationError: The draw is for another number of clusters.
    """
    names, code = np.unique(cluster, return_inverse=True)
    drawn = draw(random, times)
    refuse(WHAT, shape_faults(len(names), {"the draw of the clusters": drawn[0]}))
    return drawn[:, code]
