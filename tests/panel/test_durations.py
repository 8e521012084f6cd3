"""Durations as their users would say them, and against counting units one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conftest import named
from panel.test_person_outcome_by_day import DAYS, PERSON, PLANS, checked, rows_of
from rctspark.config.plan import DurationPlan, PopulationPlan, Round
from rctspark.panel.durations import measure_durations
from reference.durations import duration_of
from reference.person_outcome import Life

WEEKS = {"name": "stay", "unit": "week", "until": 10}
NO_PAYROLL = "payroll\nperson_id | source | job_id | start_date | end_date"
NO_CONTACTS = "contacts\nperson_id | contact_date | kind | status"
WAYS = (
    {"name": "job", "job_within_months": 1, "destinations": ("self_employed",)},
    {"name": "other", "is_rest": True},
)
DURATIONS = tuple(
    DurationPlan.model_validate(d)
    for d in (
        {"name": "by_day", "unit": "day", "until": 150},
        {
            "name": "by_week",
            "unit": "week",
            "until": 20,
            "origin": "enrolment",
            "departures": WAYS,
            "interview": {"kinds": ("interview",)},
        },
        {
            "name": "by_month",
            "unit": "month",
            "until": 8,
            "departures": WAYS,
            "interview": {"kinds": ("interview", "workshop")},
        },
        {
            "name": "in_a_round",
            "unit": "month",
            "until": 8,
            "interview": {"kinds": ("interview", "workshop"), "round": 4},
        },
        {
            "name": "first_job",
            "unit": "month",
            "until": 6,
            "origin": "enrolment",
            "ends_at": "first_job",
        },
    )
)
ROUNDS = (
    Round(number=1, first_day=0, last_day=29),
    Round(number=4, first_day=30, last_day=75),
)
CONTACT = st.tuples(
    DAYS, st.sampled_from(["interview", "workshop", "other"]), st.booleans()
)
PERSONS = st.lists(
    st.tuples(PERSON, st.lists(CONTACT, max_size=3)), min_size=15, max_size=30
)


def measure(frames, durations, *, benefits=("WW",), revival_days=28):
    population, spells, payroll, contacts = frames
    rows = measure_durations(
        population,
        spells=spells,
        payroll=payroll,
        contacts=contacts,
        durations=durations,
        followed=PopulationPlan(
            origin="enrolment", benefits=benefits, revival_days=revival_days
        ),
        earnings_sources=("payroll",),
        rounds=ROUNDS,
    ).collect()
    return {row["person_id"]: row.asDict() for row in rows}


def test_whoever_leaves_in_a_week_seen_in_full_leaves_and_the_others_were_last_seen(
    draw,
):
    frames = [
        draw(text)
        for text in (
            """
            population
            person_id | is_enrolled | benefit_start_date | enrolment_date | observed_until
            two_weeks | true        | 2012-01-02         | 2012-01-02     | 2012-02-06
            a_day     | true        | 2012-01-02         | 2012-01-02     | 2012-02-06
            stays     | true        | 2012-01-02         | 2012-01-02     | 2012-02-06
            long      | true        | 2012-01-02         | 2012-01-02     | 2012-12-31
            half_seen | true        | 2012-01-02         | 2012-01-02     | 2012-02-09
            follower  | false       | 2012-01-02         |                | 2012-12-31
            """,
            """
            benefit_spells
            person_id | benefit | start_date | end_date
            two_weeks | WW      | 2012-01-02 | 2012-01-15
            a_day     | WW      | 2012-01-02 | 2012-01-16
            stays     | WW      | 2012-01-02 |
            long      | WW      | 2012-01-02 | 2012-11-30
            half_seen | WW      | 2012-01-02 | 2012-02-07
            """,
            NO_PAYROLL,
            NO_CONTACTS,
        )
    ]
    found = measure(frames, [DurationPlan.model_validate(WEEKS)])
    expected = {
        "two_weeks": (2, "benefit_end"),
        "a_day": (3, "benefit_end"),
        "stays": (5, None),
        "long": (10, None),
        "half_seen": (5, None),
    }
    assert {
        who: (found[named(who)]["stay@time"], found[named(who)]["stay@cause"])
        for who in expected
    } == expected
    assert len(found) == len(expected)


@checked(3)
@given(persons=PERSONS, plan=PLANS)
def test_durations_agree_with_counting_units_one_by_one(frame, persons, plan):
    population, spells, payroll = rows_of([person for person, _ in persons])
    contacts = [
        {
            "person_id": number,
            "contact_id": 100 * number + place,
            "contact_date": day,
            "kind": kind,
            "status": "held" if held else "no_show",
        }
        for number, (_, drawn) in enumerate(persons, start=1)
        for place, (day, kind, held) in enumerate(drawn)
    ]
    rows = (population, spells, payroll, contacts)
    names = ("population", "benefit_spells", "payroll", "contacts")
    found = measure(
        [frame(n, r) for n, r in zip(names, rows, strict=True)],
        DURATIONS,
        benefits=plan["benefits"],
        revival_days=plan["revival_days"],
    )
    for person in population:
        own = [
            [r for r in table if r["person_id"] == person["person_id"]]
            for table in rows[1:]
        ]
        life = Life(person, *own[:2], plan)
        for duration in DURATIONS:
            expected = duration_of(life, duration, own[2], ROUNDS)
            assert known(found[person["person_id"]], duration) == expected


def known(row, duration):
    time = row[f"{duration.name}@time"]
    if time is None or time < 1:
        return None
    interview = row.get(f"{duration.name}@interview")
    return time, row[f"{duration.name}@cause"], interview
