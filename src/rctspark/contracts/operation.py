"""What a run leaves about itself: what was checked, what belongs together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rctspark.contracts.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import DataFrame

    from rctspark.contracts.duration_tables import DurationEstimate
    from rctspark.contracts.registration import Mark
    from rctspark.contracts.results import Effect

Severity = Literal["stop", "warn"]
Verdict = Literal["PASS", "FAIL", "BROKEN"]


@dataclass(frozen=True, slots=True)
class GateResult:
    """One rule, evaluated on one candidate.

    Attributes:
        rule_id: Stable name of the rule.
        kind: `promise` (of a contract) or `belief` (of an expectation suite).
        words: The rule as a sentence.
        reason: Why the rule is there.
        owner: Who answers for it.
        severity: What a breach does: `stop` the publication or `warn`.
        verdict: `PASS`, `FAIL`, or `BROKEN`: the check itself failed.
        rows_checked: Rows looked at.
        rows_broken: Rows that break it; -1 where a rule is not about single rows.
    """

    rule_id: str
    kind: Literal["promise", "belief"]
    words: str
    reason: str
    owner: str
    severity: Severity
    verdict: Verdict
    rows_checked: int
    rows_broken: int


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands between a candidate and its publication.

    Attributes:
        check: Evaluates every rule on the rows; never raises because the data fail.
        require: Raises if results forbid publication; told the table and where the
            candidate can be looked at.
    """

    check: Callable[[DataFrame, Table], tuple[GateResult, ...]]
    require: Callable[[tuple[GateResult, ...], str, str], None]


@dataclass(frozen=True, slots=True)
class Linking:
    """How rows of another identifier kind are joined to the experiment's persons.

    Attributes:
        newest: Keeps the newest link of each person of another kind; takes
            PERSON_LINKS and DELIVERIES, returns PERSON_LINKS.
        attach: Names the persons of rows by links; takes rows and links.
    """

    newest: Callable[[DataFrame, DataFrame], DataFrame]
    attach: Callable[[DataFrame, DataFrame], DataFrame]


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One version of a table that an analysis read.

    Attributes:
        name: Name of the table.
        path: Where its files lie.
        version: Delta version.
    """

    name: str
    path: str
    version: int


@dataclass(frozen=True, slots=True)
class AnalysisRecord:
    """What an analysis rests on, for whoever finds its results later.

    Attributes:
        run_id: Run that estimated the effects.
        data_version: Named set of deliveries.
        code_version: Version and digest of the package.
        inputs: Digest of all that the effects were made from.
        n_per_arm: Persons enrolled by arm, in the order of the plan.
        is_synthetic: Whether a delivery behind it says that it is made up.
        tables: The tables that were read.
        registration: How the plan stood to the registered ones.
        not_estimated: What the plan asks for and was not estimated, and why.
        weights: Name to a number about weights to the target, as it may leave.
    """

    run_id: str
    data_version: str
    code_version: str
    inputs: str
    n_per_arm: Mapping[str, int]
    is_synthetic: bool
    tables: tuple[TableVersion, ...] = ()
    registration: Mark = "unregistered"
    not_estimated: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrackedResults:
    """What an analysis found and may leave: it has passed disclosure control.

    Attributes:
        effects: Effects.
        durations: Duration of the plan to its tests, contrasts and coefficients.
        n_withheld: Effects that were estimated besides and stay inside.
    """

    effects: tuple[Effect, ...]
    durations: Mapping[str, tuple[DurationEstimate, ...]] = field(default_factory=dict)
    n_withheld: int = 0


GATE_RESULTS = Table(
    name="gate_results",
    grain="one row per run, table and rule",
    key=("run_id", "table", "rule_id"),
    columns=(
        Column("run_id", "string", "Run that wrote the candidate."),
        Column("table", "string", "Table that the candidate was written for."),
        Column("candidate", "string", "Where the candidate lies, below the lake."),
        Column("checked_at", "timestamp", "Moment of the check (UTC)."),
        Column("rule_id", "string", "Stable name of the rule."),
        Column("kind", "string", "Kind of rule.", allowed=("promise", "belief")),
        Column("words", "string", "The rule as a sentence."),
        Column("reason", "string", "Why the rule is there."),
        Column("owner", "string", "Who answers for it."),
        Column("severity", "string", "What a breach does.", allowed=("stop", "warn")),
        Column("verdict", "string", "Outcome.", allowed=("PASS", "FAIL", "BROKEN")),
        Column("rows_checked", "bigint", "Rows looked at.", "rows"),
        Column(
            "rows_broken",
            "bigint",
            "Rows that break it; -1 where the rule is not about single rows.",
            "rows",
        ),
    ),
    is_log=True,
)

RELEASES = Table(
    name="releases",
    grain="one row per set of table versions that belong together",
    key=("run_id",),
    columns=(
        Column("run_id", "string", "Run that published the set."),
        Column("job", "string", "Job that published the set."),
        Column("released_at", "timestamp", "Moment of the release (UTC)."),
        Column("data_version", "string", "Named set of deliveries."),
        Column("plan_hash", "string", "Digest of the plan.", null_means="no plan"),
        Column("code_version", "string", "Version and digest of the package."),
        Column("inputs", "string", "Digest of all that the set was made from."),
        Column("versions", "map<string,bigint>", "Table to Delta version."),
        Column(
            "registered_hash",
            "string",
            "Digest of the plan registered last when outcomes were analysed.",
            null_means="no plan was registered, or the job analyses no outcomes",
        ),
    ),
    is_log=True,
)
