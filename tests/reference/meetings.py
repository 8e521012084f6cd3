"""Rounds and contacts of one person, day by day in plain Python."""

from __future__ import annotations

from reference.person_month import DAY, each_day


def in_benefit(life, day):
    """Walk to the day; the revival that bridges a gap makes its days count."""
    date = life.person["benefit_start_date"] + DAY * day
    if not life.has_benefit or date > life.person["observed_until"]:
        return None
    return float(life.exit_day is None or date < life.exit_day)


def met(life, contacts, one, kinds):
    """1 if a contact took place on a day of the round's window."""
    start, until = life.person["benefit_start_date"], life.person["observed_until"]
    window = each_day(start + DAY * one.first_day, start + DAY * one.last_day)
    if not life.has_benefit or window[-1] > until:
        return None
    seen = {
        c["contact_date"]
        for c in contacts
        if c["kind"] in kinds and c["status"] == "held" and c["contact_date"] <= until
    }
    return float(any(day in seen for day in window))


def count(life, contacts, kinds, from_day, status):
    """Contacts from a day of benefit on, by the end of follow-up."""
    if not life.has_benefit:
        return None
    first = life.person["benefit_start_date"] + DAY * from_day
    return float(
        sum(
            c["kind"] in kinds
            and c["status"] == status
            and first <= c["contact_date"] <= life.person["observed_until"]
            for c in contacts
        )
    )


def came_back(life):
    """1 if a benefit began after the one of the trial had ended."""
    if not life.has_benefit:
        return None
    out, until = life.exit_day, life.person["observed_until"]
    return float(
        out is not None
        and any(
            out <= s["start_date"] <= until
            for s in life.spells
            if s["benefit"] in life.plan["benefits"]
        )
    )


def months_followed(life):
    enrolled, until = life.person["enrolment_date"], life.person["observed_until"]
    days = len(each_day(enrolled, until))
    return days / (365.25 / 12) if days > 0 else None
