"""Audit what a run has made, and publish all of it or none.

The gate checks what was read back from the candidates; only then does one Delta commit
per table publish it, and one row of `releases` names the versions that belong together.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rctspark.contracts import GATE_RESULTS, RELEASES
from rctspark.errors import RctsparkError
from rctspark.runtime.locks import holding
from rctspark.runtime.releases import release_of, release_row
from rctspark.runtime.together import together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from rctspark.contracts import GateResult, Table
    from rctspark.contracts.operation import Gate
    from rctspark.runtime.commits import Commits
    from rctspark.runtime.releases import Provenance, Release
    from rctspark.runtime.staging import Candidate

    Checked = Sequence[tuple[Candidate, tuple[GateResult, ...]]]


@dataclass(frozen=True, slots=True)
class Publishing:
    """One publisher of a scope at a time.

    Attributes:
        commits: Writes to the tables of the lake.
        wait_seconds: Longest wait for another run that publishes the scope.
        say: Called with a sentence when a run must wait.
    """

    commits: Commits
    wait_seconds: float
    say: Callable[[str], None]

    def publish(
        self,
        scope: str,
        candidates: Sequence[Candidate],
        *,
        provenance: Provenance,
        gate: Gate,
        slices: Mapping[str, Sequence[str]] | None = None,
    ) -> Release:
        """Audit candidates and publish all of them, or none.

        `Store.publish` says what it is given.

        Raises:
            GateError: The data failed; what was published stays as it was.
            BrokenCheckError: A check broke; likewise.
            StoreError: A table could not be written.
        """
        began = time.monotonic()
        found = together(lambda made: gate.check(made.frame, made.table), candidates)
        gate_seconds = round(time.monotonic() - began, 1)
        checked = list(zip(candidates, found, strict=True))
        verdicts = _gate_rows(checked, provenance.run_id)
        record = partial(self.commits.append, scope, GATE_RESULTS, verdicts)
        try:
            for made, results in checked:
                gate.require(results, made.table.name, made.path)
        except RctsparkError:
            with self.lock(scope):
                record()
            raise
        with self.lock(scope):
            row = self._commit_all(scope, candidates, provenance, slices or {}, record)
        return replace(
            release_of(scope, row), rows=_rows_of(checked), gate_seconds=gate_seconds
        )

    def _commit_all(
        self,
        scope: str,
        candidates: Sequence[Candidate],
        provenance: Provenance,
        slices: Mapping[str, Sequence[str]],
        record: Callable[[], None],
    ) -> dict[str, Any]:
        """Commit tables and verdicts; when all stand, the row that names them."""
        commit = partial(self.commits.commit, scope, provenance, slices)
        steps: list[Callable[[], Any]] = [partial(commit, c) for c in candidates]
        steps.append(record)
        committed = together(lambda step: step(), steps)
        names = [f"{scope}/{made.table.name}" for made in candidates]
        made_now = dict(zip(names, committed[:-1], strict=True))
        row = release_row(provenance, dict(provenance.made_from) | made_now)
        self.commits.append(scope, RELEASES, [row])
        return row

    def add(
        self,
        scope: str,
        table: Table,
        decide: Callable[[], Sequence[Mapping[str, Any]]],
    ) -> None:
        """Add rows to a log that are decided while nobody else writes the scope."""
        with self.lock(scope):
            self.commits.append(scope, table, decide())

    def lock(self, scope: str) -> AbstractContextManager[None]:
        """Hold a scope: no other run writes it meanwhile."""
        root = self.commits.lake.root
        return holding(root, scope, self.wait_seconds, self.say)


def _gate_rows(checked: Checked, run_id: str) -> list[dict[str, Any]]:
    now = dt.datetime.now(dt.UTC)
    return [
        _gate_row(result, made, run_id, now)
        for made, results in checked
        for result in results
    ]


def _rows_of(checked: Checked) -> dict[str, int]:
    return {
        made.table.name: max(result.rows_checked for result in results)
        for made, results in checked
    }


def _gate_row(
    result: GateResult, made: Candidate, run_id: str, now: dt.datetime
) -> dict[str, Any]:
    return asdict(result) | {
        "run_id": run_id,
        "table": made.table.name,
        "candidate": made.path,
        "checked_at": now,
    }
