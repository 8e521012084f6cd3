"""The panel, day by day in plain Python: slow, and plainly right."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

DAY = dt.timedelta(days=1)
CENT = Decimal("0.01")
PRECEDENCE = ("permanent", "temporary", "not_applicable")


def each_day(first, last):
    return [first + DAY * n for n in range((last - first).days + 1)]


def days_of_period(period_start, kind):
    day, found = period_start, []
    while kind.first_day(day) == period_start:
        found.append(day)
        day += DAY
    return found


def periods_of(person, span):
    """First days of one person's periods, by walking from the first to the last."""
    own = [("origin_date", span.window)]
    own += [(reach.anchor, reach.window) for reach in span.reaches]
    own = [(person[date], window) for date, window in own if person[date] is not None]
    ends = [
        span.kind.shift(span.kind.first_day(date), horizon)
        for date, window in own
        for horizon in (window.first, window.last)
    ]
    found = [min(ends)]
    while found[-1] < max(ends):
        found.append(span.kind.shift(found[-1], 1))
    return found


def pay_per_day(amount, first, last):
    """What of a row falls on each day: the difference of what is paid up to then."""
    days = each_day(first, last)

    def upto(n):
        return (amount * n / len(days)).quantize(CENT, ROUND_HALF_UP)

    return {day: upto(n + 1) - upto(n) for n, day in enumerate(days)}


def benefit_days_of(spells, span, coverage):
    covered = coverage.get("benefit_spells")
    running_until = covered.stretches[-1].last if covered else None
    return {
        day
        for s in spells
        if s["benefit"] in span.benefits
        for day in (
            each_day(s["start_date"], s["end_date"] or running_until)
            if (s["end_date"] or (running_until and running_until >= s["start_date"]))
            else []
        )
    }


def is_held(coverage, table, days):
    return table in coverage and coverage[table].holds(days[0], days[-1])


def earnings_of(rows, days, span):
    """Jobs, wage, hours, contract and source of one person in one period."""
    touching = [
        r
        for r in rows
        if r["source"] in span.earnings_sources
        and set(days) & set(each_day(r["start_date"], r["end_date"]))
    ]
    if not touching:
        return 0, Decimal(0), Decimal(0), "none", "none"

    def total(name):
        known = [r for r in touching if r[name] is not None]
        per_row = [pay_per_day(r[name], r["start_date"], r["end_date"]) for r in known]
        paid = sum((p.get(d, Decimal(0)) for p in per_row for d in days), Decimal(0))
        return paid if known else None

    kinds = {r["contract"] or "not_applicable" for r in touching}
    contract = next(kind for kind in PRECEDENCE if kind in kinds)
    sources = {r["source"] for r in touching}
    source = sources.pop() if len(sources) == 1 else "several"
    jobs = len({r["job_id"] for r in touching})
    return jobs, total("wage_eur"), total("hours"), contract, source


def panel_day_by_day(population, spells, payroll, contacts, span, coverage):
    """Make every row of PERSON_MONTH, as tuples in the order of its columns."""
    of = defaultdict(lambda: defaultdict(list))
    for name, rows in (("s", spells), ("p", payroll), ("c", contacts)):
        for row in rows:
            of[row["person_id"]][name].append(row)
    found = []
    for person in population:
        own = of[person["person_id"]]
        on_benefit = benefit_days_of(own["s"], span, coverage)
        origin = span.kind.first_day(person["origin_date"])
        for period in periods_of(person, span):
            days = days_of_period(period, span.kind)
            benefit = pay = held = None
            if is_held(coverage, "benefit_spells", days):
                benefit = (len(on_benefit & set(days)), days[-1] in on_benefit)
            if is_held(coverage, "payroll", days):
                pay = earnings_of(own["p"], days, span)
            if is_held(coverage, "contacts", days):
                held = dict(
                    Counter(
                        c["kind"]
                        for c in own["c"]
                        if c["status"] == "held" and c["contact_date"] in days
                    )
                )
            horizon = span.kind.between(origin, period)
            row = (person["person_id"], period, horizon)
            found.append((*row, *(benefit or (None,) * 2), *(pay or (None,) * 5), held))
    return found
