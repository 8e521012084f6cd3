"""The auditor's site: what it shows, what it hides, and that it needs nobody."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from rctspark.quality.masking import Counts
from rctspark.quality.site import QualityRecord, render_site
from rctspark.quality.site_coverage import Asked

CANARY = "987654321987654321"


class Page(HTMLParser):
    """Words as a reader sees them, and every address that the page refers to."""

    def __init__(self, html):
        super().__init__()
        self.words, self.addresses, self.tags = [], [], set()
        self._hidden = False
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self._hidden = tag == "style"
        self.addresses += [v for k, v in attrs if k in {"href", "src", "action"}]

    def handle_data(self, data):
        if not self._hidden:
            self.words.append(data)


@pytest.fixture
def inside(record):
    return Page(render_site(record, masked=False))


@pytest.fixture
def outside(record):
    return Page(render_site(record, masked=True))


def test_the_page_refers_to_nothing_outside_itself(record):
    for masked in (False, True):
        html = render_site(record, masked=masked)
        page = Page(html)
        assert page.addresses
        assert all(address.startswith("#") for address in page.addresses)
        assert not page.tags & {"script", "link", "img", "iframe", "base", "object"}
        assert not re.search(r"https?:|url\(|@import|//\w", html)


def test_each_delivery_is_shown_with_its_hash_and_its_rows(record, inside):
    for d in record.deliveries:
        assert d["file_name"] in inside.text
        assert d["sha256"] in inside.text
        assert str(d["delivered_on"]) in inside.text
    assert "201,412 200,292 1,120 ✓ adds up" in inside.text
    assert "1,104 wholly equal to another row" in inside.text
    assert inside.text.count("✓ adds up") == len(record.deliveries)


def test_rows_that_do_not_add_up_are_told(record):
    first, *rest = record.deliveries
    lost = replace(record, deliveries=({**first, "rows_kept": 200_000}, *rest))
    assert "read ≠ kept + rejected" in Page(render_site(lost, masked=False)).text
    silent = replace(record, rejected=record.rejected[1:])
    assert "reasons do not add up" in Page(render_site(silent, masked=False)).text


def test_rows_that_an_experiment_sets_aside_are_told_apart_and_spoil_no_sum(record):
    spells = next(d for d in record.deliveries if d["register"] == "benefit_spells")
    later = {
        "scope": "experiments/ww",
        "delivery_id": spells["delivery_id"],
        "reason": "the spell overlaps another",
        "rows": 40,
    }
    both = replace(record, rejected=(*record.rejected, later))
    text = Page(render_site(both, masked=False)).text
    assert text.count("✓ adds up") == len(record.deliveries)
    assert "set aside by an experiment: 40 the spell overlaps another (ww)" in text


def test_days_of_which_a_register_says_nothing_are_told_with_the_files(record):
    asked = replace(record, asked={"ww": Asked(dt.date(2014, 1, 31))})
    text = Page(render_site(asked, masked=False)).text
    assert (
        "payroll is known until 2013-12-31, and the plan follows until 2014-01-31: of "
        "uwv_payroll, the last file is payroll/SPOLISBUS2013V1.csv." in text
    )
    assert "2012-01-01 to 2013-12-31" in text
    whole = replace(record, asked={"ww": Asked(dt.date(2013, 12, 31))})
    text = Page(render_site(whole, masked=True)).text
    assert text.count("✓ no gap until the end of follow-up") == 2
    gone = {"payroll": (dt.date(2013, 3, 1),)}
    said = replace(record, asked={"ww": Asked(dt.date(2013, 12, 31), gone)})
    text = Page(render_site(said, masked=False)).text
    assert "payroll: the plan says that 2013-03 is not known" in text


def test_each_rule_is_shown_in_words_with_failures_first(inside):
    text = inside.text
    assert (
        text.index("BROKEN at least 99.9 per cent")
        < text.index("FAIL person_id + period_start names one row")
        < text.index("FAIL basic pay of a period")
        < text.index("PASS wage_eur is present")
    )
    assert "stops publication 250,000 1,234 promise rctspark" in text
    assert "warns 250,000 4 belief register analyst" in text
    assert "Reason of wage_below_100000." in text
    assert "1 earlier run" in text
    assert "1 of 6 checks broke" in text


def test_each_result_names_the_table_versions_that_it_rests_on(inside):
    text = inside.text[inside.text.index("Published results What") :]
    assert "effects v1 person_month v2 population v2" in text
    assert "2 deliveries" in text
    assert "no release has this plan and data version" in text


def test_older_releases_are_folded_under_the_latest(inside):
    text = inside.text
    assert text.index("persons v4") < text.index("1 earlier release")
    assert text.index("1 earlier release") < text.index("payroll v3")


def test_a_release_of_registers_says_why_it_has_no_data_version(record):
    first, *rest = record.releases
    loaded = replace(record, releases=({**first, "data_version": ""}, *rest))
    for masked in (False, True):
        text = Page(render_site(loaded, masked=masked)).text
        assert "Data version – every delivery loaded by then" in text  # noqa: RUF001
        assert text.count("every delivery loaded by then") == 1


def test_the_page_says_where_it_may_go(inside, outside):
    assert "Inside only" in inside.text
    assert "Release copy" not in inside.text
    assert "Release copy" in outside.text
    assert "Inside only" not in outside.text


def test_synthetic_deliveries_are_told_at_the_top(record, inside):
    assert "Synthetic data" not in inside.text
    first, *rest = record.deliveries
    made_up = replace(record, deliveries=({**first, "is_synthetic": True}, *rest))
    assert Page(render_site(made_up, masked=False)).text.index("Synthetic data") < 100


def test_outside_no_small_count_is_shown_or_follows_from_another(record, outside):
    text = outside.text
    assert "48,210 48,210 <10 ✓ adds up <10 a spell ends before it starts" in text
    assert "201,410 200,290 1,120" in text
    # Two small reasons of one delivery are shown as one: 9 + 7.
    assert "20 identifier fails the 11-test · wage is not a number (together)" in text
    assert "warns 250,000 <10 belief" in text
    exact = {d[name] for d in record.deliveries for name in ("rows_read", "rows_kept")}
    assert not any(f"{n:,}" in text for n in exact if n % 10)
    assert "candidates/" not in text


def test_a_record_of_nothing_is_a_page_that_says_so(record):
    text = Page(render_site(QualityRecord(made_at=record.made_at), masked=False)).text
    for part in ("No delivery has been loaded", "No rule has been checked", "released"):
        assert part in text


def test_columns_that_are_not_named_do_not_reach_the_page(record):
    def with_cells(rows):
        return tuple({**row, "cells": CANARY, "person_id": CANARY} for row in rows)

    planted = replace(
        record,
        deliveries=with_cells(record.deliveries),
        rejected=with_cells(record.rejected),
        results=with_cells(record.results),
        releases=with_cells(record.releases),
        effects=with_cells(record.effects),
    )
    for masked in (False, True):
        assert CANARY not in render_site(planted, masked=masked)


def test_words_from_files_cannot_become_markup(record):
    first, *rest = record.deliveries
    named = replace(record, deliveries=({**first, "file_name": "<b>x</b>"}, *rest))
    assert "&lt;b&gt;x" in render_site(named, masked=False)


@pytest.mark.parametrize(
    ("count", "inside", "outside"),
    [
        (-1, "–", "–"),  # noqa: RUF001
        (0, "0", "0"),
        (1, "1", "<10"),
        (9, "9", "<10"),
        (10, "10", "10"),
        (14, "14", "10"),
        (15, "15", "20"),
        (12_345, "12,345", "12,350"),
    ],
)
def test_counts_are_exact_inside_and_masked_outside(count, inside, outside):
    assert Counts(masked=False, minimum=10).show(count) == inside
    assert Counts(masked=True, minimum=10).show(count) == outside


def test_what_is_shown_never_pins_a_small_count():
    counts = Counts(masked=True, minimum=10)

    def shown(kept, rejected):
        return tuple(counts.show(n) for n in (kept + rejected, kept, rejected))

    fitting = {}
    for kept in range(10, 80):
        for rejected in range(1, 10):
            fitting.setdefault(shown(kept, rejected), set()).add(rejected)
    assert min(len(small) for small in fitting.values()) > 2
