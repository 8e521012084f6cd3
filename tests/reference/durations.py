"""Durations, by counting units from the origin: slow, and plainly right."""

from __future__ import annotations

import datetime as dt

from rctspark.periods import PeriodKind
from reference.person_month import DAY
from reference.person_outcome import destinations_at, shift


def unit_after(origin, number, unit):
    """The day on which so many units are over."""
    if unit == "day":
        return origin + dt.timedelta(days=number)
    return shift(origin, number, PeriodKind(unit))


def contacts_of(duration, contacts, start, rounds):
    """Contacts inside the round in which alone an interview counts, if it is so."""
    if duration.interview is None or duration.interview.round is None:
        return contacts
    (one,) = (r for r in rounds if r.number == duration.interview.round)
    window = {start + k * DAY for k in range(one.first_day, one.last_day + 1)}
    return [c for c in contacts if c["contact_date"] in window]


def duration_of(life, duration, contacts, rounds=()):
    """Time, cause and interview; None where nothing is known or it was over."""
    person = life.person
    benefit = duration.ends_at == "benefit_end"
    origin = person[
        "enrolment_date" if duration.origin == "enrolment" else "benefit_start_date"
    ]
    if benefit and not life.has_benefit:
        return None
    end = life.exit_day if benefit else first_job(life)
    if end is not None and end <= origin:
        return None
    number, cause = 0, None
    while cause is None and number < duration.until:
        over = unit_after(origin, number + 1, duration.unit)
        if over > person["observed_until"]:
            break
        number += 1
        if end is not None and end <= over:
            cause = cause_of(life, duration)
    if number == 0:
        return None
    counted = contacts_of(duration, contacts, person["benefit_start_date"], rounds)
    return number, cause, interview_in(origin, number, duration, counted)


def first_job(life):
    later = [job for job in life.starts if job > life.person["enrolment_date"]]
    return min(later, default=None)


def cause_of(life, duration):
    if not duration.departures:
        return duration.ends_at
    out, start = life.exit_day, life.person["benefit_start_date"]
    went = destinations_at(life.spells, life.plan["benefits"], out - DAY)
    for departure in duration.departures:
        months = departure.job_within_months
        near = months is not None and any(
            start <= job <= shift(out, months, PeriodKind.MONTH)
            and out <= shift(job, months, PeriodKind.MONTH)
            for job in life.starts
        )
        if departure.is_rest or near or went & set(departure.destinations):
            return departure.name
    raise AssertionError


def interview_in(origin, number, duration, contacts):
    """The unit in which the first interview was held, if the person was still in."""
    if duration.interview is None:
        return None
    held = [
        c["contact_date"]
        for c in contacts
        if c["status"] == "held"
        and c["kind"] in duration.interview.kinds
        and c["contact_date"] >= origin
    ]
    if not held:
        return None
    units = range(1, number + 1)
    return next(
        (k for k in units if min(held) < unit_after(origin, k, duration.unit)), None
    )
