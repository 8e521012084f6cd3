"""The draw: sizes, margins, chances, sites, and the same draw twice."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from rctspark.errors import EstimationError
from rctspark.estimators.randomised.draw import (
    draw_clusters,
    draw_parity,
    draw_sites,
    draw_sizes,
    draw_strata,
    draw_within,
)
from rctspark.estimators.randomised.misfits import Dealing

SIZES = [161, 24, 197, 223, 30, 2, 45, 66, 4]
STRATA = np.repeat([f"s{i}" for i in range(9)], SIZES)
LIVING = np.repeat(list("ssssccccl"), SIZES)
DISTANCE = np.repeat(list("12341234l"), SIZES)
QUARTERS = Dealing(ratio=(1, 1, 1, 1))


def counts(drawn, arms=4):
    return np.stack([(drawn == k).sum(axis=1) for k in range(arms)], axis=1)


def test_arms_are_balanced_over_all_in_every_stratum_and_within_the_margins():
    random = np.random.default_rng(4)
    drawn = draw_strata(
        random, 500, strata=STRATA, dealing=QUARTERS, margins=(LIVING, DISTANCE)
    )
    assert (counts(drawn) == 188).all()
    for groups in (STRATA, LIVING, DISTANCE):
        for group in np.unique(groups):
            of_group = counts(drawn[:, groups == group])
            assert np.ptp(of_group, axis=1).max() <= 1


@pytest.mark.parametrize("misfits", ["balanced", "strata", "global"])
def test_everyone_has_the_chances_of_the_ratio(misfits):
    random = np.random.default_rng(5)
    dealing = Dealing(ratio=(1, 2), misfits=misfits, alone=frozenset({"s8"}))
    drawn = draw_strata(random, 6000, strata=STRATA, dealing=dealing, margins=(LIVING,))
    share = (drawn == 1).mean(axis=0)
    z = (share - 2 / 3) / np.sqrt(2 / 9 / 6000)
    assert np.abs(z).max() < 4.5
    sizes = np.bincount(np.unique(STRATA, return_inverse=True)[1])
    for stratum, size in zip(np.unique(STRATA), sizes, strict=True):
        of_one = counts(drawn[:, stratum == STRATA], arms=2)[:, 0]
        if misfits != "global" and stratum != "s8":
            assert of_one.min() >= size // 3
            assert of_one.max() <= size // 3 + (size % 3 > 0)


def test_left_over_persons_without_regard_to_other_strata_leave_arms_unequal():
    random = np.random.default_rng(6)
    dealing = Dealing(ratio=(1, 1, 1, 1), misfits="strata")
    sizes = counts(draw_strata(random, 2000, strata=STRATA, dealing=dealing))
    assert (np.sort(sizes, axis=1) == [187, 188, 188, 189]).all(axis=1).any()
    assert np.ptp(sizes, axis=1).max() > 1


def test_the_same_seed_gives_the_same_draw():
    draws = [
        draw_strata(
            np.random.default_rng(9), 3, strata=STRATA, dealing=QUARTERS
        ).tobytes()
        for _ in range(2)
    ]
    assert draws[0] == draws[1]


def test_sites_keep_their_own_rules():
    random = np.random.default_rng(7)
    site = np.array(["first"] * 752 + ["second"] * 35)
    drawn = draw_sites(
        random,
        50,
        site=site,
        draws={
            "first": partial(draw_strata, strata=STRATA, dealing=QUARTERS),
            "second": lambda r, times: 3 * draw_sizes(r, times, sizes=(18, 17)),
        },
    )
    assert (counts(drawn[:, :752]) == 188).all()
    assert (counts(drawn[:, 752:]) == [18, 0, 0, 17]).all()


def test_a_shuffle_within_strata_keeps_every_count():
    random = np.random.default_rng(8)
    arm = draw_strata(random, 1, strata=STRATA, dealing=QUARTERS)[0]
    drawn = draw_within(random, 40, arm=arm, strata=STRATA)
    for stratum in np.unique(STRATA):
        here = stratum == STRATA
        assert (counts(drawn[:, here]) == counts(arm[None, here])).all()
    assert len({row.tobytes() for row in drawn}) == 40


def test_parity_is_a_coin_for_everyone_and_sizes_are_fixed():
    random = np.random.default_rng(10)
    coins = draw_parity(random, 4000, persons=20)
    assert abs(coins.mean() - 0.5) < 0.01
    assert np.ptp(coins.sum(axis=1)) > 5
    assert (draw_sizes(random, 10, sizes=(5, 15)).sum(axis=1) == 15).all()


def test_whole_clusters_are_drawn():
    random = np.random.default_rng(11)
    office = np.repeat(list("abcdef"), [3, 5, 2, 4, 6, 1])
    drawn = draw_clusters(
        random, 20, cluster=office, draw=partial(draw_sizes, sizes=(3, 3))
    )
    for name in np.unique(office):
        assert (np.ptp(drawn[:, office == name], axis=1) == 0).all()


def test_wrong_ratios_margins_and_sites_are_refused():
    random = np.random.default_rng(1)
    with pytest.raises(EstimationError, match="positive whole numbers"):
        draw_strata(random, 1, strata=STRATA, dealing=Dealing(ratio=(1, 0)))
    with pytest.raises(EstimationError, match="margin 0 differs within 9 strata"):
        draw_strata(
            random, 1, strata=STRATA, dealing=QUARTERS, margins=(np.arange(752),)
        )
    with pytest.raises(EstimationError, match="752 person"):
        draw_sites(random, 1, site=STRATA, draws={"x": draw_parity})
