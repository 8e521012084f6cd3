"""Events of the twin, each held against a slow count."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rctspark.twin.ww.world as world_of_part
from rctspark.twin.ww.calendar import (
    FOLLOW_UP_ENDS,
    add_months,
    days_to_month_mark,
    months_between,
)
from rctspark.twin.ww.contact_kinds import Form, Outcome, Service, Subject
from rctspark.twin.ww.course import Destination
from rctspark.twin.ww.identity import draw_bsn_pool
from rctspark.twin.ww.payroll import pay_statements
from rctspark.twin.ww.persons import MALE, PERSONS
from rctspark.twin.ww.targets import ARMS, HORIZONS
from rctspark.twin.ww.truth import outcomes_of
from rctspark.twin.ww.tuning import OutOfReachError
from rctspark.twin.ww.world import NEXT_DRAW, _draw_world, make_world

DAY = dt.timedelta(days=1)
FIRST, LAST = dt.date(2012, 7, 23), dt.date(2013, 4, 1)
DAYS = st.dates(dt.date(2008, 1, 1), dt.date(2016, 12, 31))


def month_later(day: dt.date, count: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    for last in range(day.day, 27, -1):
        try:
            return dt.date(year, month + 1, last)
        except ValueError:
            continue
    return dt.date(year, month + 1, day.day)


def spells_by_person(world):
    spells = world.spells
    found = defaultdict(list)
    for person, start, end in zip(
        spells.person.tolist(),
        spells.start.astype(object),
        spells.end.astype(object),
        strict=True,
    ):
        found[person].append((start, end))
    return found


def passes_the_clock(spells):
    """Say day by day's logic whether a benefit, revivals joined, is enrolled."""
    benefits = []
    for start, end in sorted(spells):
        if benefits and (start - benefits[-1][-1][1]).days - 1 <= 28:
            benefits[-1].append((start, end))
        else:
            benefits.append([(start, end)])
    days = [(b, b[0][0] + dt.timedelta(days=91)) for b in benefits]
    return any(
        FIRST <= day <= LAST and any(s <= day <= e for s, e in benefit)
        for benefit, day in days
    )


@given(day=DAYS, count=st.integers(0, 40))
def test_months_later_agree_with_the_calendar(day, count):
    assert add_months(np.array([day], dtype="datetime64[D]"), count).astype(object)[
        0
    ] == month_later(day, count)


@given(start=DAYS, days=st.integers(0, 900))
def test_distance_from_a_month_mark_agrees_with_trying_all_marks(start, days):
    when = start + days * DAY
    marks = [month_later(start, n) for n in range(32)]
    pair = [np.array([d], dtype="datetime64[D]") for d in (start, when)]
    whole = int(months_between(*pair)[0])
    assert marks[whole] <= when < marks[whole + 1]
    nearest = min(abs((when - marks[n]).days) for n in (whole, whole + 1))
    assert days_to_month_mark(*pair)[0] == nearest


def test_spells_of_one_person_neither_overlap_nor_end_before_they_start(world):
    for spells in spells_by_person(world).values():
        for (_, end), (start, _) in pairwise(spells):
            assert start > end
        assert all(end >= start for start, end in spells)


def test_the_clock_picks_the_enrolled_and_the_excluded_and_nobody_else(world):
    """At the six offices; elsewhere the clock runs too, but nobody is enrolled."""
    persons = world.persons
    passing = {
        person
        for person, spells in spells_by_person(world).items()
        if persons.office[person] < 6 and passes_the_clock(spells)
    }
    roles = np.isin(persons.role, [0, 5, 6, 7, 8, 9])
    assert passing == set(np.flatnonzero(roles).tolist())


def test_revivals_and_benefits_that_came_back_too_late_are_there(world):
    gaps = [
        (later[0] - earlier[1]).days - 1
        for person, spells in spells_by_person(world).items()
        if world.persons.is_enrolled[person]
        for earlier, later in pairwise(spells)
    ]
    assert sum(gap <= 28 for gap in gaps) == 400
    assert sum(29 <= gap <= 62 for gap in gaps) >= 450
    assert not any(27 <= gap <= 29 for gap in gaps)


@pytest.mark.parametrize("number", [0, 1])
def test_as_many_left_by_each_horizon_as_published(world, number):
    """Each sex to one person in its arm; at 15 months, who is observed so long."""
    persons, arm = world.persons, ARMS[number]
    in_arm = persons.is_enrolled & (persons.is_intensive == bool(number))
    outcomes = outcomes_of(world)
    for sex_is_male, shares in ((True, arm.male), (False, arm.female)):
        chosen = in_arm & ((persons.sex == MALE) == sex_is_male)
        if sex_is_male is False:
            chosen &= persons.sex == 2
        for place, horizon in enumerate(HORIZONS[:3]):
            left = np.nanmean(outcomes["exit", horizon][chosen]) * 100
            job = np.nanmean(outcomes["exit_to_job", horizon][chosen]) * 100
            assert left == pytest.approx(shares.exit[place], abs=0.1)
            assert job == pytest.approx(shares.to_job[place], abs=0.8)


def test_exits_are_not_decided_by_a_single_day(world):
    enrolled = world.persons.is_enrolled & world.course.has_left
    start, end = world.persons.benefit_start[enrolled], world.course.end[enrolled]
    later = months_between(start, end) >= 4
    assert days_to_month_mark(start, end)[later].min() >= 2


def test_who_left_for_a_job_starts_one_then_and_nobody_else_does(world):
    persons, course, jobs = world.persons, world.course, world.jobs
    near = np.zeros(persons.size, dtype=bool)
    gap = (jobs.start - course.end[jobs.person]).astype(int)
    near[jobs.person[np.abs(gap) <= 31]] = True
    gone_early = course.end <= FOLLOW_UP_ENDS - 30
    who = persons.is_enrolled & course.has_left & gone_early
    assert (near[who] == course.to_job[who]).all()
    alone = course.destination == Destination.SELF_EMPLOYED
    assert (who & alone).sum() > 50


def test_outcomes_agree_with_counting_days_of_a_few_persons(world):
    outcomes = outcomes_of(world)
    spells = spells_by_person(world)
    end = dt.date(2014, 1, 31)
    for person in np.flatnonzero(world.persons.is_enrolled)[::400]:
        first = world.persons.enrolment[person].astype(object)
        window = [first + n * DAY for n in range((end - first).days + 1)]
        in_benefit = [any(s <= d <= e for s, e in spells[person]) for d in window]
        mine = (world.jobs.person == person) & (
            world.jobs.start > world.persons.enrolment[person]
        )
        jobs = list(
            zip(
                world.jobs.start[mine].astype(object),
                world.jobs.end[mine].astype(object),
                strict=True,
            )
        )
        in_job = [any(s <= d <= e for s, e in jobs) for d in window]
        assert outcomes["share_in_benefit", 0][person] == pytest.approx(
            np.mean(in_benefit)
        )
        assert outcomes["share_in_job", 0][person] == pytest.approx(np.mean(in_job))


def test_statements_cover_every_day_of_a_job_once(world):
    statements = pay_statements(np.random.default_rng(3), world.jobs)
    ordinary = statements.taken(~statements.is_correction)
    jobs = world.jobs
    first = np.maximum(jobs.start, np.datetime64("2011-01-01"))
    last = np.minimum(jobs.end, FOLLOW_UP_ENDS)
    wanted = np.maximum((last - first).astype(int) + 1, 0)
    found = np.bincount(ordinary.job, ordinary.job_days, minlength=jobs.size)
    assert (found == wanted).all()
    same_job = ordinary.job[1:] == ordinary.job[:-1]
    assert (ordinary.start[1:] > ordinary.end[:-1])[same_job].all()


def test_monthly_pay_ends_with_the_month_and_four_weekly_pay_does_not(world):
    statements = pay_statements(np.random.default_rng(3), world.jobs)
    is_four_weekly = world.jobs.is_four_weekly[statements.job]
    crosses = statements.start.astype("datetime64[M]") != statements.end.astype(
        "datetime64[M]"
    )
    new_year = statements.start.astype("datetime64[Y]") != statements.end.astype(
        "datetime64[Y]"
    )
    assert not crosses[~is_four_weekly].any()
    assert crosses[is_four_weekly].mean() > 0.5
    assert not new_year.any()
    assert (statements.end - statements.start)[is_four_weekly].astype(int).max() == 27


def test_corrections_are_negative_and_some_outweigh_what_they_correct(world):
    statements = pay_statements(np.random.default_rng(3), world.jobs)
    is_correction = statements.is_correction
    assert (statements.pay_cents[is_correction] < 0).all()
    assert (statements.pay_cents[~is_correction] > 0).all()
    assert (statements.job_days[is_correction] == 0).all()
    sums = defaultdict(int)
    for job, start, pay in zip(
        statements.job.tolist(),
        statements.start.astype(int).tolist(),
        statements.pay_cents.tolist(),
        strict=True,
    ):
        sums[job, start] += pay
    assert 0 < sum(total < 0 for total in sums.values()) < is_correction.sum() / 5


def test_contacts_lie_inside_the_benefit(world):
    persons, course = world.persons, world.course
    for contacts in (world.agenda, world.services):
        ahead = contacts.outcome == Outcome.PLANNED
        who = contacts.person
        assert (contacts.date >= persons.benefit_start[who]).all()
        assert (contacts.date <= course.end[who]).all()
        assert (contacts.date[~ahead] <= FOLLOW_UP_ENDS).all()
        assert (contacts.date[ahead] > FOLLOW_UP_ENDS).all()


def test_workshops_stand_on_both_tabs_on_the_same_days(world):
    agenda, services = world.agenda, world.services
    held = (agenda.form == Form.WORKSHOP) & (agenda.what == Subject.WORKSHOP)
    held &= np.isin(agenda.outcome, [Outcome.SUCCESSFUL, Outcome.NOT_SUCCESSFUL])
    workshops = services.what == Service.WORKSHOP
    one = sorted(zip(agenda.person[held], agenda.date[held], strict=True))
    other = sorted(
        zip(services.person[workshops], services.date[workshops], strict=True)
    )
    assert one == other
    assert len(one) > 2000


def test_everyone_enrolled_is_listed_in_the_tenth_week_with_thirty_errors(world):
    persons, lists = world.persons, world.listings
    assert np.unique(lists.person).size == lists.size
    assert np.isin(np.flatnonzero(persons.is_enrolled), lists.person).all()
    begun = (lists.listed_on - persons.benefit_start[lists.person]).astype(int)
    assert begun.min() > 63
    assert begun.max() <= 63 + 7
    assert {day.weekday() for day in lists.listed_on.astype(object)} == {0}
    wrong = lists.is_intensive != persons.is_intensive[lists.person]
    assert wrong.sum() == 30
    assert persons.is_enrolled[lists.person[wrong]].all()


def test_a_second_part_has_other_persons_and_the_same_counts():
    pool = draw_bsn_pool(20120723, persons=2 * PERSONS)
    first, second = (make_world(20120723, part, pool).persons for part in (0, 1))
    assert not np.intersect1d(first.bsn, second.bsn).size
    assert (np.bincount(first.role) == np.bincount(second.role)).all()
    assert (second.is_enrolled & second.is_intensive).sum() == 4620
    assert not np.array_equal(first.birth_date, second.birth_date)


def test_a_part_that_can_not_reach_the_figures_is_drawn_again(monkeypatch):
    seeds = []

    def draw(seed, part, pool):
        seeds.append(seed)
        if len(seeds) == 1:
            raise OutOfReachError("The twin can't reach the published figure of jobs.")
        return _draw_world(seed, part, pool)

    monkeypatch.setattr(world_of_part, "_draw_world", draw)
    world = make_world(20120723, 0, draw_bsn_pool(20120723, persons=PERSONS))
    assert seeds == [20120723, 20120723 + NEXT_DRAW]
    assert (world.seed, world.part) == (seeds[1], 0)
