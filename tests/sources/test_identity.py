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


def test_a_bsn_is_hidden_wherever_a_row_has_shifted(spark):
    text = "123456782 12345678 20130131 99991231 x123456782y 1234,56 2013-01-31"
    rows = spark.createDataFrame([(text,)], "cells string")
    shown = rows.select(masked(F.col("cells"))).first()[0]
    assert shown == "*** *** 201301** 999912** x***y 1234,56 2013-01-31"
