"""Reference amounts: entered whole, or refused with what is missing."""

import csv
import datetime as dt
from decimal import Decimal

import pytest

from rctspark.config.reference import ReferenceAmounts, read_reference
from rctspark.errors import ConfigError

TEXT = """
name: wage
title: A wage
source: made for tests
every_months: 6
until: 2019-12-31
amounts: {2018-07-01: 10.50, 2019-01-01: 11, 2019-07-01: 12}
"""


def written(folder, text):
    path = folder / "wage.yaml"
    path.write_text(text)
    return path


def test_a_half_year_that_is_missing_is_named(tmp_path):
    text = TEXT.replace(" 2019-01-01: 11,", "")
    with pytest.raises(ConfigError, match="no amount from 2019-01-01 on"):
        read_reference(written(tmp_path, text))


def test_months_outside_what_is_known_are_refused(tmp_path):
    wage = read_reference(written(tmp_path, TEXT))
    wage.require(dt.date(2018, 7, 1), dt.date(2019, 12, 31))
    with pytest.raises(
        ConfigError, match=r"2018-06-01 to 2018-07-01[^\n]*\n[^\n]*after"
    ) as told:
        wage.require(dt.date(2018, 6, 1), dt.date(2020, 1, 1))
    assert "conf/reference/wage.yaml" in str(told.value)


def test_amounts_without_a_source_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="source"):
        read_reference(written(tmp_path, TEXT.replace("source: made for tests\n", "")))


def test_the_minimum_wage_is_the_one_of_the_specification(root, shared):
    entered = read_reference(root / "conf" / "reference" / "minimum_wage.yaml")
    with (shared / "spec" / "minimum_wage.csv").open() as file:
        wanted = {
            dt.date.fromisoformat(r["valid_from"]): Decimal(r["gross_month_eur"])
            for r in csv.DictReader(file)
        }
    assert entered.amounts == wanted


def test_the_amount_of_a_period_is_the_one_of_its_first_day(spark):
    from rctspark.panel.reference import attach_reference

    wage = ReferenceAmounts(
        name="wage",
        title="t",
        source="s",
        until=dt.date(2019, 12, 31),
        amounts={
            dt.date(2019, 1, 1): Decimal("11"),
            dt.date(2019, 7, 1): Decimal("12.5"),
        },
    )
    panel = spark.sql(
        "SELECT to_date(d) AS period_start FROM VALUES ('2018-12-01'), ('2019-01-01'),"
        " ('2019-06-01'), ('2019-07-01'), ('2019-12-01'), ('2020-01-01') AS v(d)"
    )
    rows = attach_reference(panel, amounts=[wage]).collect()
    found = [r["wage_eur"] and float(r["wage_eur"]) for r in rows]
    assert found == [None, 11.0, 11.0, 12.5, 12.5, None]
