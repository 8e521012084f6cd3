"""A report says at its top whether its plan was registered, and where it left it."""

import datetime as dt
from dataclasses import replace

import pytest

from rctspark.contracts.registration import (
    Difference,
    Registration,
    Standing,
    worst_standing,
)
from rctspark.release.page import render_page
from rctspark.release.record_screening import screen_record
from rctspark.release.registration import difference_words, standing_words
from rctspark.release.tables import released_tables
from release.sample_records import two_arms

MOMENT = dt.datetime(2018, 3, 1, 9, 30, tzinfo=dt.UTC)
BEFORE = Registration("trial", "abc", "{}", MOMENT, "0.1.0", None)
AFTER = replace(BEFORE, outcomes_released_at=MOMENT - dt.timedelta(days=1))
LEVEL = Difference("inference.level", "0.9", "0.95")


@pytest.fixture(scope="module")
def record(root):
    return two_arms(root)


def top_of(record, standing):
    page = render_page(screen_record(replace(record, standing=standing)), [])
    return page[: page.index('id="findings"')]


def test_results_of_no_registered_plan_say_so_at_the_top(record):
    assert "Unregistered: no plan" in top_of(record, Standing())


def test_a_registered_plan_says_when_and_that_no_outcome_had_been_released(record):
    top = top_of(record, Standing("registered", BEFORE))
    assert "1 March 2018 at 09:30 UTC, before any outcome had been released" in top
    assert "Deviations from the plan" not in top


def test_a_registration_after_outcomes_says_so():
    words = standing_words(Standing("registered", AFTER))
    assert "after outcomes had first been released on 28 February 2018" in words


def test_a_deviation_is_shown_key_by_key_before_the_findings(record):
    top = top_of(record, Standing("deviation", BEFORE, (LEVEL,)))
    assert "It differs in 1 place, listed below" in top
    assert "<code>inference.level</code>" in top
    assert "registered: 0.9; now: 0.95" in top


def test_what_was_added_or_left_out_is_said_so():
    assert difference_words(Difference("k", "", "new")) == "added: new"
    assert difference_words(Difference("k", "old", "")) == "left out: old"


def test_every_released_table_carries_the_mark_and_deviations_are_one_of_them(record):
    standing = Standing("deviation", BEFORE, (LEVEL,))
    tables = released_tables(screen_record(replace(record, standing=standing)))
    assert set(tables["effects"]["registration"]) == {"deviation"}
    (row,) = tables["deviations"].to_dict("records")
    assert (row["key"], row["registered"], row["now"]) == (
        "inference.level",
        "0.9",
        "0.95",
    )


def test_a_report_of_several_results_bears_the_worst_mark():
    registered, deviation = (
        Standing("registered", BEFORE),
        Standing("deviation", BEFORE),
    )
    assert worst_standing([registered, deviation]) is deviation
    assert worst_standing([deviation, Standing(), registered]) == Standing()
