"""The suites that we ship, and the ones that are refused."""

from __future__ import annotations

import json
import re

import pytest

from rctspark.contracts import TABLES
from rctspark.errors import ConfigError
from rctspark.quality.suites import ARGUMENTS, read_suites

EXPECTED = {
    "persons",
    "benefit_spells",
    "payroll",
    "contacts",
    "assignment_lists",
    "population",
    "person_month",
    "person_outcome",
    "effects",
}


@pytest.fixture(scope="module")
def suites(root):
    return read_suites(root / "expectations")


def rule(**changes):
    meta = {
        "id": "payroll.x",
        "words": "words",
        "reason": "reason",
        "owner": "owner",
        "severity": "warn",
    }
    return {
        "type": changes.pop("type", "expect_column_values_to_not_be_null"),
        "kwargs": changes.pop("kwargs", {"column": "contract"}),
        "meta": meta | changes,
    }


def faults(folder, *rules, name="payroll", file="payroll"):
    text = json.dumps({"name": name, "expectations": list(rules)})
    (folder / f"{file}.json").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_suites(folder)
    return str(caught.value)


def test_every_table_that_needs_one_has_a_suite(suites):
    assert set(suites) >= EXPECTED
    assert all(suites[table] for table in EXPECTED)


def test_ids_are_unique_over_all_suites(suites):
    ids = [belief.id for beliefs in suites.values() for belief in beliefs]
    assert len(ids) == len(set(ids))


def test_every_rule_says_who_why_and_what(suites):
    for beliefs in suites.values():
        for b in beliefs:
            assert b.type in ARGUMENTS
            assert len(b.reason) > 20
            assert b.owner
            assert b.severity in {"stop", "warn"}


def test_rules_about_shares_wait_for_enough_rows_and_say_so(suites):
    for beliefs in suites.values():
        for b in beliefs:
            if "mostly" in b.kwargs:
                assert b.minimum_rows >= 50
                assert f"of {b.minimum_rows:,} or more" in b.words
            else:
                assert b.minimum_rows == 0


def test_words_and_arguments_name_the_same_share(suites):
    for beliefs in suites.values():
        for b in beliefs:
            if "mostly" not in b.kwargs:
                continue
            percent = float(re.search(r"([\d.]+) per cent", b.words)[1])
            share = b.kwargs["mostly"] * 100
            said = 100 - percent if "at most" in b.words else percent
            assert said == pytest.approx(share), b.id


def test_row_conditions_name_columns_of_the_contract(suites):
    for table, beliefs in suites.items():
        for b in beliefs:
            words = re.findall(r"\b[a-z_]+\b", str(b.kwargs.get("row_condition", "")))
            assert set(words) <= set(TABLES[table].names)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no folder"):
        read_suites(tmp_path / "none")


def test_every_fault_of_every_suite_is_listed_at_once(tmp_path):
    (tmp_path / "nosuch.json").write_text("{}")
    (tmp_path / "contacts.json").write_text("{")
    text = faults(
        tmp_path,
        rule(owner=""),
        rule(id="payroll.y", severity="maybe"),
        rule(id="persons.z"),
        rule(id="payroll.start_date.present"),
        rule(id="payroll.t", type="expect_column_max_to_be_between"),
        rule(id="payroll.c", kwargs={"column": "nosuch"}),
        rule(id="payroll.k", kwargs={}),
        rule(id="payroll.r", kwargs={"column": "hours", "result_format": "COMPLETE"}),
        rule(id="payroll.m", minimum_rows="ten"),
        rule(),
        name="other",
    )
    for part in (
        "nosuch.json: there is no table",
        "contacts.json: not readable as JSON",
        "its name is not its file's",
        "meta lacks owner",
        "severity is none of",
        "does not begin with 'payroll.'",
        "the contract promises this already",
        "not among the types that show no value",
        "payroll has no column nosuch",
        "it names no column",
        "not allowed: result_format",
        "minimum_rows is not a whole number",
        "id payroll.x is used twice",
    ):
        assert part in text


@pytest.mark.parametrize(
    "type_",
    [
        "expect_column_most_common_value_to_be_in_set",
        "expect_column_min_to_be_between",
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_mean_to_be_between",
        "unexpected_rows_expectation",
    ],
)
def test_types_that_show_values_are_refused(tmp_path, type_):
    assert "show no value" in faults(tmp_path, rule(type=type_))
