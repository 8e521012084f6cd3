"""Promises: what a contract says of every row, and that its key names one row.

A gate may run Spark jobs; it never changes a row and never says what a row holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from rctspark.contracts import GateResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from rctspark.contracts import Promise, Table
    from rctspark.contracts.operation import Verdict

OWNER = "rctspark"
SPARK_ERRORS = (PySparkException, Py4JError)

# Up to 128 groups per task Spark keeps lists in memory without sorting the rows.
MOST_BUCKETS = 120
ROWS_PER_BUCKET = 50_000
# 120 lists of half a million hashes; beyond, rows are grouped, which can spill.
MOST_ROWS_IN_LISTS = 64_000_000


def check_promises(frame: DataFrame, table: Table) -> tuple[GateResult, ...]:
    """Check every promise of a contract.

    One pass counts the rows and the breaches of all promises; one more proves that
    the key is unique. A promise that comes out null breaks nothing: presence is a
    promise of its own.

    Args:
        frame: Rows to check, as written and read back.
        table: The contract.

    Returns:
        One result per promise and one for the key (`<table>.key`, `rows_broken`:
        rows that share their key with another row). `BROKEN` where Spark could not
        evaluate the rule: the reason names the kind of error, never a value.
    """
    try:
        rows, breaches = _count_breaches(frame, table.promises)
    except SPARK_ERRORS:
        one_by_one = tuple(_check_alone(frame, table, p) for p in table.promises)
        return (_check_key(frame, table, None), *one_by_one)
    counted = tuple(
        _counted(p, _why(table, p), rows, broken)
        for p, broken in zip(table.promises, breaches, strict=True)
    )
    return (_check_key(frame, table, rows), *counted)


def _count_breaches(
    frame: DataFrame, promises: Sequence[Promise]
) -> tuple[int, list[int]]:
    breaches = [F.count(F.when(~F.expr(p.holds), F.lit(1))) for p in promises]
    counted = frame.agg(F.count(F.lit(1)), *breaches).collect()[0]
    return int(counted[0]), [int(n) for n in counted[1:]]


def _check_alone(frame: DataFrame, table: Table, promise: Promise) -> GateResult:
    why = _why(table, promise)
    try:
        rows, (broken,) = _count_breaches(frame, [promise])
    except SPARK_ERRORS as error:
        return _unknown(promise.id, promise.words, why, error)
    return _counted(promise, why, rows, broken)


def _check_key(frame: DataFrame, table: Table, rows: int | None) -> GateResult:
    rule, words = f"{table.name}.key", f"{' + '.join(table.key)} names one row"
    why = f"The grain of {table.name}: {table.grain}."
    try:
        known = frame.count() if rows is None else rows
        sharing = count_rows_sharing_a_key(frame, table.key, rows=known)
    except SPARK_ERRORS as error:
        return _unknown(rule, words, why, error)
    return _result(rule, words, why, (_verdict(sharing), known, sharing))


def count_rows_sharing_a_key(frame: DataFrame, key: Sequence[str], *, rows: int) -> int:
    """Count the rows whose key another row has too.

    Equal keys have equal hashes, so no repeated 8-byte hash proves that no key
    repeats. Only where a hash repeats are keys themselves compared, and only those
    of the rows concerned: two keys on one hash are no breach. Nulls are a value.

    Args:
        frame: The rows.
        key: Columns that should name a row.
        rows: How many rows there are.

    Returns:
        Rows that share their key; 0: the key is unique.
    """
    if not _has_repeated_hash(frame.select(F.xxhash64(*key).alias("key_hash")), rows):
        return 0
    hashed = frame.select(*key, F.xxhash64(*key).alias("key_hash"))
    repeated = hashed.groupBy("key_hash").count().where("count > 1")
    suspects = hashed.join(repeated, on="key_hash", how="left_semi")
    shared = suspects.groupBy(*key).count().where("count > 1")
    return int(shared.agg(F.coalesce(F.sum("count"), F.lit(0))).collect()[0][0])


def _has_repeated_hash(hashes: DataFrame, rows: int) -> bool:
    if rows > MOST_ROWS_IN_LISTS:
        grouped = hashes.groupBy("key_hash").count()
        return not grouped.where("count > 1").isEmpty()
    # Lists of hashes move a third of the bytes that grouped rows would.
    buckets = min(MOST_BUCKETS, 1 + rows // ROWS_PER_BUCKET)
    bucket = F.pmod("key_hash", F.lit(buckets)).alias("bucket")
    lists = hashes.groupBy(bucket).agg(F.collect_list("key_hash").alias("listed"))
    repeats = F.size("listed") - F.size(F.array_distinct("listed"))
    return bool(lists.agg(F.max(repeats)).collect()[0][0])


def _why(table: Table, promise: Promise) -> str:
    """Say why a promise is there: the column's meaning, or the grain of the table."""
    _, *rest = promise.id.split(".")
    if len(rest) > 1 and rest[0] in table.names:
        return f"{rest[0]}: {table[rest[0]].meaning}"
    return f"The contract of {table.name}: {table.grain}."


def _verdict(broken: int) -> Verdict:
    return "FAIL" if broken else "PASS"


def _counted(promise: Promise, why: str, rows: int, broken: int) -> GateResult:
    outcome = (_verdict(broken), rows, broken)
    return _result(promise.id, promise.words, why, outcome)


def _unknown(rule: str, words: str, why: str, error: Exception) -> GateResult:
    reason = f"{why} The check stopped: {name_error(error)}."
    return _result(rule, words, reason, ("BROKEN", 0, -1))


def _result(
    rule: str, words: str, reason: str, outcome: tuple[Verdict, int, int]
) -> GateResult:
    verdict, rows_checked, rows_broken = outcome
    return GateResult(
        rule_id=rule,
        kind="promise",
        words=words,
        reason=reason,
        owner=OWNER,
        severity="stop",
        verdict=verdict,
        rows_checked=rows_checked,
        rows_broken=rows_broken,
    )


def name_error(error: Exception) -> str:
    """Name the kind of an error without its text, which may quote a row.

    Args:
        error: What Spark raised.

    Returns:
        Spark's name for the condition (`CAST_INVALID_INPUT`), or the class.
    """
    condition = error.getCondition() if isinstance(error, PySparkException) else None
    return condition or type(error).__name__
