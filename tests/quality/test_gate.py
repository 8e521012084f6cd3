"""The gate: promises and beliefs together, and what stops a publication."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rctspark.contracts import PAYROLL, GateResult
from rctspark.errors import BrokenCheckError, ConfigError, GateError
from rctspark.quality.gate import make_gate, require_passed

PASSED = GateResult(
    rule_id="payroll.x",
    kind="promise",
    words="pay is present",
    reason="Pay.",
    owner="rctspark",
    severity="stop",
    verdict="PASS",
    rows_checked=5000,
    rows_broken=0,
)
FAILED = replace(PASSED, verdict="FAIL", rows_broken=1234)
WARNED = replace(FAILED, severity="warn", words="a belief")
BROKE = replace(WARNED, verdict="BROKEN", rows_broken=-1, reason="It raised.")
CANARY = 987654321987654321


def message(error, *results):
    with pytest.raises(error) as caught:
        require_passed(results, table="payroll", candidate="runs/r1/payroll")
    return str(caught.value)


def test_rules_that_pass_and_warnings_let_a_table_through():
    require_passed([PASSED, WARNED], table="payroll", candidate="runs/r1/payroll")


def test_a_failing_rule_stops_and_is_told_in_words():
    text = message(GateError, PASSED, FAILED, replace(FAILED, words="another"))
    assert text == (
        "payroll breaks 2 of 3 rules.\n"
        "Rows breaking each rule:\n"
        "         1,234  pay is present (payroll.x)\n"
        "         1,234  another (payroll.x)\n"
        "The published payroll is unchanged. The candidate can be looked at, by those "
        "who may see its rows, in runs/r1/payroll."
    )


def test_a_repeated_key_comes_with_advice():
    assert "join" in message(GateError, replace(FAILED, rule_id="payroll.key"))


def test_a_rule_about_the_whole_table_has_no_rows():
    assert "whole table" in message(GateError, replace(FAILED, rows_broken=-1))


def test_a_check_that_broke_stops_whatever_its_severity():
    text = message(BrokenCheckError, PASSED, BROKE, FAILED)
    assert "1 of 3 checks broke" in text
    assert "a belief (payroll.x): It raised." in text
    assert "1,234  pay is present" in text
    assert "unchanged" in text


def test_a_gate_that_reports_nothing_broke():
    assert "no rule at all" in message(BrokenCheckError)


def test_data_that_fail_and_checks_that_break_have_exit_codes_of_their_own():
    codes = {GateError.exit_code, BrokenCheckError.exit_code}
    assert len(codes) == 2
    assert not codes & {0, 1, 2}


def test_a_faulty_suite_is_refused_before_anything_is_checked(tmp_path):
    (tmp_path / "payroll.json").write_text("{")
    with pytest.raises(ConfigError):
        make_gate(tmp_path)


def test_the_gate_tells_promises_and_beliefs_apart_and_shows_no_person(draw, root):
    jobs = draw(f"""
        payroll
        source  | person_id | job_id | start_date | end_date   | wage_eur
        --------+-----------+--------+------------+------------+---------
        payroll | {CANARY}  | 1      | 2012-01-01 | 2012-01-31 | 31415926
        payroll | {CANARY}  | 1      | 2012-01-01 | 2012-01-31 | 50
        payroll | ann       | 2      | 9999-12-01 | 9999-12-31 | 50
    """).fillna({"is_job_start_capped": False})
    gate = make_gate(root / "expectations")
    results = gate.check(jobs, PAYROLL)
    failed = {
        r.rule_id: (r.kind, r.severity, r.rows_broken)
        for r in results
        if r.verdict != "PASS"
    }
    assert failed == {
        "payroll.key": ("promise", "stop", 2),
        "payroll.start_date_in_our_time": ("belief", "stop", 1),
        "payroll.wage_below_100000": ("belief", "warn", 1),
    }
    with pytest.raises(GateError) as caught:
        gate.require(results, "payroll", "runs/r1/payroll")
    seen = repr(results) + str(caught.value)
    assert not any(v in seen for v in (str(CANARY), "31415926", "9999-12"))
