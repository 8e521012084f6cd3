"""Promises: each kind breaks, is counted, and says nothing of a row."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rctspark.contracts import BENEFIT_SPELLS, PERSON_MONTH, PERSONS
from rctspark.contracts.table import Column, Table
from rctspark.quality import promises
from rctspark.quality.promises import check_promises, count_rows_sharing_a_key

TWO = Table(
    name="two",
    grain="one row per pair",
    key=("a", "b"),
    columns=(
        Column("a", "bigint", "First.", null_means="unknown"),
        Column("b", "bigint", "Second.", null_means="unknown"),
        Column("c", "string", "Third."),
    ),
    rules={
        "c is a number below 5": "CAST(c AS INT) < 5",
        "b is small": "b < 100",
    },
)


def by_id(results):
    assert len({r.rule_id for r in results}) == len(results)
    return {r.rule_id: r for r in results}


def failing(results):
    return {r.rule_id: r.rows_broken for r in results if r.verdict == "FAIL"}


def test_rows_that_keep_every_promise_pass(draw):
    spells = draw("""
        benefit_spells
        person_id | benefit | start_date | end_date
        ----------+---------+------------+-----------
        ann       | WW      | 2012-01-31 | 2012-03-01
        bob       | WW      | 2012-02-29 | -
    """)
    results = check_promises(spells, BENEFIT_SPELLS)
    assert {r.verdict for r in results} == {"PASS"}
    assert {(r.rows_checked, r.rows_broken) for r in results} == {(2, 0)}
    assert {(r.severity, r.owner, r.kind) for r in results} == {
        ("stop", "rctspark", "promise")
    }
    assert [r.rule_id for r in results] == [
        "benefit_spells.key",
        *(p.id for p in BENEFIT_SPELLS.promises),
    ]


def test_each_kind_of_promise_breaks_and_is_counted(draw):
    spells = draw("""
        benefit_spells
        person_id | benefit | start_date | end_date
        ----------+---------+------------+-----------
        ann       | WW      | 2012-01-31 | 2012-03-01
        ann       | -       | 2012-04-01 | 2012-05-01
        bob       | -       | 2012-04-01 | 2012-05-01
        bob       | WW      | 2012-04-02 | 2012-04-01
        cas       | WW      | 2012-04-02 | 2012-04-01
        cas       | WW      | 2012-05-02 | 2012-05-01
    """)
    assert failing(check_promises(spells, BENEFIT_SPELLS)) == {
        "benefit_spells.benefit.present": 2,
        "benefit_spells.a_spell_ends_on_or_after_it_starts": 3,
    }


def test_values_that_are_not_allowed_are_counted_and_nulls_are_not(draw):
    persons = draw("""
        persons
        person_id | sex    | birth_date | birth_precision | id_parity
        ----------+--------+------------+-----------------+----------
        ann       | female | 1980-01-01 | day             | -
        bob       | man    | 1980-01-01 | day             | odd
        cas       | x      | -          | day             | zero
    """)
    assert failing(check_promises(persons, PERSONS)) == {
        "persons.sex.allowed": 2,
        "persons.id_parity.allowed": 1,
        "persons.a_birth_date_comes_with_its_precision": 1,
    }


def test_a_rule_that_comes_out_null_is_kept(draw):
    panel = draw("""
        person_month
        person_id | period_start | horizon | benefit_days | jobs | wage_eur | contract
        ----------+--------------+---------+--------------+------+----------+---------
        ann       | 2012-01-01   | 0       | -            | -    | -        | -
        ann       | 2012-02-01   | 1       | 32           | -    | -        | -
    """)
    assert failing(check_promises(panel, PERSON_MONTH)) == {
        "person_month.benefit_days_fit_in_the_period": 1
    }


def test_every_row_that_shares_its_key_is_counted(draw):
    spells = draw("""
        benefit_spells
        person_id | benefit | start_date | office
        ----------+---------+------------+-------
        ann       | WW      | 2012-01-31 | a
        ann       | WW      | 2012-01-31 | a
        ann       | WW      | 2012-01-31 | b
        ann       | PW      | 2012-01-31 | b
        bob       | WW      | 2012-01-31 | b
        cas       | WW      | 2012-01-31 | b
        cas       | WW      | 2012-01-31 | b
    """)
    key = by_id(check_promises(spells, BENEFIT_SPELLS))["benefit_spells.key"]
    assert (key.verdict, key.rows_checked, key.rows_broken) == ("FAIL", 7, 5)
    assert "one row per delivery, person" in key.reason


def test_keys_that_share_a_hash_are_not_taken_for_one_key(spark):
    # Spark's hash passes over nulls, so these two keys have one hash.
    rows = spark.createDataFrame([(1, None, "1"), (None, 1, "1")], TWO.ddl)
    hashes = rows.selectExpr("xxhash64(a, b) AS h").distinct()
    assert hashes.count() == 1
    assert by_id(check_promises(rows, TWO))["two.key"].verdict == "PASS"


def test_nulls_in_a_key_are_a_value(spark):
    rows = spark.createDataFrame([(1, None, "1"), (1, None, "2")], TWO.ddl)
    assert by_id(check_promises(rows, TWO))["two.key"].rows_broken == 2


def test_an_empty_table_keeps_every_promise(draw):
    results = check_promises(draw("persons\nperson_id\n"), PERSONS)
    assert {(r.verdict, r.rows_checked) for r in results} == {("PASS", 0)}


def test_a_promise_that_spark_cannot_evaluate_broke_and_the_others_stand(spark):
    rows = spark.createDataFrame([(1, 1, "canary-value"), (2, 200, "1")], TWO.ddl)
    results = by_id(check_promises(rows, TWO))
    broke = results["two.c_is_a_number_below_5"]
    assert (broke.verdict, broke.rows_broken) == ("BROKEN", -1)
    assert "CAST_INVALID_INPUT" in broke.reason
    assert "canary-value" not in repr(results)
    assert results["two.b_is_small"].rows_broken == 1
    assert results["two.key"].verdict == "PASS"


def test_a_missing_column_breaks_the_checks_that_need_it(spark):
    rows = spark.createDataFrame([(1, "1")], "a bigint, c string")
    results = by_id(check_promises(rows, TWO))
    assert {i for i, r in results.items() if r.verdict == "BROKEN"} == {
        "two.key",
        "two.b_is_small",
    }
    assert results["two.c.present"].verdict == "PASS"


SMALL = st.one_of(st.none(), st.integers(0, 3))


@pytest.mark.parametrize("most", [0, promises.MOST_ROWS_IN_LISTS])
def test_a_repeated_key_is_found_however_many_rows_there_are(spark, monkeypatch, most):
    monkeypatch.setattr(promises, "MOST_ROWS_IN_LISTS", most)
    monkeypatch.setattr(promises, "ROWS_PER_BUCKET", 5)
    frame = spark.range(40).selectExpr("id % 19 AS a", "id DIV 38 AS b")
    unique = spark.range(40).selectExpr("id % 19 AS a", "id DIV 19 AS b")
    assert count_rows_sharing_a_key(frame, ("a", "b"), rows=40) == 38
    assert count_rows_sharing_a_key(unique, ("a", "b"), rows=40) == 0


@pytest.mark.long
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(rows=st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=30))
def test_the_key_agrees_with_comparing_every_pair(spark, monkeypatch, rows):
    monkeypatch.setattr(promises, "ROWS_PER_BUCKET", 5)
    frame = spark.createDataFrame(rows, "a bigint, b bigint")
    sharing = sum(
        any(row == other for j, other in enumerate(rows) if i != j)
        for i, row in enumerate(rows)
    )
    assert count_rows_sharing_a_key(frame, ("a", "b"), rows=len(rows)) == sharing
