"""Pseudonyms: against Python's own HMAC, and what names nobody."""

import hashlib
import hmac

import pytest
from pyspark.sql import functions as F

from rctspark.config.mapping import Identifier
from rctspark.errors import IdentityError
from rctspark.sources.identity import (
    attach_pseudonyms,
    identifier_text,
    make_pads,
    masked,
    parity,
)

KEY = b"a key for tests, of 40 bytes, not a secret"
BSN = Identifier(kind="bsn", columns=("BSN",))
RIN = Identifier(kind="rinperson", columns=("S", "RIN"))


def pseudonym(kind: str, text: str, key: bytes = KEY) -> tuple[int, int]:
    """First 63 bits and next 64 bits of the HMAC, the second as a signed number."""
    digest = hmac.new(key, f"{kind}:{text}".encode(), hashlib.sha256).digest()
    bits = int.from_bytes(digest, "big")
    first = bits >> (256 - 63)
    following = (bits >> (256 - 127)) & ((1 << 64) - 1)
    return first, following - (1 << 64) if following >= 1 << 63 else following


@pytest.mark.parametrize("key", [KEY, b"k" * 32, b"long " * 30])
def test_pseudonyms_are_hmac_sha256(spark, key):
    texts = [f"{number:09d}" for number in range(200)]
    rows = spark.createDataFrame([(text,) for text in texts], "t string")
    found = attach_pseudonyms(
        rows, make_pads(spark, key), texts={"id": F.col("t")}, kind={"id": "bsn"}
    ).collect()
    assert {r["t"]: (r["id"], r["id_check"]) for r in found} == {
        text: pseudonym("bsn", text, key) for text in texts
    }
    assert all(r["id"] >= 0 for r in found)


def test_a_short_key_is_refused(spark):
    with pytest.raises(IdentityError, match="5 bytes"):
        make_pads(spark, b"short")


def test_a_person_is_another_in_another_kind(spark):
    rows = spark.createDataFrame([("x",)], "t string")
    found = attach_pseudonyms(
        rows,
        make_pads(spark, KEY),
        texts={"one": F.col("t"), "other": F.col("t")},
        kind={"one": "bsn", "other": "opaque"},
    ).first()
    assert found["one"] != found["other"]


def passes_11_test(digits: str) -> bool:
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(w * int(d) for w, d in zip(weights, digits, strict=True))
    return total % 11 == 0 and int(digits) > 0


def test_a_bsn_has_nine_digits_and_passes_the_11_test(spark):
    cells = ["000000000", "", " 123456782 ", "12345678", "111222333", "1112223333"]
    cells += ["12345678a", "-23456782", "23456782"]
    cells += [str(n) for n in range(900000000, 900000300)]
    cells += [str(n) for n in range(12345600, 12345700)]
    rows = spark.createDataFrame([(c,) for c in cells], "BSN string")
    found = rows.select("BSN", identifier_text(BSN).alias("text")).collect()
    for row in found:
        trimmed = row["BSN"].strip()
        digits = trimmed.zfill(9)
        is_bsn = trimmed.isdigit() and len(digits) == 9 and passes_11_test(digits)
        assert row["text"] == (digits if is_bsn else None), row["BSN"]


def test_a_leading_zero_that_was_lost_names_the_same_person(spark):
    bsn = next(
        f"{n:09d}" for n in range(10000000, 20000000) if passes_11_test(f"{n:09d}")
    )
    rows = spark.createDataFrame([(bsn,), (bsn.lstrip("0"),)], "BSN string")
    assert rows.select(identifier_text(BSN)).distinct().count() == 1


def test_only_r_or_s_with_nine_digits_names_a_person(spark):
    rows = spark.createDataFrame(
        [("R", "000000001"), ("r", "000000002"), ("A", "000000003"), ("S", "4")],
        "S string, RIN string",
    )
    found = [r[0] for r in rows.select(identifier_text(RIN)).collect()]
    assert found == ["R000000001", "R000000002", None, None]


def test_parity_is_that_of_the_last_digit(spark):
    rows = spark.createDataFrame([("123456782",), ("111222333",), (None,)], "t string")
    assert [r[0] for r in rows.select(parity(F.col("t"))).collect()] == [
        "even",
        "odd",
        None,
    ]


def shown(spark, *texts, holds_bsn=True):
    rows = spark.createDataFrame([(text,) for text in texts], "cells string")
    found = rows.select(masked(F.col("cells"), holds_bsn=holds_bsn)).collect()
    return [row[0] for row in found]


def test_a_bsn_is_hidden_wherever_a_row_has_shifted(spark):
    text = "123456782 12345678 20130131 99991231 x123456782y 1234,56 2013-01-31"
    assert shown(spark, text) == ["*** *** 201301** 999912** x***y 1234,56 2013-01-31"]


def test_what_would_be_taken_for_a_bsn_without_its_zeros_is_hidden_and_nothing_else(
    spark,
):
    runs = [*range(1, 1000), *range(12000, 12400), *range(1234000, 1234400)]
    texts = [f'{{"IKVID":"{n}","FROM":"20130131"}}' for n in runs]
    expected = [
        text.replace(f'"{n}"', '"***"') if passes_11_test(f"{n:09d}") else text
        for n, text in zip(runs, texts, strict=True)
    ]
    expected = [text.replace("20130131", "201301**") for text in expected]
    assert shown(spark, *texts) == expected
    assert sum("***" in text for text in expected) > len(runs) / 12


def test_a_short_run_is_hidden_where_it_stands_by_itself(spark):
    lost = "12348"
    assert passes_11_test(lost.zfill(9))
    alone = [lost, f"{lost} {lost}", f"BSN {lost}, see there", f"a\\t{lost}"]
    assert not any(lost in text for text in shown(spark, *alone))
    parts = [f"{lost},50", f"{lost}-01-31", f"J{lost}", f"3.{lost}", f"{lost}x"]
    assert shown(spark, *parts) == parts
    assert shown(spark, lost, holds_bsn=False) == [lost]


def test_leading_zeros_that_are_there_do_not_show_a_bsn_either(spark):
    assert shown(spark, "0012348", "000012348", "0000", "0") == [
        "***",
        "***",
        "0000",
        "0",
    ]
