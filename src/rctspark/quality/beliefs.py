"""Beliefs: what the data usually look like, checked with Great Expectations.

Only counts leave this module. What Great Expectations returns besides, and the text
of any error, is dropped unread: both can quote a row.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctspark.contracts import GateResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame

    from rctspark.contracts import Table
    from rctspark.contracts.operation import Verdict
    from rctspark.quality.suites import Belief

# Great Expectations keeps one context for the whole process.
ONE_AT_A_TIME = threading.RLock()
# The default format lists values of rows, and the index of the rows besides.
RESULT_FORMAT = {
    "result_format": "SUMMARY",
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
}
ROW_COUNT = "expect_table_row_count_to_be_between"
NEVER = logging.CRITICAL + 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is kept of one evaluated expectation.

    Attributes:
        rule_id: Id in the expectation's meta; empty: it had none.
        success: Whether Great Expectations calls it met.
        raised: Whether it raised, or returned no count: then nothing is known.
        rows_checked: Values looked at.
        rows_broken: Values that break it; -1 where it is about the table.
    """

    rule_id: str
    success: bool
    raised: bool
    rows_checked: int
    rows_broken: int


def check_beliefs(
    frame: DataFrame, table: Table, beliefs: Sequence[Belief]
) -> tuple[GateResult, ...]:
    """Check what people believe of a table.

    Args:
        frame: Rows to check, as written and read back.
        table: The contract.
        beliefs: The table's suite; empty: nothing is imported or run.

    Returns:
        One result per belief, in the order of the suite, and one more if Great
        Expectations reports a rule that nobody declared. `BROKEN` where a rule
        raised or was left out. On an empty table every share is met.
    """
    if not beliefs:
        return ()
    try:
        outcomes = _evaluate(frame, beliefs)
    except Exception as error:  # noqa: BLE001 (whatever it is, its text quotes rows)
        return judge(table.name, beliefs, (), because=type(error).__name__)
    return judge(table.name, beliefs, outcomes)


def judge(
    table: str,
    beliefs: Sequence[Belief],
    outcomes: Sequence[Outcome],
    *,
    because: str = "it was not reported",
) -> tuple[GateResult, ...]:
    """Turn outcomes into results: declared, evaluated and reported must be one.

    Args:
        table: Name of the table.
        beliefs: What was declared.
        outcomes: What was reported, in any order.
        because: Why a rule without an outcome has none.

    Returns:
        One result per belief, and `<table>.undeclared` if an outcome belongs to none.
    """
    reported: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        reported.setdefault(outcome.rule_id, []).append(outcome)
    results = [_judge_one(b, reported.pop(b.id, []), because) for b in beliefs]
    return (*results, *_undeclared(table, len(reported)))


def _judge_one(belief: Belief, found: list[Outcome], because: str) -> GateResult:
    if len(found) != 1:
        why = because if not found else f"it was reported {len(found)} times"
        return _result(belief, "BROKEN", (0, -1), f" The check stopped: {why}.")
    outcome = found[0]
    if outcome.raised:
        return _result(belief, "BROKEN", (0, -1), " The check stopped: it raised.")
    is_met = outcome.success or outcome.rows_checked < belief.minimum_rows
    counts = (outcome.rows_checked, outcome.rows_broken)
    return _result(belief, "PASS" if is_met else "FAIL", counts)


def _result(
    belief: Belief, verdict: Verdict, counts: tuple[int, int], note: str = ""
) -> GateResult:
    return GateResult(
        rule_id=belief.id,
        kind="belief",
        words=belief.words,
        reason=belief.reason + note,
        owner=belief.owner,
        severity=belief.severity,
        verdict=verdict,
        rows_checked=counts[0],
        rows_broken=counts[1],
    )


def _undeclared(table: str, n: int) -> tuple[GateResult, ...]:
    if not n:
        return ()
    return (
        GateResult(
            rule_id=f"{table}.undeclared",
            kind="belief",
            words="every rule reported is a rule of the suite",
            reason=f"{n} rules were reported that nobody declared.",
            owner="rctspark",
            severity="stop",
            verdict="BROKEN",
            rows_checked=0,
            rows_broken=-1,
        ),
    )


def start_importing() -> None:
    """Import Great Expectations beside what Spark does: it takes ten seconds."""
    threading.Thread(target=_import, daemon=True).start()


def _import() -> None:
    with ONE_AT_A_TIME:
        import great_expectations  # noqa: F401, PLC0415


def _evaluate(frame: DataFrame, beliefs: Sequence[Belief]) -> list[Outcome]:
    with ONE_AT_A_TIME:
        return _evaluate_alone(frame, beliefs)


def _evaluate_alone(frame: DataFrame, beliefs: Sequence[Belief]) -> list[Outcome]:
    validated = _batch(frame).validate(_suite(beliefs), result_format=RESULT_FORMAT)
    return [_outcome(evaluated) for evaluated in validated.results]


def _batch(frame: DataFrame) -> Any:  # noqa: ANN401 (its types are not exported)
    import great_expectations as gx  # noqa: PLC0415 (ten seconds)
    from great_expectations.data_context.types.base import (  # noqa: PLC0415
        ProgressBarsConfig,
    )

    logging.getLogger("great_expectations").setLevel(NEVER)
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # persist=True, the default, would cache the table and leave it cached.
    source = context.data_sources.add_spark(name="candidate", persist=False)
    asset = source.add_dataframe_asset(name="candidate")
    batches = asset.add_batch_definition_whole_dataframe("candidate")
    return batches.get_batch(batch_parameters={"dataframe": frame})


def _suite(beliefs: Sequence[Belief]) -> Any:  # noqa: ANN401 (see above)
    from great_expectations.core.expectation_suite import (  # noqa: PLC0415
        ExpectationSuite,
    )
    from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415
        ExpectationConfiguration,
    )

    rules = [
        ExpectationConfiguration(type=b.type, kwargs=dict(b.kwargs), meta={"id": b.id})
        for b in beliefs
    ]
    return ExpectationSuite(name="beliefs", expectations=rules)


def _outcome(evaluated: Any) -> Outcome:  # noqa: ANN401 (see above)
    rule = evaluated.expectation_config
    shown: Mapping[str, Any] = evaluated.result or {}
    is_about_the_table = rule.type == ROW_COUNT
    rows = shown.get("observed_value" if is_about_the_table else "element_count")
    broken = -1 if is_about_the_table else shown.get("unexpected_count")
    if rows == 0 and broken is None:  # a sum over no rows
        broken = 0
    has_raised = _has_raised(evaluated.exception_info or {})
    if not (isinstance(rows, int) and isinstance(broken, int)):
        rows, broken, has_raised = 0, -1, True
    return Outcome(
        rule_id=str((rule.meta or {}).get("id", "")),
        success=bool(evaluated.success),
        raised=has_raised,
        rows_checked=rows - int(shown.get("missing_count") or 0),
        rows_broken=broken,
    )


def _has_raised(info: Mapping[str, Any]) -> bool:
    """Tell a raised rule: the flag stands at the top, or once per metric below it."""
    parts = [info, *(part for part in info.values() if isinstance(part, dict))]
    return any(bool(part.get("raised_exception")) for part in parts)
