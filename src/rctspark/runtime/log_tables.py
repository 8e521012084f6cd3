"""Tables that only grow, and are small enough for the driver."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

    from rctspark.contracts import Table
    from rctspark.runtime.lake import Lake


@dataclass(frozen=True, slots=True)
class LogTables:
    """The log tables of a lake.

    A version of a log never changes, so the rows of one are collected once.

    Attributes:
        lake: The lake.
    """

    lake: Lake
    _collected: dict[tuple[str, int], tuple[dict[str, Any], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def rows(self, scope: str, table: Table) -> tuple[dict[str, Any], ...]:
        """Return all rows; none where nothing was logged yet. Moments are in UTC."""
        path = self.lake.path(scope, table)
        commits = self.lake.commits(path)
        if not commits:
            return ()
        version = max(commits)
        if (path, version) not in self._collected:
            found = self.lake.load(path, table, version).collect()
            self._collected[path, version] = tuple(_plain(row) for row in found)
        return self._collected[path, version]

    def read(self, scope: str, table: Table) -> DataFrame:
        """Read all rows, lazily; empty where nothing was logged yet."""
        path = self.lake.path(scope, table)
        if not self.lake.exists(path):
            return self.lake.rows(table, ())
        return self.lake.load(path, table)


def _plain(row: Row) -> dict[str, Any]:
    """Turn a row into a mapping whose moments say that they are UTC."""
    return {
        name: value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
        for name, value in row.asDict().items()
    }
