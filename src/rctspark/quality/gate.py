"""The gate: what a candidate must pass before its table is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.contracts.operation import Gate
from rctspark.errors import BrokenCheckError, GateError
from rctspark.quality.beliefs import check_beliefs, start_importing
from rctspark.quality.promises import check_promises
from rctspark.quality.suites import read_suites

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pyspark.sql import DataFrame

    from rctspark.contracts import GateResult, Table


def make_gate(expectations: Path) -> Gate:
    """Return the gate that checks promises and beliefs.

    The suites are read at once, so that a fault in one stops a run before it has
    computed anything. Nothing is cached: hand the gate the candidate read back, not
    a plan that would run again for each check.

    Args:
        expectations: Folder with one suite per table.

    Returns:
        The gate: its `check` raises neither because the data fail nor because a
        rule can't be evaluated; its `require` is `require_passed`.

    Raises:
        ConfigError: A suite can't be used; the message lists all faults.
    """
    suites = read_suites(expectations)
    start_importing()

    def check(frame: DataFrame, table: Table) -> tuple[GateResult, ...]:
        beliefs = suites.get(table.name, ())
        return (*check_promises(frame, table), *check_beliefs(frame, table, beliefs))

    return Gate(check=check, require=require_passed)


def require_passed(results: Sequence[GateResult], table: str, candidate: str) -> None:
    """Stop a publication unless its candidate passed.

    Args:
        results: What the gate found.
        table: Table that the candidate was written for.
        candidate: Where the candidate lies.

    Raises:
        BrokenCheckError: A check broke, whatever its severity: nothing is known.
        GateError: No check broke, but a rule of severity `stop` failed.
    """
    broke = [r for r in results if r.verdict == "BROKEN"]
    failed = [r for r in results if r.verdict == "FAIL" and r.severity == "stop"]
    if not results:
        raise BrokenCheckError(
            f"{table}: the gate reported no rule at all, so nothing is known.\n"
            f"{_what_next(table, candidate)}"
        )
    if broke:
        also = f"\nRows breaking the rules that could be checked:\n{_rows(failed)}"
        raise BrokenCheckError(
            f"{table}: {len(broke)} of {len(results)} checks broke, so nothing is "
            f"known about these rules:\n{_reasons(broke)}{also if failed else ''}\n"
            f"{_what_next(table, candidate)}"
        )
    if failed:
        raise GateError(
            f"{table} breaks {len(failed)} of {len(results)} rules.\n"
            f"Rows breaking each rule:\n{_rows(failed)}\n"
            f"{_what_next(table, candidate)}{_advice(failed, table)}"
        )


def _rows(results: Iterable[GateResult]) -> str:
    return "\n".join(
        f"  {_count(r.rows_broken)}  {r.words} ({r.rule_id})" for r in results
    )


def _count(rows: int) -> str:
    return f"{rows:>12,}" if rows >= 0 else f"{'whole table':>12}"


def _reasons(results: Iterable[GateResult]) -> str:
    return "\n".join(f"  - {r.words} ({r.rule_id}): {r.reason}" for r in results)


def _what_next(table: str, candidate: str) -> str:
    return (
        f"The published {table} is unchanged. The candidate can be looked at, by "
        f"those who may see its rows, in {candidate}."
    )


def _advice(failed: Iterable[GateResult], table: str) -> str:
    if not any(r.rule_id == f"{table}.key" for r in failed):
        return ""
    return (
        " If the key repeats, look for a join whose right-hand side is not unique "
        "on the join key."
    )
