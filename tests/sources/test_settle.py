"""Which of two deliveries stands, against a slow version that takes them in turn."""

import datetime as dt
import random

import pytest
from pyspark.sql import functions as F

from rctspark.contracts import BENEFIT_SPELLS, CONTACTS, DELIVERIES
from rctspark.sources.aside import keep_overruled
from rctspark.sources.settle import (
    attach_job_starts,
    flag_overruled,
    keep_newest,
    keep_standing,
)

FOREVER = dt.date(9999, 12, 31)


@pytest.fixture
def deliveries(spark):
    rows = [(f"d{n}", dt.date(2013, n, 1), "2013", f"V{n}") for n in (1, 2, 3)]
    frame = spark.createDataFrame(
        rows, "delivery_id string, delivered_on date, period string, version string"
    )
    missing = [c for c in DELIVERIES.columns if c.name not in frame.columns]
    return frame.selectExpr(
        "*", *[f"CAST(NULL AS {c.type}) AS {c.name}" for c in missing]
    )


def standing_one_by_one(spells):
    """Take spells from the newest delivery to the oldest; keep what overlaps none."""
    taken = []
    order = sorted(
        spells,
        key=lambda s: (-int(s[0][1:]), s[2], -(s[3] or FOREVER).toordinal()),
    )
    for spell in order:
        first, last = spell[2], spell[3] or FOREVER
        if not any(
            t[1] == spell[1] and t[2] <= last and first <= (t[3] or FOREVER)
            for t in taken
        ):
            taken.append(spell)
    return taken


def test_of_two_spells_that_overlap_the_later_delivered_stands(spark, deliveries):
    generator = random.Random(1)
    spells = set()
    for person in range(300):
        for _ in range(generator.randint(1, 5)):
            start = dt.date(2013, 1, 1) + dt.timedelta(days=generator.randint(0, 60))
            end = start + dt.timedelta(days=generator.randint(0, 30))
            is_running = generator.random() < 0.1
            delivery = f"d{generator.randint(1, 3)}"
            spells.add((delivery, person, start, None if is_running else end))
    rows = [
        (d, p, "WW", start, end, None, None, {})
        for d, p, start, end in sorted(spells, key=str)
    ]
    frame = spark.createDataFrame(rows, BENEFIT_SPELLS.ddl)
    flagged = flag_overruled(frame, deliveries).cache()
    found = {
        (r["delivery_id"], r["person_id"], r["start_date"], r["end_date"])
        for r in keep_standing(flagged).collect()
    }
    # Spells alike in delivery and days are one; the set above holds each once.
    assert found == set(standing_one_by_one(spells))
    n_overruled = sum(r["n_rows"] for r in keep_overruled(flagged).collect())
    assert len(found) + n_overruled == len(spells)
    assert n_overruled > 50


def test_a_contact_is_as_the_newest_delivery_tells_it(draw, deliveries):
    contacts = draw("""
        contacts
        delivery_id | person_id | contact_id | contact_date | kind | status
        d1          | ann       | c1         | 2013-01-05   | talk | planned
        d2          | ann       | c1         | 2013-01-05   | talk | held
        d1          | bob       | c2         | 2013-01-07   | talk | held
    """)
    found = keep_newest(contacts, deliveries, of=CONTACTS).collect()
    assert sorted(r["status"] for r in found) == ["held", "held"]


def test_of_deliveries_of_one_day_the_higher_number_is_the_newer(draw, deliveries):
    contacts = draw("""
        contacts
        delivery_id | person_id | contact_id | contact_date | kind | status
        d2          | ann       | c1         | 2013-01-05   | talk | planned
        d3          | ann       | c1         | 2013-01-05   | talk | held
    """)
    versions = F.when(F.col("delivery_id") == "d3", "V10").otherwise("V9")
    one_day = deliveries.withColumns(
        {"version": versions, "delivered_on": F.lit("2013-03-01").cast("date")}
    )
    (found,) = keep_newest(contacts, one_day, of=CONTACTS).collect()
    assert found["status"] == "held"


def test_a_capped_job_start_gives_way_to_a_real_one(draw, deliveries):
    payroll = draw("""
        payroll
        delivery_id | source  | person_id | job_id | start_date | end_date   | job_start_date | is_job_start_capped | wage_eur
        d1          | payroll | ann       | j1     | 2012-03-01 | 2012-03-31 | 2012-01-01     | true                | 1
        d2          | payroll | ann       | j1     | 2013-03-01 | 2013-03-31 | 2009-05-17     | false               | 1
        d1          | payroll | bob       | j2     | 2012-03-01 | 2012-03-31 | 2012-01-01     | true                | 1
        d1          | payroll | cor       | j3     | 2012-03-01 | 2012-03-31 | -              | false               | 1
    """)
    found = attach_job_starts(payroll, deliveries).orderBy("start_date").collect()
    starts = {
        (r["job_id"], r["job_start_date"], r["is_job_start_capped"]) for r in found
    }
    from conftest import named

    assert starts == {
        (named("j1"), dt.date(2009, 5, 17), False),
        (named("j2"), dt.date(2012, 1, 1), True),
        (named("j3"), None, False),
    }
