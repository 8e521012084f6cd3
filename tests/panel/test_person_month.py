"""The panel as its users would say it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from conftest import named
from rctspark.contracts import PERSON_MONTH
from rctspark.panel import (
    PanelSpan,
    Reach,
    assemble_person_month,
    expand_panel,
    sum_active_periods,
)
from rctspark.periods import Coverage, Days, PeriodKind, Window

YEARS = Coverage.of([Days(dt.date(2011, 1, 1), dt.date(2013, 12, 31))])
EVERYWHERE = {"benefit_spells": YEARS, "payroll": YEARS, "contacts": YEARS}
ANN = """
    population
    person_id | group | is_enrolled | origin_date | observed_until
    ann       | basic | true        | 2012-02-10  | 2013-12-31
"""
NO_SPELLS = "benefit_spells\nperson_id | benefit | start_date | end_date"
NO_PAYROLL = "payroll\nperson_id | source | job_id | start_date | end_date"
NO_CONTACTS = "contacts\nperson_id | contact_id | contact_date | kind | status"


def span(first=0, last=2, **other):
    given = {
        "kind": PeriodKind.MONTH,
        "window": Window(first, last),
        "benefits": ("WW",),
        "earnings_sources": ("payroll",),
    }
    return PanelSpan(**(given | other))


@pytest.fixture
def panel(draw):
    """Draw the registers and return the panel: (person, period) to row."""

    def made(
        population=ANN,
        *,
        spells=NO_SPELLS,
        payroll=NO_PAYROLL,
        contacts=NO_CONTACTS,
        of=None,
        coverage=EVERYWHERE,
    ):
        rows = assemble_person_month(
            draw(population),
            spells=draw(spells),
            payroll=draw(payroll),
            contacts=draw(contacts),
            span=of or span(),
            coverage=coverage,
        ).collect()
        found = {(r["person_id"], r["period_start"]): r for r in rows}
        assert len(found) == len(rows)
        return found

    return made


def column(found, name, person="ann"):
    rows = sorted(
        (r["horizon"], r[name])
        for r in found.values()
        if r["person_id"] == named(person)
    )
    return [value for _, value in rows]


def test_everyone_has_every_period_of_the_window_also_without_a_row_anywhere(panel):
    found = panel(
        """
        population
        person_id | group     | is_enrolled | origin_date | observed_until
        ann       | basic     | true        | 2012-02-10  | 2013-12-31
        bob       | reference | false       | 2012-12-31  | 2013-12-31
        """,
        of=span(-1, 1),
    )
    assert sorted((r["person_id"], r["period_start"], r["horizon"])
                  for r in found.values()) == sorted([
        (named("ann"), dt.date(2012, 1, 1), -1),
        (named("ann"), dt.date(2012, 2, 1), 0),
        (named("ann"), dt.date(2012, 3, 1), 1),
        (named("bob"), dt.date(2012, 11, 1), -1),
        (named("bob"), dt.date(2012, 12, 1), 0),
        (named("bob"), dt.date(2013, 1, 1), 1),
    ])  # fmt: skip
    one = found[named("bob"), dt.date(2012, 12, 1)]
    assert one.asDict() == {
        "person_id": named("bob"),
        "period_start": dt.date(2012, 12, 1),
        "horizon": 0,
        "benefit_days": 0,
        "is_in_benefit": False,
        "jobs": 0,
        "wage_eur": Decimal("0.00"),
        "hours": Decimal("0.00"),
        "contract": "none",
        "earnings_source": "none",
        "contacts": {},
    }


def test_a_day_on_two_benefits_counts_once_and_other_benefits_not_at_all(panel):
    found = panel(
        spells="""
        benefit_spells
        person_id | benefit | start_date | end_date
        ann       | WW      | 2012-02-10 | 2012-03-04
        ann       | ZW      | 2012-02-20 | 2012-03-31
        ann       | PW      | 2012-04-01 | 2012-04-30
        """,
        contacts="""
        contacts
        person_id | contact_id | contact_date | kind      | status
        ann       | 1          | 2012-02-01   | interview | held
        ann       | 2          | 2012-02-29   | interview | held
        ann       | 3          | 2012-02-12   | workshop  | held
        ann       | 4          | 2012-03-12   | workshop  | no_show
        ann       | 5          | 2012-05-01   | workshop  | held
        """,
        of=span(benefits=("WW", "ZW")),
    )
    assert column(found, "benefit_days") == [20, 31, 0]
    assert column(found, "is_in_benefit") == [True, True, False]
    # Only contacts that took place count.
    assert column(found, "contacts") == [{"interview": 2, "workshop": 1}, {}, {}]


def test_a_running_spell_counts_until_coverage_ends_and_no_register_no_value(panel):
    found = panel(
        spells="""
        benefit_spells
        person_id | benefit | start_date | end_date
        ann       | WW      | 2012-02-10 | -
        """,
        payroll="""
        payroll
        person_id | source  | job_id | start_date | end_date   | wage_eur | hours
        ann       | payroll | 1      | 2012-02-01 | 2012-02-29 | 100.00   | 10.00
        """,
        coverage={
            "benefit_spells": Coverage.of(
                [Days(dt.date(2012, 1, 1), dt.date(2012, 4, 10))]
            ),
            "contacts": YEARS,
        },
    )
    assert column(found, "benefit_days") == [20, 31, None]
    assert column(found, "is_in_benefit") == [True, True, None]
    assert column(found, "contacts") == [{}, {}, {}]
    for name in ("jobs", "wage_eur", "hours", "contract", "earnings_source"):
        assert column(found, name) == [None] * 3


def test_pay_is_spread_by_days_and_summed_over_the_jobs_of_a_period(panel):
    found = panel(
        "population\nperson_id | origin_date\n"
        + "\n".join(f"{p} | 2012-02-10" for p in ("spread", "twice", "two")),
        payroll="""
        payroll
        person_id | source  | job_id | start_date | end_date   | wage_eur | hours
        spread    | payroll | 1      | 2012-02-20 | 2012-03-18 | 1000.01  | 80.00
        spread    | payroll | 1      | 2012-03-19 | 2012-04-15 | -0.01    | -
        twice     | payroll | 1      | 2012-02-01 | 2012-02-15 | 10.00    | 1.00
        twice     | payroll | 1      | 2012-02-16 | 2012-02-29 | 20.00    | 2.00
        twice     | payroll | 2      | 2012-02-01 | 2012-02-29 | 30.00    | 3.00
        two       | payroll | 1      | 2012-02-01 | 2012-02-29 | 1.00     | 1.00
        two       | tax     | 2      | 2012-02-01 | 2012-02-29 | 2.00     | -
        two       | tax     | 2      | 2012-03-01 | 2012-03-31 | 2.00     | -
        two       | other   | 3      | 2012-04-01 | 2012-04-30 | 9.00     | -
        """,
        of=span(earnings_sources=("payroll", "tax")),
    )
    # 10 of 28 days in February: 357.1464; 13 of 28 days of the correction: -0.0046.
    wages = [Decimal("357.15"), Decimal("642.86"), Decimal("-0.01")]
    assert column(found, "wage_eur", "spread") == wages
    assert column(found, "jobs", "spread") == [1, 1, 1]
    # Unknown, not none: the rows that paid in April know no hours.
    hours = [Decimal("28.57"), Decimal("51.43"), None]
    assert column(found, "hours", "spread") == hours

    assert column(found, "jobs", "twice") == [2, 0, 0]
    assert column(found, "wage_eur", "twice") == [60, 0, 0]
    assert column(found, "hours", "twice") == [6, 0, 0]

    assert column(found, "earnings_source", "two") == ["several", "tax", "none"]
    assert column(found, "jobs", "two") == [2, 1, 0]
    assert column(found, "hours", "two") == [1, None, 0]


def test_permanent_takes_precedence_over_temporary_and_that_over_the_rest(panel):
    found = panel(
        payroll="""
        payroll
        person_id | job_id | start_date | end_date   | source  | contract
        ann       | 1      | 2012-02-01 | 2012-02-29 | payroll | temporary
        ann       | 2      | 2012-02-01 | 2012-02-29 | payroll | permanent
        ann       | 3      | 2012-03-01 | 2012-03-31 | payroll | not_applicable
        ann       | 2      | 2012-03-01 | 2012-03-31 | payroll | temporary
        ann       | 3      | 2012-04-01 | 2012-04-30 | payroll | -
        """,
    )
    assert column(found, "contract") == ["permanent", "temporary", "not_applicable"]


def test_weeks_run_from_monday_by_the_same_code(panel):
    # 10 February 2012 is a Friday.
    found = panel(
        spells="""
        benefit_spells
        person_id | benefit | start_date | end_date
        ann       | WW      | 2012-02-10 | 2012-02-20
        """,
        payroll="""
        payroll
        person_id | source  | job_id | start_date | end_date   | wage_eur | hours
        ann       | payroll | 1      | 2012-02-01 | 2012-02-29 | 290.00   | 29.00
        """,
        of=span(-1, 2, kind=PeriodKind.WEEK),
    )
    assert sorted(day for _, day in found) == [
        dt.date(2012, 1, 30),
        dt.date(2012, 2, 6),
        dt.date(2012, 2, 13),
        dt.date(2012, 2, 20),
    ]
    assert column(found, "benefit_days") == [0, 3, 7, 1]
    assert column(found, "is_in_benefit") == [False, True, True, False]
    assert column(found, "wage_eur") == [50, 70, 70, 70]


def test_covariates_may_look_further_back_from_a_date_of_their_own(panel):
    found = panel(
        """
        population
        person_id | group | is_enrolled | origin_date | invitation_date | observed_until
        ann       | basic | true        | 2012-06-01  | 2012-03-31      | 2013-12-31
        bob       | basic | true        | 2012-06-01  | -               | 2013-12-31
        """,
        of=span(-1, 1, reaches=(Reach("invitation_date", Window(-2, -1)),)),
    )
    assert sorted(column(found, "horizon", "ann")) == [-5, -4, -3, -2, -1, 0, 1]
    assert sorted(column(found, "horizon", "bob")) == [-1, 0, 1]


def test_the_sparse_panel_holds_what_happened_and_gives_the_dense_one(draw):
    population = draw("""
        population
        person_id | group | is_enrolled | origin_date | observed_until
        ann       | basic | true        | 2012-02-10  | 2013-12-31
        bob       | basic | true        | 2012-02-10  | 2013-12-31
    """)
    registers = {
        "spells": draw("""
            benefit_spells
            person_id | benefit | start_date | end_date
            ann       | WW      | 2012-02-10 | 2012-03-04
        """),
        "payroll": draw("""
            payroll
            person_id | source  | job_id | start_date | end_date   | wage_eur | hours
            ann       | payroll | 1      | 2012-03-01 | 2012-03-31 | 0.00     | 0.00
            ann       | payroll | 1      | 2012-09-01 | 2012-09-30 | 9.00     | 9.00
            eve       | payroll | 2      | 2012-02-01 | 2012-02-29 | 9.00     | 9.00
        """),
        "contacts": draw("""
            contacts
            person_id | contact_id | contact_date | kind | status
            bob       | 1          | 2012-04-01   | talk | held
        """),
    }
    given = {"span": span(), "coverage": EVERYWHERE}
    active = sum_active_periods(population, **registers, **given)
    rows = [(r["person_id"], r["horizon"], r["jobs"]) for r in active.collect()]
    assert sorted(rows) == sorted(
        [(named("ann"), 0, 0), (named("ann"), 1, 1), (named("bob"), 2, 0)]
    )
    assert active.columns == list(PERSON_MONTH.names)
    assert dict(active.dtypes) == {c.name: c.type for c in PERSON_MONTH.columns}
    dense = expand_panel(population, active, **given)
    direct = assemble_person_month(population, **registers, **given)
    assert dense.count() == 6
    assert sorted(map(str, dense.collect())) == sorted(map(str, direct.collect()))
