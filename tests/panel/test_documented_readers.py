"""The ways to read every month that docs/operation.md shows, run as they stand there."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from conftest import named
from rctspark.config import read_plan

HEADING = "### Every month of every person"
POPULATION = """
    population
    person_id | group | is_enrolled | origin_date | observed_until
    ann       | basic | true        | 2012-02-10  | 2014-01-31
    bob       | basic | true        | 2012-02-20  | 2014-01-31
    eve       | basic | true        | 2013-11-05  | 2014-01-31
"""
ACTIVE = """
    person_month
    person_id | period_start | horizon | jobs
    ann       | 2012-02-01   | 0       | 1
    ann       | 2012-04-01   | 2       | 2
    bob       | 2012-02-01   | 0       | 0
    eve       | 2013-12-01   | 1       | 1
"""
SHARES = {0: 1 / 3, 1: 1 / 3, 2: 1 / 3, 3: 0.0, 12: 0.0}
"""Month to the share in work: ann in 0 and 2 and eve in 1, of three persons; from month
3 on eve is not covered, so that two are left."""


@pytest.fixture(scope="module")
def examples(root):
    page = (root / "docs" / "operation.md").read_text("utf-8")
    section = page.split(HEADING, 1)[1].split("\n## ", 1)[0]
    spark, pandas = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    return {"spark": spark, "pandas": pandas}


def test_the_documented_way_with_spark_counts_months_without_anything(
    draw, root, examples
):
    plan = read_plan(root / "conf" / "experiments" / "ww.yaml")
    given = {"population": draw(POPULATION), "active": draw(ACTIVE), "plan": plan}
    exec(examples["spark"], given)  # noqa: S102 (the page's own words)
    shares = {row[0]: row[1] for row in given["shares"].collect()}
    assert {h: shares[h] for h in SHARES} == pytest.approx(SHARES)


def test_the_documented_way_with_pandas_counts_months_without_anything(examples):
    people = [("ann", "2012-02-10"), ("bob", "2012-02-20"), ("eve", "2013-11-05")]
    rows = [("ann", 0, 1), ("ann", 2, 2), ("bob", 0, 0), ("eve", 1, 1)]
    given = {
        "population": pd.DataFrame(
            [(named(who), day) for who, day in people],
            columns=["person_id", "origin_date"],
        ),
        "active": pd.DataFrame(
            [(named(who), *row) for who, *row in rows],
            columns=["person_id", "horizon", "jobs"],
        ),
    }
    exec(examples["pandas"], given)  # noqa: S102 (the page's own words)
    shares = given["shares"].to_dict()
    assert {h: shares[h] for h in SHARES} == pytest.approx(SHARES)
    over_active = (given["active"]["jobs"] > 0).groupby(given["active"]["horizon"])
    assert over_active.mean()[1] == pytest.approx(1.0)
