"""Conforming: every row accounted for, with its reason."""

import json

import pytest

from rctspark.config.mapping import Mapping
from rctspark.contracts import CONTACTS, PAYROLL
from rctspark.errors import IdentityError
from rctspark.sources.accounted import (
    count_collisions,
    count_reasons,
    count_rows,
    keep_conformed,
    keep_person_keys,
    keep_rejected,
)
from rctspark.sources.load import require_distinct_persons
from rctspark.sources.repeated import CONFLICT, DUPLICATE
from toy.experiment import bsns

VALID = ("999990019", "999990032")


ANN, BOB, COR = bsns(3)
LOST_ZEROS = "1234572"  # 001234572 passes the 11-test
PAY = {
    "name": "pay",
    "folder": "pay",
    "title": "t",
    "source": "s",
    "file": {
        "format": "csv",
        "decimal": ",",
        "name": r"(?P<period>\d{4})\.csv",
        "version": "V1",
        "delivered_on": "2014-01-01",
    },
    "covers": {"kind": "period"},
    "identifier": {"kind": "bsn", "columns": ["BSN"]},
    "columns": [
        {"name": "BSN", "meaning": "m"},
        {"name": "IKVID", "meaning": "m", "filled": True},
        {"name": "FROM", "type": "date(yyyyMMdd)", "meaning": "m"},
        {"name": "TO", "type": "date(yyyyMMdd)", "meaning": "m"},
        {"name": "PAY", "type": "decimal(12,2)", "meaning": "m"},
        {
            "name": "KIND",
            "meaning": "m",
            "codes": {"O": "permanent", "B": "temporary"},
            "empty": ["-"],
        },
        {"name": "EXTRA", "meaning": "m", "required": False},
    ],
    "feeds": [
        {
            "table": "payroll",
            "repeated": "sum",
            "where": "EXTRA IS NULL OR EXTRA <> 'elsewhere'",
            "columns": {
                "source": "'payroll'",
                "job_id": "xxhash64(IKVID)",
                "start_date": "FROM",
                "end_date": "TO",
                "is_job_start_capped": "false",
                "wage_eur": "PAY",
                "contract": "KIND",
            },
        }
    ],
}


@pytest.fixture
def conform(conform_file):
    def conformed(text, layout=PAY, name="2013.csv"):
        return conform_file(text, Mapping.model_validate(layout), name)

    return conformed


HEADER = "bsn;Ikvid;FROM;TO;PAY;KIND;EXTRA\n"


def test_rows_read_are_rows_kept_and_rows_set_aside_with_reasons(conform):
    staged, n_read = conform(
        HEADER
        + f"{ANN};j1;20130101;20130131;1000,50;o;\n"  # kept; lower-case code
        + f"{ANN};j1;20130101;20130131;-200,25;O;\n"  # a correction: summed
        + f"{BOB};j2;20130201;20130228;10,00;B;\n"
        + f"{BOB};j2;20130201;20130228;10,00;B;\n"  # wholly equal: a duplicate
        + "123456789;j3;20130101;20130131;1,00;O;\n"  # fails the 11-test
        + f"{COR};j4;20130131;20130101;1,00;O;\n"  # ends before it starts
        + f"{COR};;20130101;20130131;1,00;O;\n"  # no job
        + f"{COR};j5;2013010x;20130131;abc;Q;\n"  # three cells that can't be read
        + f"{COR};j6;20130101;20130131\n"  # too short
        + f"{COR};j7;20130101;20130131;1,00;O;elsewhere\n"  # meant for another table
        + f"{COR};j8;20130101;20130131;2,00;-;\n"
    )
    assert n_read == 10
    counts = count_rows(staged).first()
    assert (counts["rows_kept"], counts["rows_rejected"]) == (4, 6)
    assert counts["rows_conformed"] == 3
    reasons = {
        r["reason"]: r["n_rows"]
        for r in keep_rejected(staged, register="payroll").collect()
    }
    assert reasons == {
        DUPLICATE: 1,
        "the identifier is no BSN (9 digits, 11-test)": 1,
        "this does not hold: a period paid ends on or after it starts": 1,
        "IKVID is empty": 1,
        "FROM is no date": 1,
        "the row has another number of cells": 1,
    }
    pay = keep_conformed(staged, table=PAYROLL).orderBy("wage_eur").collect()
    assert [str(r["wage_eur"]) for r in pay] == ["2.00", "10.00", "800.25"]
    assert [r["contract"] for r in pay] == [None, "temporary", "permanent"]


def test_a_row_set_aside_lists_every_reason_and_no_bsn(conform):
    staged, _ = conform(
        HEADER
        + f"{COR};j5;2013010x;20130131;abc;Q;\n"
        + f"j5;{ANN};20130101;20130131;1,00;O;\n"  # columns shifted
        + f"{ANN};{BOB};20130101;20130131;x;O;\n"
        + f"j6;{LOST_ZEROS};20130101;20130131;1,00;O;\n"
    )
    rows = keep_rejected(staged, register="payroll").collect()
    text = json.dumps([r.asDict() for r in rows])
    assert not any(bsn in text for bsn in (ANN, BOB, COR, LOST_ZEROS))
    (unreadable,) = [r for r in rows if r["reason"] == "FROM is no date"]
    assert "PAY is no number" in unreadable["reasons"]
    assert "KIND holds a code that is not listed" in unreadable["reasons"]
    assert "2013010x" in unreadable["cells"]
    is_named = {r["reason"]: r["person_id"] is not None for r in rows}
    assert is_named == {
        "FROM is no date": True,
        "the identifier is no BSN (9 digits, 11-test)": False,
        "PAY is no number": True,
    }


def test_equal_cells_of_two_persons_are_two_rows_set_aside(conform):
    staged, _ = conform(
        HEADER
        + f"{ANN};j1;20130131;20130101;1,00;O;\n"
        + f"{ANN};j1;20130131;20130101;1,00;O;\n"
        + f"{BOB};j1;20130131;20130101;1,00;O;\n"
    )
    rows = keep_rejected(staged, register="payroll").collect()
    assert len({r["cells"] for r in rows}) == 1
    assert len({r["person_id"] for r in rows}) == 2
    assert sorted(r["n_rows"] for r in rows) == [1, 2]


def test_what_is_counted_of_rows_set_aside_names_nobody(conform):
    staged, _ = conform(HEADER + f"{ANN};j1;20130131;20130101;1,00;O;\n")
    counted = count_reasons(keep_rejected(staged, register="payroll"))
    assert counted.columns == ["delivery_id", "reason", "rows"]


def test_a_row_with_a_column_per_period_is_meant_once_for_each(conform):
    feed = {
        "table": "payroll",
        "each": "filter(array(named_struct('i', 0, 'pay', PAY), "
        "named_struct('i', 1, 'pay', CAST(EXTRA AS decimal(12,2)))), x -> x.pay > 0)",
        "columns": PAY["feeds"][0]["columns"]
        | {
            "start_date": "date_add(FROM, 28 * each.i)",
            "end_date": "date_add(FROM, 28 * each.i + 27)",
            "wage_eur": "each.pay",
            "contract": "KIND",
        },
    }
    text = (
        HEADER
        + f"{ANN};A1;20130101;;100,00;O;200.00\n"
        + f"{BOB};B1;20130101;;100,00;O;0.00\n"
        + f"{COR};C1;20130101;;0,00;O;0.00\n"
    )
    staged, counts = conform(text, PAY | {"feeds": [feed]})
    kept = keep_conformed(staged, table=PAYROLL).collect()
    assert sorted((row["start_date"].isoformat(), row["wage_eur"]) for row in kept) == [
        ("2013-01-01", 100),
        ("2013-01-01", 100),
        ("2013-01-29", 200),
    ]
    assert counts == 3


def test_rows_that_contradict_one_another_are_all_set_aside(conform):
    layout = PAY | {
        "feeds": [
            {
                "table": "contacts",
                "columns": {
                    "contact_id": "xxhash64(IKVID)",
                    "contact_date": "FROM",
                    "kind": "'talk'",
                    "status": "'held'",
                    "traits": "map('pay', string(PAY))",
                },
            }
        ]
    }
    staged, n_read = conform(
        HEADER
        + f"{ANN};c1;20130101;;1,00;;\n"
        + f"{ANN};c1;20130102;;1,00;;\n"
        + f"{ANN};c2;20130102;;1,00;;\n"
        + f"{ANN};c2;20130102;;1,00;;\n",
        layout,
    )
    assert n_read == 4
    kept = keep_conformed(staged, table=CONTACTS).collect()
    assert [r["traits"] for r in kept] == [{"pay": "1.00"}]
    reasons = keep_rejected(staged, register="contacts").collect()
    assert sum(r["n_rows"] for r in reasons if r["reason"] == CONFLICT) == 2
    assert sum(r["n_rows"] for r in reasons if r["reason"] == DUPLICATE) == 1


def test_persons_who_share_a_pseudonym_are_counted_and_refused(conform):
    staged, _ = conform(HEADER + f"{ANN};j1;20130101;20130131;1,00;O;\n")
    keys = keep_person_keys(staged)
    assert count_collisions(keys).first()["n"] == 0
    other = keys.selectExpr(
        "'d2' AS delivery_id", "person_id", "check_bits + 1 AS check_bits"
    )
    both = keys.unionByName(other)
    assert count_collisions(both).first()["n"] == 1
    require_distinct_persons(keys.unionByName(keys))
    with pytest.raises(IdentityError, match="1 pseudonym") as refused:
        require_distinct_persons(both)
    said = str(refused.value)
    assert "Nothing was published" in said
    assert not any(str(cell) in said for row in both.collect() for cell in row[1:])
