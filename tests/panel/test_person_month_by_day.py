"""The panel against the slow twin that counts days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rctspark.panel import PanelSpan, Reach, expand_panel, sum_active_periods
from rctspark.periods import Coverage, Days, PeriodKind, Window
from reference.person_month import panel_day_by_day

FIRST = dt.date(2011, 12, 20)
DAYS = st.integers(0, 160).map(lambda n: FIRST + dt.timedelta(days=n))
STRETCHES = st.tuples(DAYS, DAYS).map(sorted)
SHORT = st.tuples(DAYS, st.sampled_from([0, 6, 13, 27, 30, 90])).map(
    lambda s: (s[0], s[0] + dt.timedelta(days=s[1]))
)
CENTS = st.integers(-(10**5), 10**6).map(lambda n: Decimal(n) / 100)

SPELL = st.tuples(st.sampled_from(["WW", "ZW", "PW"]), STRETCHES, st.booleans())
ROW = st.tuples(
    st.sampled_from(["payroll", "tax", "unknown"]),
    st.integers(1, 3),
    SHORT,
    CENTS,
    st.none() | CENTS,
    st.sampled_from([None, "permanent", "temporary", "not_applicable"]),
)
CONTACT = st.tuples(
    DAYS, st.sampled_from(["talk", "letter"]), st.sampled_from(["held", "no_show"])
)
PERSON = st.fixed_dictionaries(
    {
        "origin": DAYS,
        "invitation": st.none() | DAYS,
        "spells": st.lists(SPELL, max_size=3),
        "rows": st.lists(ROW, max_size=4),
        "contacts": st.lists(CONTACT, max_size=3),
    }
)
PERSONS = st.lists(PERSON, min_size=15, max_size=30)
COVERAGES = st.dictionaries(
    st.sampled_from(["benefit_spells", "payroll", "contacts"]),
    st.lists(STRETCHES.map(lambda s: Days(*s)), min_size=1, max_size=2).map(
        Coverage.of
    ),
)
SPANS = st.builds(
    PanelSpan,
    kind=st.sampled_from(PeriodKind),
    window=st.builds(Window, st.integers(-2, 0), st.integers(0, 3)),
    benefits=st.just(("WW", "ZW")),
    earnings_sources=st.sampled_from([("payroll",), ("tax", "payroll")]),
    reaches=st.sampled_from([(), (Reach("invitation_date", Window(-2, -1)),)]),
)


def rows_of(persons):
    """Spread drawn persons over the registers."""
    population, spells, payroll, contacts = [], [], [], []
    for number, person in enumerate(persons, start=1):
        who = {"person_id": number}
        population.append(
            who
            | {
                "origin_date": person["origin"],
                "invitation_date": person["invitation"],
                "is_enrolled": False,
            }
        )
        spells += [
            who
            | {
                "benefit": benefit,
                "start_date": first,
                "end_date": None if runs else last,
            }
            for benefit, (first, last), runs in person["spells"]
        ]
        payroll += [
            who
            | {
                "source": source,
                "job_id": 10 * number + job,
                "start_date": first,
                "end_date": last,
                "wage_eur": wage,
                "hours": hours,
                "contract": contract,
            }
            for source, job, (first, last), wage, hours, contract in person["rows"]
        ]
        contacts += [
            who | {"contact_id": n, "contact_date": day, "kind": kind, "status": status}
            for n, (day, kind, status) in enumerate(person["contacts"])
        ]
    return population, spells, payroll, contacts


def compare(frame, persons, span, coverage):
    population, spells, payroll, contacts = rows_of(persons)
    expected = panel_day_by_day(population, spells, payroll, contacts, span, coverage)
    people = frame("population", population)
    given = {"span": span, "coverage": coverage}
    active = sum_active_periods(
        people,
        spells=frame("benefit_spells", spells),
        payroll=frame("payroll", payroll),
        contacts=frame("contacts", contacts),
        **given,
    ).localCheckpoint()
    dense = expand_panel(people, active, **given)
    assert by_key(map(tuple, dense.collect())) == by_key(expected)
    something = [row for row in expected if any(row[i] for i in (3, 5, 10))]
    assert by_key(map(tuple, active.collect())) == by_key(something)


def by_key(rows):
    rows = list(rows)
    found = {row[:2]: row for row in rows}
    assert len(found) == len(rows)
    return found


def checked(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@checked(3)
@given(persons=PERSONS, span=SPANS, coverage=COVERAGES)
def test_the_panel_agrees_with_counting_days(frame, persons, span, coverage):
    compare(frame, persons, span, coverage)


@pytest.mark.long
@checked(40)
@given(persons=PERSONS, span=SPANS, coverage=COVERAGES)
def test_the_panel_agrees_with_counting_days_on_many(frame, persons, span, coverage):
    compare(frame, persons, span, coverage)
