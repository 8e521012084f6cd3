"""Suites: what people believe of the data, read from `expectations/<table>.json`.

A suite is a file of Great Expectations, written and reviewed by people. It is read
here without Great Expectations, and refused where a rule lacks a reason or would let
a value out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rctspark.contracts import TABLES
from rctspark.errors import ConfigError, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rctspark.contracts import Table
    from rctspark.contracts.operation import Severity

# Types that count rows, and the arguments they may have. None of them puts a value
# in its result; minima, maxima, means and most common values do.
_ROWS = frozenset({"row_condition", "condition_parser"})
_VALUES = _ROWS | {"column", "mostly"}
ARGUMENTS = {
    "expect_column_values_to_be_between": _VALUES
    | {"min_value", "max_value", "strict_min", "strict_max"},
    "expect_column_values_to_be_in_set": _VALUES | {"value_set"},
    "expect_column_values_to_not_be_in_set": _VALUES | {"value_set"},
    "expect_column_values_to_not_be_null": _VALUES,
    "expect_column_pair_values_a_to_be_greater_than_b": _ROWS
    | {"column_A", "column_B", "or_equal", "ignore_row_if", "mostly"},
    "expect_table_row_count_to_be_between": _ROWS | {"min_value", "max_value"},
}
COLUMN_ARGUMENTS = ("column", "column_A", "column_B")
SAID = ("id", "words", "reason", "owner", "severity")
SEVERITIES = ("stop", "warn")


@dataclass(frozen=True, slots=True)
class Belief:
    """One rule of a suite.

    Attributes:
        id: Stable name: `<table>.<what>`.
        words: The rule as a sentence.
        reason: Why the rule is there.
        owner: Who answers for it.
        severity: What a breach does: `stop` the publication or `warn`.
        type: Expectation type of Great Expectations.
        kwargs: Its arguments.
        minimum_rows: Fewest values on which it can fail: a share of two rows says
            nothing. 0: always.
    """

    id: str
    words: str
    reason: str
    owner: str
    severity: Severity
    type: str
    kwargs: Mapping[str, object]
    minimum_rows: int = 0


def read_suites(folder: Path) -> dict[str, tuple[Belief, ...]]:
    """Read every suite of a folder.

    Args:
        folder: Holds `<table>.json`, one file a table; a table may have none.

    Returns:
        Table to its beliefs, in the order of the file.

    Raises:
        ConfigError: The folder is missing or a suite has faults: all are listed.
    """
    if not folder.is_dir():
        raise ConfigError(f"There is no folder {folder} with expectation suites.")
    suites: dict[str, tuple[Belief, ...]] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.json")):
        rules, wrong = _parse(path)
        faults += [f"{path.name}: {fault}" for fault in wrong]
        suites[path.stem] = () if wrong else tuple(_belief(r) for r in rules)
    if faults:
        raise ConfigError(f"Suites in {folder} have faults:\n{listed(faults)}")
    return suites


def _parse(path: Path) -> tuple[list[dict[str, object]], list[str]]:
    if path.stem not in TABLES:
        return [], ["there is no table of this name"]
    try:
        suite = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as broken:
        return [], [f"not readable as JSON ({type(broken).__name__})"]
    rules = suite.get("expectations") if isinstance(suite, dict) else None
    if not isinstance(rules, list) or not all(isinstance(r, dict) for r in rules):
        return [], ["`expectations` is not a list of rules"]
    faults = [] if suite.get("name") == path.stem else ["its name is not its file's"]
    for at, rule in enumerate(rules, start=1):
        said = rule.get("meta") or {}
        faults += [
            f"rule {at} ({said.get('id', 'no id')}): {fault}"
            for fault in _faults(rule, TABLES[path.stem])
        ]
    ids = [(rule.get("meta") or {}).get("id") for rule in rules]
    repeated = {str(i) for i in ids if ids.count(i) > 1}
    return rules, faults + [f"id {i} is used twice" for i in sorted(repeated)]


def _faults(rule: Mapping[str, object], table: Table) -> Iterator[str]:
    said = cast("Mapping[str, object]", rule.get("meta") or {})
    kwargs = cast("Mapping[str, object]", rule.get("kwargs") or {})
    missing = [name for name in SAID if not said.get(name)]
    if missing:
        yield f"meta lacks {', '.join(missing)}"
    if said.get("severity", "stop") not in SEVERITIES:
        yield f"severity is none of {', '.join(SEVERITIES)}"
    if not str(said.get("id", "")).startswith(f"{table.name}."):
        yield f"the id does not begin with '{table.name}.'"
    taken = {p.id for p in table.promises} | {f"{table.name}.key"}
    if said.get("id") in taken:
        yield "the contract promises this already"
    if type(said.get("minimum_rows", 0)) is not int:
        yield "minimum_rows is not a whole number"
    yield from _call_faults(str(rule.get("type")), kwargs, table)


def _call_faults(
    type_: str, kwargs: Mapping[str, object], table: Table
) -> Iterator[str]:
    if type_ not in ARGUMENTS:
        yield f"{type_} is not among the types that show no value"
        return
    unknown = set(kwargs) - ARGUMENTS[type_]
    if unknown:
        yield f"arguments that are not allowed: {', '.join(sorted(unknown))}"
    for argument in COLUMN_ARGUMENTS:
        if argument in kwargs and kwargs[argument] not in table.names:
            yield f"{table.name} has no column {kwargs[argument]}"
    if any(a in ARGUMENTS[type_] and a not in kwargs for a in COLUMN_ARGUMENTS):
        yield "it names no column"


def _belief(rule: Mapping[str, object]) -> Belief:
    said = cast("Mapping[str, object]", rule["meta"])
    return Belief(
        id=str(said["id"]),
        words=str(said["words"]),
        reason=str(said["reason"]),
        owner=str(said["owner"]),
        severity=cast("Severity", said["severity"]),
        type=str(rule["type"]),
        kwargs=cast("Mapping[str, object]", rule["kwargs"]),
        minimum_rows=cast("int", said.get("minimum_rows", 0)),
    )
