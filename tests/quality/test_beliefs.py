"""Beliefs: what fails, what broke, and what was left out are three things."""

from __future__ import annotations

import pytest

from rctspark.contracts import PAYROLL, TABLES
from rctspark.quality.beliefs import Outcome, check_beliefs, judge
from rctspark.quality.suites import Belief, read_suites

CANARY = 987654321987654321


def belief(name, type_, minimum_rows=0, **kwargs):
    return Belief(
        id=f"payroll.{name}",
        words=f"words of {name}",
        reason="reason.",
        owner="owner",
        severity="warn",
        type=f"expect_{type_}",
        kwargs=kwargs,
        minimum_rows=minimum_rows,
    )


WAGE = belief("wage", "column_values_to_be_between", column="wage_eur", max_value=100)
KNOWN = belief("known", "column_values_to_not_be_null", column="contract")


def met(rule_id, *, success=True, raised=False, rows=2, broken=0):
    return Outcome(rule_id, success, raised, rows, broken)


@pytest.fixture
def jobs(draw):
    return draw(f"""
        payroll
        person_id | job_id | start_date | end_date   | wage_eur | hours | contract
        ----------+--------+------------+------------+----------+-------+----------
        {CANARY}  | 1      | 2012-01-01 | 2012-01-31 | 50       | 10    | -
        {CANARY}  | 2      | 2012-01-01 | 2012-01-31 | 31415926 | -     | temporary
        ann       | 3      | 2012-01-01 | 2012-01-31 | 27182818 | -     | -
    """)


def counted(results):
    return {
        r.rule_id.removeprefix("payroll."): (r.verdict, r.rows_checked, r.rows_broken)
        for r in results
    }


def test_rows_are_judged_and_counted_and_none_is_shown(jobs, capfd, caplog):
    results = check_beliefs(
        jobs,
        PAYROLL,
        [
            WAGE,
            KNOWN,
            belief("few", "column_values_to_not_be_null", 100, column="hours"),
            belief("rows", "table_row_count_to_be_between", min_value=1),
            belief(
                "in_set",
                "column_values_to_be_in_set",
                column="contract",
                value_set=["permanent"],
            ),
            belief(
                "not_in_set",
                "column_values_to_not_be_in_set",
                column="contract",
                value_set=["permanent"],
            ),
            belief(
                "dates",
                "column_values_to_be_between",
                column="start_date",
                min_value="2012-01-02",
            ),
            belief(
                "pair",
                "column_pair_values_a_to_be_greater_than_b",
                column_A="start_date",
                column_B="end_date",
                or_equal=True,
                ignore_row_if="either_value_is_missing",
            ),
            belief(
                "where",
                "column_values_to_not_be_null",
                column="hours",
                row_condition="contract IS NOT NULL",
                condition_parser="spark",
            ),
            belief(
                "key", "column_values_to_be_in_set", column="person_id", value_set=[1]
            ),
        ],
    )
    assert counted(results) == {
        "wage": ("FAIL", 3, 2),
        "known": ("FAIL", 3, 2),
        "few": ("PASS", 3, 2),
        "rows": ("PASS", 3, -1),
        "in_set": ("FAIL", 1, 1),
        "not_in_set": ("PASS", 1, 0),
        "dates": ("FAIL", 3, 3),
        "pair": ("FAIL", 3, 3),
        "where": ("FAIL", 1, 1),
        "key": ("FAIL", 3, 3),
    }
    written = capfd.readouterr()
    seen = repr(results) + caplog.text + written.out + written.err
    assert not any(value in seen for value in (str(CANARY), "31415926", "27182818"))


def test_a_rule_that_raises_broke_and_quotes_nothing(jobs, capfd, caplog):
    text = jobs.selectExpr("*", f"'{CANARY}-x' AS note")
    note = belief("note", "column_values_to_be_between", column="note", min_value=1)
    gone = belief("gone", "column_values_to_not_be_null", column="gone")
    results = check_beliefs(text, PAYROLL, [WAGE, note, gone])
    assert counted(results) == {
        "wage": ("FAIL", 3, 2),
        "note": ("BROKEN", 0, -1),
        "gone": ("BROKEN", 0, -1),
    }
    written = capfd.readouterr()
    assert str(CANARY) not in repr(results) + caplog.text + written.out + written.err


def test_a_rule_of_no_known_type_broke_and_the_others_stand(jobs):
    nonsense = belief("nonsense", "no_such_thing", column="hours")
    results = check_beliefs(jobs, PAYROLL, [WAGE, nonsense])
    assert [r.verdict for r in results] == ["FAIL", "BROKEN"]


def test_a_suite_that_cannot_run_at_all_broke_as_a_whole():
    results = check_beliefs("no frame", PAYROLL, [WAGE, KNOWN])
    assert [r.verdict for r in results] == ["BROKEN", "BROKEN"]


def test_our_suites_run_on_empty_tables_and_pass(spark, root):
    for table, beliefs in read_suites(root / "expectations").items():
        empty = spark.createDataFrame([], TABLES[table].ddl)
        results = check_beliefs(empty, TABLES[table], beliefs)
        assert {(r.rule_id, r.verdict) for r in results} == {
            (b.id, "PASS") for b in beliefs
        }


def test_nothing_is_left_cached(spark, jobs):
    kept = spark.sparkContext._jsc.getPersistentRDDs
    before = set(kept())
    check_beliefs(jobs, PAYROLL, [WAGE])
    assert set(kept()) == before
    assert not jobs.is_cached


def test_no_suite_no_result():
    assert check_beliefs(None, PAYROLL, ()) == ()


def test_results_come_back_in_the_order_of_the_suite():
    results = judge("payroll", [WAGE, KNOWN], [met(KNOWN.id), met(WAGE.id)])
    assert [r.rule_id for r in results] == [WAGE.id, KNOWN.id]
    assert {r.verdict for r in results} == {"PASS"}


def test_a_rule_that_is_left_out_broke():
    results = judge("payroll", [WAGE, KNOWN], [met(WAGE.id)])
    assert [r.verdict for r in results] == ["PASS", "BROKEN"]
    assert "not reported" in results[1].reason


def test_a_rule_that_is_reported_twice_broke():
    results = judge("payroll", [WAGE], [met(WAGE.id), met(WAGE.id)])
    assert [r.verdict for r in results] == ["BROKEN"]


def test_a_rule_that_nobody_declared_broke():
    results = judge("payroll", [WAGE], [met(WAGE.id), met("payroll.other"), met("")])
    assert [(r.rule_id, r.verdict) for r in results] == [
        (WAGE.id, "PASS"),
        ("payroll.undeclared", "BROKEN"),
    ]


def test_a_share_of_few_rows_does_not_fail_and_one_of_enough_does():
    share = belief("share", "column_values_to_not_be_null", 10, column="hours")
    few = judge("payroll", [share], [met(share.id, success=False, rows=9, broken=9)])
    enough = judge("payroll", [share], [met(share.id, success=False, rows=10)])
    assert (few[0].verdict, enough[0].verdict) == ("PASS", "FAIL")


def test_a_rule_that_raised_broke_even_where_few_rows_excuse_a_failure():
    share = belief("share", "column_values_to_not_be_null", 10, column="hours")
    results = judge("payroll", [share], [met(share.id, raised=True, rows=0)])
    assert results[0].verdict == "BROKEN"
