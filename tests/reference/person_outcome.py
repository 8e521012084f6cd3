"""Outcomes defined in days, by walking through the days: slow, and plainly right."""

from __future__ import annotations

import calendar
import datetime as dt

from rctspark.periods import PeriodKind
from reference.person_month import DAY, each_day


def shift(day, within, per):
    """The same day of the month `within` months later, or that month's last day."""
    if per is PeriodKind.WEEK:
        return day + dt.timedelta(days=7 * within)
    months = day.year * 12 + day.month - 1 + within
    year, month = months // 12, months % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def days_on_benefit(person, spells, benefits):
    """Every day on benefit that can be known at the end of follow-up."""
    until = person["observed_until"]
    return {
        day
        for s in spells
        if s["benefit"] in benefits and s["start_date"] <= until
        for day in each_day(s["start_date"], min(s["end_date"] or until, until))
    }


def exit_day_of(person, paid, revival_days):
    """Walk from the start until there has been no benefit for too long.

    Returns whether there is a benefit, and the first day without it.
    """
    start, until = person["benefit_start_date"], person["observed_until"]
    if start is None or start not in paid:
        return False, None
    last, day = start, start
    while day <= until:
        if day in paid:
            last = day
        elif (day - last).days > (revival_days or 0):
            break
        day += DAY
    return True, None if last >= until else last + DAY


def destinations_at(spells, benefits, day):
    return {
        s["exit_destination"]
        for s in spells
        if s["benefit"] in benefits and s["end_date"] == day
    }


def jobs_of(person, rows, sources):
    """Job to its first and last day."""
    seen = [
        r
        for r in rows
        if r["source"] in sources and r["start_date"] <= person["observed_until"]
    ]
    found = {}
    for job in {r["job_id"] for r in seen}:
        own = [r for r in seen if r["job_id"] == job]
        starts = [r["job_start_date"] for r in own if r["job_start_date"]]
        latest = max(r["end_date"] for r in own)
        ends = [r["job_end_date"] for r in own if r["end_date"] == latest]
        known = [end for end in ends if end]
        first = min(starts) if starts else min(r["start_date"] for r in own)
        found[job] = (first, max(known) if known else latest)
    return found


class Life:
    """What happened to one enrolled person, as sets of days."""

    def __init__(self, person, spells, rows, plan):
        self.person, self.spells, self.plan = person, spells, plan
        self.paid = days_on_benefit(person, spells, plan["benefits"])
        self.has_benefit, self.exit_day = exit_day_of(
            person, self.paid, plan["revival_days"]
        )
        self.jobs = jobs_of(person, rows, plan["earnings_sources"])
        self.starts = [
            s for s, _ in self.jobs.values() if s <= person["observed_until"]
        ]

    def within(self, x, per, *, to_job=None):
        """1 if the benefit ended (to a job) within x, 0 if not, None if unknown."""
        start = self.person["benefit_start_date"]
        if not self.has_benefit:
            return None
        end = shift(start, x, per)
        if end > self.person["observed_until"]:
            return None
        out = self.exit_day
        if to_job is not None and self.resumed_by(end, to_job):
            return 1.0
        if out is None or out > end:
            return 0.0
        if to_job is None:
            return 1.0
        near = [
            job
            for job in self.starts
            if to_job.payroll
            and start <= job <= end
            and job <= shift(out, to_job.apart_months, PeriodKind.MONTH)
            and out <= shift(job, to_job.apart_months, PeriodKind.MONTH)
        ]
        went = destinations_at(self.spells, self.plan["benefits"], out - DAY)
        return float(bool(near) or bool(went & set(to_job.destinations)))

    def resumed_by(self, end, to_job):
        """Whether work that is no exit was resumed by a day, and counts."""
        start, until = self.person["benefit_start_date"], self.person["observed_until"]
        last = until if self.exit_day is None else self.exit_day - DAY
        said = [
            dt.date.fromisoformat(day)
            for s in self.spells
            if s["benefit"] in self.plan["benefits"] and s["start_date"] <= until
            for name, day in s.get("traits", ())
            if name == to_job.or_resumed
        ]
        in_part = any(start <= day <= min(last, end, until) for day in said)
        at_all = any(start <= job <= end for job in self.starts)
        return in_part or (to_job.or_any_job and at_all)

    def share(self, state):
        enrolled, until = self.person["enrolment_date"], self.person["observed_until"]
        if until < enrolled:
            return None
        window = set(each_day(enrolled, until))
        worked = {
            day
            for first, last in self.jobs.values()
            if enrolled < first <= last
            for day in each_day(first, last)
        }
        days = {
            "benefit": window & self.paid,
            "job": window & worked,
            "other": window - self.paid - worked,
        }
        return len(days[state]) / len(window)

    def benefit_days(self):
        if self.exit_day is None:
            return None
        return (self.exit_day - self.person["benefit_start_date"]).days

    def days_to_first_job(self):
        enrolled = self.person["enrolment_date"]
        later = [job for job in self.starts if job > enrolled]
        return float((min(later) - enrolled).days) if later else None
