"""Pseudonyms: who a row is about, without saying who that is.

The pseudonym of a person is HMAC-SHA-256 (RFC 2104, FIPS 198-1) over the kind of
identifier and the identifier. Its first 63 bits are `person_id`; the next 64 bits are
kept apart, so that two persons who share a `person_id` are found and refused. The key
reaches Spark as rows of a table, never as a literal of a plan: plans are logged.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from rctspark.errors import IdentityError
from rctspark.sources.raw import ROW_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame, SparkSession

    from rctspark.config.mapping import Identifier

BLOCK_BYTES = 64
INNER, OUTER = 0x36, 0x5C
BSN_DIGITS = 9
BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
MODULUS = 11
SHORTEST_KEY = 32
DATE_LIKE = r"(?<!\d)((?:19|20)\d\d(?:0\d|1[0-2])|999912)[0-3]\d(?!\d)"
# In JSON a tab or the end of a line is a backslash and a letter.
ALONE = r"(?:(?<![\w*])|(?<=\\[nrt]))(?<!\d[-.,:/])"
END = r"(?![\w*])(?![-.,:/]\d)"
HIDDEN = "***"
RINPERSOON_PATTERN = r"^\d{9}$"


def make_pads(spark: SparkSession, key: bytes) -> DataFrame:
    """Turn the key of the pseudonyms into the two pads of HMAC.

    Args:
        spark: The session.
        key: At least 32 bytes.

    Returns:
        One row: `_inner` and `_outer`, 64 bytes each.

    Raises:
        IdentityError: The key is too short.
    """
    if len(key) < SHORTEST_KEY:
        raise IdentityError(
            f"The key of the pseudonyms has {len(key)} bytes and needs at least "
            f"{SHORTEST_KEY}: make one with `make key`."
        )
    block = key if len(key) <= BLOCK_BYTES else hashlib.sha256(key).digest()
    block = block.ljust(BLOCK_BYTES, b"\0")
    inner = bytes(byte ^ INNER for byte in block)
    outer = bytes(byte ^ OUTER for byte in block)
    # From Arrow, so that no Python worker has to hand out the row again and again.
    return spark.createDataFrame(pa.table({"_inner": [inner], "_outer": [outer]}))


def identifier_text(identifier: Identifier) -> Column:
    """Return the identifier in its canonical form; null where it is none.

    Args:
        identifier: Kind and columns.

    Returns:
        A text column: `bsn` 9 digits that pass the 11-test; `rinperson` R or S and 9
        digits; `opaque` the trimmed text, or the row number.
    """
    if identifier.kind == "bsn":
        return _bsn(F.trim(F.col(f"`{identifier.columns[0]}`")))
    if identifier.kind == "rinperson":
        kind, number = (F.trim(F.col(f"`{name}`")) for name in identifier.columns)
        names_a_person = F.upper(kind).isin("R", "S") & number.rlike(RINPERSOON_PATTERN)
        return F.when(names_a_person, F.concat(F.upper(kind), number))
    if identifier.columns:
        text = F.trim(F.col(f"`{identifier.columns[0]}`"))
        return F.when(text != "", text)
    return F.col(ROW_NUMBER).cast("string")


def identifier_fault(identifier: Identifier) -> str:
    """Return the reason given when a row names no person."""
    return {
        "bsn": "the identifier is no BSN (9 digits, 11-test)",
        "rinperson": "the identifier names no person (RINPERSOONS R or S, 9 digits)",
        "opaque": "the identifier is empty",
    }[identifier.kind]


def parity(text: Column) -> Column:
    """Return `even` or `odd` by the last digit of a BSN."""
    is_even = F.right(text, F.lit(1)).isin("0", "2", "4", "6", "8")
    return F.when(text.isNull(), None).when(is_even, "even").otherwise("odd")


def attach_pseudonyms(
    rows: DataFrame,
    pads: DataFrame,
    *,
    texts: dict[str, Column],
    kind: Mapping[str, str],
) -> DataFrame:
    """Add pseudonyms of one or more identifiers.

    Args:
        rows: Any rows with the columns that `texts` reads.
        pads: The one row of `make_pads`.
        texts: Name of the new column to the canonical identifier.
        kind: Name of the new column to the kind of identifier.

    Returns:
        The same rows; per name, `<name>` (bigint, 63 bits) and `<name>_check`
        (bigint, the next 64 bits); null where the identifier is null.
    """
    keyed = rows.crossJoin(F.broadcast(pads))
    for name, text in texts.items():
        message = F.encode(F.concat(F.lit(f"{kind[name]}:"), text), "UTF-8")
        inner = F.unhex(F.sha2(F.concat("_inner", message), 256))
        keyed = keyed.withColumn("_hash", F.sha2(F.concat("_outer", inner), 256))
        first, second = _word(1), _word(2)
        low_bit = F.shiftleft(first.bitwiseAND(F.lit(1)), 63)
        next_bits = F.shiftrightunsigned(second, 1)
        keyed = keyed.withColumns(
            {
                name: F.shiftrightunsigned(first, 1),
                f"{name}_check": low_bit.bitwiseOR(next_bits),
            }
        )
    return keyed.drop("_hash", "_inner", "_outer")


def _word(number: int) -> Column:
    """Return the n-th 64 bits of the digest as a bigint, the first bit its sign."""
    digits = F.substring("_hash", 16 * number - 15, 16)
    return F.conv(digits, 16, -10).cast("bigint")


def _bsn(trimmed: Column) -> Column:
    digits = F.when(trimmed.rlike(r"^\d{1,9}$"), F.lpad(trimmed, BSN_DIGITS, "0"))
    number = digits.cast("int")
    total = F.lit(0)
    for place, weight in enumerate(reversed(BSN_WEIGHTS)):
        digit = F.call_function("div", number, F.lit(10**place)) % 10
        total = total + digit * weight
    passes = (total % MODULUS == 0) & (digits != "0" * BSN_DIGITS)
    return F.when(passes, digits)


def masked(text: Column, *, holds_bsn: bool) -> Column:
    """Hide what may be a BSN in delivered text.

    A row whose columns have shifted can hold a BSN anywhere. Runs of eight digits or
    more are hidden; eight digits that read as a date keep year and month. A shorter
    run is hidden where it would be taken for a BSN that lost leading zeros: it stands
    by itself, not in a word, a date or a number with a decimal mark, and passes the
    11-test once the zeros are put back, as one in eleven does.

    Args:
        text: Any text.
        holds_bsn: Whether the file names persons by BSN; else short runs are shown.

    Returns:
        The text with every such run replaced.
    """
    long_hidden = F.regexp_replace(
        F.regexp_replace(text, DATE_LIKE, "$1**"), r"\d{8,}", HIDDEN
    )
    if not holds_bsn:
        return long_hidden
    runs = F.regexp_extract_all(long_hidden, F.lit(rf"{ALONE}(\d{{1,7}}){END}"), 1)
    found = F.filter(F.array_distinct(runs), lambda run: _bsn(run).isNotNull())
    return F.aggregate(found, long_hidden, _hide)


def _hide(text: Column, run: Column) -> Column:
    whole = F.concat(F.lit(ALONE), run, F.lit(END))
    return F.regexp_replace(text, whole, F.lit(HIDDEN))
