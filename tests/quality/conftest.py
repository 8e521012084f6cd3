"""A record such as runs leave, for the tests of the auditor's site."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from rctspark.quality.site import QualityRecord

AT = dt.datetime(2014, 4, 1, 9, 30, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def delivery(register, file_name, rows_read, rows_rejected, **changes):
    digest = hashlib.sha256(file_name.encode()).hexdigest()
    kept = rows_read - rows_rejected
    return {
        "scope": "registers/uwv",
        "delivery_id": digest[:16],
        "register": register,
        "mapping": "uwv_" + register,
        "period": "2013",
        "version": "V1",
        "delivered_on": dt.date(2014, 2, 1),
        "loaded_at": AT,
        "file_name": file_name,
        "sha256": digest,
        "is_synthetic": False,
        "identifier_kind": "bsn",
        "covers_from": dt.date(2012, 1, 1),
        "covers_to": dt.date(2013, 12, 31),
        "rows_read": rows_read,
        "rows_kept": kept,
        "rows_rejected": rows_rejected,
        "rows_conformed": kept,
    } | changes


def rejection(of, reason, rows):
    return {
        "register": of["register"],
        "delivery_id": of["delivery_id"],
        "reason": reason,
        "rows": rows,
    }


def result(table, rule, words, **changes):
    return {
        "run_id": "run-2",
        "table": table,
        "candidate": f"candidates/run-2/{table}",
        "checked_at": AT,
        "rule_id": f"{table}.{rule}",
        "kind": "promise",
        "words": words,
        "reason": f"Reason of {rule}.",
        "owner": "rctspark",
        "severity": "stop",
        "verdict": "PASS",
        "rows_checked": 250_000,
        "rows_broken": 0,
    } | changes


def release(scope, run_id, versions, **changes):
    return {
        "scope": scope,
        "run_id": run_id,
        "job": "conform_registers",
        "released_at": AT,
        "data_version": "known-2014-03-31-5c1d2e",
        "plan_hash": None,
        "code_version": "0.1.0+3f2a9c",
        "inputs": "9a8b7c6d5e4f3a2b",
        "versions": versions,
    } | changes


@pytest.fixture
def record():
    spells = delivery("benefit_spells", "benefit/WW spells 2013.csv", 48_211, 3)
    old = delivery(
        "payroll", "payroll/SPOLISBUS2013V011.csv", 201_377, 0, version="V011"
    )
    new = delivery(
        "payroll",
        "payroll/SPOLISBUS2013V1.csv",
        201_412,
        1_120,
        delivered_on=dt.date(2014, 3, 15),
    )
    return QualityRecord(
        made_at=AT + DAY,
        deliveries=(new, spells, old),
        rejected=(
            rejection(spells, "a spell ends before it starts", 3),
            rejection(new, "wholly equal to another row", 1_104),
            rejection(new, "identifier fails the 11-test", 9),
            rejection(new, "wage is not a number", 7),
        ),
        results=(
            result("payroll", "key", "delivery_id + person_id names one row"),
            result("payroll", "wage_eur.present", "wage_eur is present"),
            result(
                "payroll",
                "wage_below_100000",
                "basic pay of a period lies between -100,000 and 100,000 euro",
                kind="belief",
                severity="warn",
                verdict="FAIL",
                rows_broken=4,
                owner="register analyst",
            ),
            result(
                "payroll",
                "key",
                "delivery_id + person_id names one row",
                run_id="run-1",
                checked_at=AT - DAY,
            ),
            result(
                "person_month",
                "key",
                "person_id + period_start names one row",
                verdict="FAIL",
                rows_broken=1_234,
                run_id="run-3",
            ),
            result(
                "person_month",
                "hours_up_to_400",
                "at least 99.9 per cent have between -400 and 400 hours",
                kind="belief",
                severity="warn",
                verdict="BROKEN",
                rows_checked=0,
                rows_broken=-1,
                run_id="run-3",
            ),
            result("persons", "key", "delivery_id + person_id names one row"),
        ),
        releases=(
            release("registers/uwv", "run-1", {"payroll": 3}, released_at=AT - DAY),
            release("registers/uwv", "run-2", {"persons": 4, "payroll": 5}),
            release(
                "experiments/ww",
                "run-4",
                {"population": 2, "person_month": 2, "effects": 1},
                job="estimate_effects",
                plan_hash="77aa12bc90de34f1",
            ),
        ),
        effects=(
            {
                "experiment": "ww",
                "data_version": "known-2014-03-31-5c1d2e",
                "plan_hash": "77aa12bc90de34f1",
                "effects": 84,
            },
            {
                "experiment": "www",
                "data_version": "known-2020-01-01-000000",
                "plan_hash": "0000000000000000",
                "effects": 12,
            },
        ),
        data_versions=(
            {
                "scope": "experiments/ww",
                "data_version": "known-2014-03-31-5c1d2e",
                "delivery_id": new["delivery_id"],
            },
            {
                "scope": "experiments/ww",
                "data_version": "known-2014-03-31-5c1d2e",
                "delivery_id": spells["delivery_id"],
            },
        ),
    )
