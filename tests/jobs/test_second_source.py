"""Earnings from another source are a file, a mapping and a word in the plan."""

import calendar

import numpy as np
import pytest

from build_panel import build_panel
from build_population import build_population
from estimate_effects import estimate_effects
from ingest import ingest
from toy import experiment as toy
from toy.place import Place

SCOPE = "experiments/toy"
PROFITS = """
name: toy_profits
folder: profits
title: Profits of the self-employed, by year
source: made for tests
file: {format: csv, delimiter: ';', decimal: ',', name: 'profits\\.csv', period: '2019', version: V1, delivered_on: 2020-02-15}
covers: {kind: period}
identifier: {kind: bsn, columns: [BSN]}
columns:
  - {name: BSN, meaning: Citizen service number}
  - {name: NUMBER, meaning: Number of the business, filled: true}
  - {name: YEAR, type: int, meaning: Year of assessment, filled: true}
  - {name: PROFIT, type: 'decimal(12,2)', meaning: Profit before tax, filled: true}
feeds:
  - table: payroll
    columns:
      {source: "'self_employment'", job_id: xxhash64(NUMBER),
      start_date: 'make_date(YEAR, 1, 1)', end_date: 'make_date(YEAR, 12, 31)',
      wage_eur: PROFIT, is_job_start_capped: 'false'}
"""
SELF_EMPLOYED = (0, 1, 4, 5)
"""Claims of persons with a profit; 0 and 4 are in nobody's payroll."""
YEARS_PROFIT = 7_300.0


def profit_of(month):
    """What a month has of a year's profit: its days."""
    return YEARS_PROFIT * calendar.monthrange(2019, month)[1] / 365


@pytest.fixture(scope="module")
def place(spark, root, tmp_path_factory):
    """The small experiment with profits delivered, and a plan that counts them."""
    assert spark is not None
    place = Place(tmp_path_factory.mktemp("profits"), root)
    deliveries = toy.deliver(place.root / "deliveries")
    numbers = toy.bsns(toy.PERSONS)
    lines = [f"{numbers[c]};n{c};2019;{YEARS_PROFIT:.2f}" for c in SELF_EMPLOYED]
    text = "\n".join(["BSN;NUMBER;YEAR;PROFIT", *lines]).replace(".", ",") + "\n"
    (deliveries / "profits").mkdir()
    (deliveries / "profits" / "profits.csv").write_text(text)
    (place.root / "conf" / "mappings" / "toy_profits.yaml").write_text(PROFITS)
    place.change("toy", "toy_pay, ", "toy_pay, toy_profits, ")
    place.change(
        "toy", "window:", "earnings_sources: [payroll, self_employment]\nwindow:"
    )
    assert place.run(ingest, plan="toy", deliveries=deliveries) == 0
    for job in (build_population, build_panel, estimate_effects):
        assert place.run(job, plan="toy") == 0
    return place


def test_a_years_profit_is_spread_over_its_days_and_added_to_wages(place):
    months = place.read(f"{SCOPE}/person_month")
    for month in range(1, 7):
        paid = months.loc[months["horizon"] == month - 1, "wage_eur"].astype(float)
        expected = [
            toy.wage_cents(claim, month) / 100
            + (profit_of(month) if claim in SELF_EMPLOYED else 0.0)
            for claim in range(toy.PERSONS)
        ]
        np.testing.assert_allclose(
            sorted(paid[paid > 0]), sorted(e for e in expected if e > 0), atol=0.01
        )


def test_each_month_says_which_source_its_earnings_have(place):
    months = place.read(f"{SCOPE}/person_month")
    counts = months.loc[months["horizon"] == 3, "earnings_source"].value_counts()
    assert counts["self_employment"] == 2
    assert counts["several"] == 2
    assert counts["payroll"] == toy.PERSONS * 3 // 4 - 2


def test_effects_count_the_profits(place):
    effects = place.read(f"{SCOPE}/effects").set_index("horizon")["mean_against"]
    control = range(0, toy.PERSONS, 2)
    for month in range(1, 7):
        wages = sum(toy.wage_cents(claim, month) / 100 for claim in control)
        profits = profit_of(month) * sum(claim in control for claim in SELF_EMPLOYED)
        expected = (wages + profits) / len(control)
        assert effects[month - 1] == pytest.approx(expected, abs=0.01)
