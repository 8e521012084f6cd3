"""The twin shows what the report finds in words, as far as its tables leave room."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, FOREVER, add_months
from rctspark.twin.ww.contact_kinds import Form, Outcome, Subject
from rctspark.twin.ww.outcomes import outcomes_of

HORIZONS = (6, 9, 12, 15)
TEN_PER_CENT = 1.645


class Trial:
    """Enrolled persons of one part: arm, outcomes, interviews, work resumed."""

    def __init__(self, world):
        persons, course, agenda = world.persons, world.course, world.agenda
        self.rows = np.flatnonzero(persons.is_enrolled)
        self.is_intensive = persons.is_intensive[self.rows]
        self.start = persons.benefit_start[self.rows]
        self.outcomes = {k: v[self.rows] for k, v in outcomes_of(world).items()}
        self.n = persons.size
        is_held = (agenda.outcome == Outcome.HELD) & (agenda.what == Subject.EVALUATION)
        self.held = agenda.taken(is_held)
        self.day = (self.held.date - persons.benefit_start[self.held.person]).astype(
            int
        )
        resumed = world.schemes.partly_resumed_from
        last = np.minimum(course.end, FOLLOW_UP_ENDS)
        self.in_part = np.where(resumed <= last, resumed, FOREVER)[self.rows]
        jobs = world.jobs
        since = jobs.start >= persons.benefit_start[jobs.person]
        first = np.full(self.n, FOREVER)
        np.minimum.at(first, jobs.person[since], jobs.start[since])
        self.any_work = np.minimum(self.in_part, first[self.rows])

    def had(self, form, first, last=1000):
        inside = (self.held.form == form) & (self.day >= first) & (self.day <= last)
        had = np.zeros(self.n)
        had[self.held.person[inside]] = 1.0
        return had[self.rows]

    def resumed(self, when, months):
        left = self.outcomes["exit_to_job", months]
        either = (left > 0) | (when <= add_months(self.start, months))
        return np.where(np.isnan(left), np.nan, either)

    def contrast(self, values, among=None):
        """Points between the arms, and how many standard errors they are."""
        known = ~np.isnan(values)
        known &= True if among is None else among
        one, other = (values[known & (self.is_intensive == arm)] for arm in (1, 0))
        gap = one.mean() - other.mean()
        error = math.sqrt(one.var() / one.size + other.var() / other.size)
        return 100 * gap, gap / error


@pytest.fixture(scope="module")
def trial(world):
    return Trial(world)


def test_an_individual_interview_adds_about_four_points_of_exit(trial):
    received, _ = trial.contrast(trial.had(Form.APPOINTMENT, 70))
    exits, _ = trial.contrast(trial.outcomes["exit", 12])
    to_job, _ = trial.contrast(trial.outcomes["exit_to_job", 12])
    assert 3.7 < 100 * exits / received < 4.3
    # Published: about 4.5. The tables allow 4.0 at most.
    assert 3.3 < 100 * to_job / received < 4.05


def test_no_twin_of_the_tables_can_bring_exits_to_a_job_to_four_and_a_half(trial):
    """Everything in table 4.2 that may be individual, each with another person."""
    outside = 4979 - (3007 + 823 + 108 + 132 + 282)
    least = 3670 / 4620 - (outside + 108 + 132) / 4617
    assert 2.45 / least < 4.1
    received, _ = trial.contrast(trial.had(Form.APPOINTMENT, 70))
    assert received / 100 > least


@pytest.mark.parametrize("outcome", ["exit", "exit_to_job"])
def test_neither_form_of_the_first_interview_does_more_than_the_other(trial, outcome):
    alone = trial.had(Form.APPOINTMENT, 70, 140)
    known = (alone + trial.had(Form.WORKSHOP, 70, 140)) > 0
    for months in HORIZONS:
        _, errors = trial.contrast(trial.outcomes[outcome, months], known)
        assert abs(errors) < TEN_PER_CENT


@pytest.mark.parametrize("version", ["in_part", "any_work"])
def test_work_resumed_shows_effects_of_the_order_of_exit_to_a_job(trial, version):
    for months in HORIZONS:
        values = trial.resumed(getattr(trial, version), months)
        to_job = trial.outcomes["exit_to_job", months]
        gap, _ = trial.contrast(values)
        assert np.nanmean(values) > np.nanmean(to_job)
        # Standard errors are about a point.
        assert gap > 0
        assert abs(gap - trial.contrast(to_job)[0]) < 1.25
