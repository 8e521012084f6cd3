"""Who is in the twin."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from rctspark.twin.ww.calendar import FIRST_ENROLMENT, LAST_ENROLMENT
from rctspark.twin.ww.identity import passes_11_test
from rctspark.twin.ww.persons import Living, Role
from rctspark.twin.ww.targets import ARMS, BASIC, HORIZONS, INTENSIVE, OFFICES

SEXES = ("unknown", "male", "female")
BANDS = ("under_35", "35_to_44", "45_and_over")


def published(shared, name):
    with (shared / "spec" / "published" / "ww" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def arm_members(world, number):
    persons = world.persons
    return persons.is_enrolled & (persons.is_intensive == bool(number))


def ages_in_full_years(world, chosen):
    """Completed years at enrolment, person by person."""
    births = world.persons.birth_date[chosen].astype(object)
    days = world.persons.enrolment[chosen].astype(object)
    return [
        day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
        for birth, day in zip(births, days, strict=True)
    ]


def test_everybody_has_a_bsn_of_their_own_that_nobody_real_has(world):
    bsn = world.persons.bsn
    assert np.unique(bsn).size == bsn.size
    assert passes_11_test(bsn).all()
    assert ((bsn >= 900_000_000) | (bsn < 100_000)).all()
    few = (bsn < 100_000) & world.persons.is_enrolled
    assert few.sum() == 12


def test_the_arms_have_their_size_and_follow_the_last_digit(world):
    sizes = [int(arm_members(world, number).sum()) for number in (0, 1)]
    assert sizes == [4617, 4620]
    assert (world.persons.bsn[arm_members(world, 0)] % 2 == 0).all()


def test_the_enrolled_pass_the_clock_inside_the_window(world):
    enrolment = world.persons.enrolment[world.persons.is_enrolled]
    assert enrolment.min() >= FIRST_ENROLMENT
    assert enrolment.max() <= LAST_ENROLMENT
    for number, arm in enumerate(ARMS):
        left = (
            np.datetime64("2014-01-31")
            - world.persons.enrolment[arm_members(world, number)]
        )
        assert left.astype(int).mean() / (365.25 / 12) == pytest.approx(
            arm.observed_months, abs=0.01
        )


def test_balance_is_the_published_one(world, shared):
    wanted = {
        (row["characteristic"], row["category"]): (
            int(row["basic"]),
            int(row["intensive"]),
        )
        for row in published(shared, "table_5_1_balance.csv")
    }
    found = {}
    persons = world.persons
    for number in (0, 1):
        chosen = arm_members(world, number)
        for code, name in enumerate(SEXES):
            found["sex", name, number] = (persons.sex[chosen] == code).sum()
        for kind in (k for k in Living if k != Living.UNKNOWN):
            name = ("single_no_child", "single_dependent_child", "cohabiting")[kind]
            count = (persons.living[chosen] == kind).sum()
            found["living_arrangement", name, number] = count
        for office in range(len(OFFICES)):
            count = (persons.office[chosen] == office).sum()
            found["office", f"office_{office + 1}", number] = count
        known = chosen & (persons.precision != 3)
        bands = [
            0 if a < 35 else 1 if a < 45 else 2
            for a in ages_in_full_years(world, known)
        ]
        for code, name in enumerate(BANDS):
            found["age", name, number] = bands.count(code)
    assert {(c, k): (found[c, k, 0], found[c, k, 1]) for c, k, _ in found} == wanted


def test_the_targets_are_the_published_figures(shared):
    sizes = published(shared, "table_4_1_arm_sizes.csv")
    assert {r["arm"]: int(r["persons"]) for r in sizes} == {
        arm.name: arm.persons for arm in ARMS
    }
    rows = published(shared, "table_5_2_and_B_1_exit_rates.csv")
    for arm in (BASIC, INTENSIVE):
        for outcome, attribute in (("exit", "exit"), ("exit_to_job", "to_job")):
            for sex in ("male", "female"):
                wanted = tuple(
                    float(row[f"{arm.name}_pct"])
                    for horizon in HORIZONS
                    for row in rows
                    if (row["population"], row["outcome"]) == (sex, outcome)
                    and row["horizon_months"] == str(horizon)
                )
                assert getattr(getattr(arm, sex), attribute) == wanted


def test_the_excluded_are_excluded_for_one_reason_only(world):
    persons, schemes = world.persons, world.schemes
    then = persons.enrolment
    reasons = {
        Role.WIA_35_MINUS: schemes.wia_35_minus,
        Role.NETWORK_TRAINING: (persons.age >= 55)
        & (schemes.network_training_from <= then),
        Role.ESF_TRACK: (persons.age < 27)
        & np.isin(
            persons.office, [OFFICES.index("maastricht"), OFFICES.index("maasland")]
        )
        & (schemes.esf_track_from <= then),
        Role.START_UP_PERIOD: schemes.start_up_from <= then,
        Role.DISMISSED_BY_MSD: schemes.dismissed_by_msd
        & (persons.office == OFFICES.index("maasland")),
    }
    assert not sum(reasons.values())[persons.is_enrolled].any()
    for role, applies in reasons.items():
        mine = persons.of_role(role)
        assert mine.sum() > 0
        assert applies[mine].all()
        assert (sum(reasons.values())[mine] == 1).all()


def test_some_of_the_enrolled_only_look_as_if_they_were_excluded(world):
    enrolled, schemes = world.persons.is_enrolled, world.schemes
    for began in (
        schemes.network_training_from,
        schemes.esf_track_from,
        schemes.start_up_from,
    ):
        assert (enrolled & ~np.isnat(began)).sum() >= 40
    assert (enrolled & schemes.dismissed_by_msd).sum() == 10
