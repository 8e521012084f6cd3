"""One Delta commit per table: how rows get into a table that others see."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from rctspark.errors import StoreError
from rctspark.runtime.causes import SPARK_ERRORS, failed_write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, DataFrameWriter

    from rctspark.contracts import Table
    from rctspark.runtime.lake import Lake
    from rctspark.runtime.releases import Provenance
    from rctspark.runtime.staging import Candidate


@dataclass(frozen=True, slots=True)
class Commits:
    """Writes to the tables of a lake.

    Attributes:
        lake: The lake.
        retention_days: How long the versions of a table are kept.
    """

    lake: Lake
    retention_days: int

    def commit(
        self,
        scope: str,
        provenance: Provenance,
        slices: Mapping[str, Sequence[str]],
        made: Candidate,
    ) -> int:
        """Publish a candidate: the whole table, or the slices that a run replaces.

        Args:
            scope: Folder of the lake.
            provenance: What it was made from; the commit carries it.
            slices: Column of `slice_by` to the values that are replaced.
            made: The candidate.

        Returns:
            The table's version.

        Raises:
            StoreError: It could not be written.
        """
        table, path = made.table, self.lake.path(scope, made.table)
        writer = (
            self._writer(table, path, made.frame)
            .mode("overwrite")
            .option("mergeSchema", "true")
            .option("userMetadata", json.dumps(asdict(provenance)))
            .option("txnAppId", f"{provenance.run_id}/{table.name}")
            .option("txnVersion", 1)
        )
        if table.slice_by and self.lake.exists(path):
            writer = writer.option("replaceWhere", _slice(table, slices))
        try:
            writer.save(path)
        except SPARK_ERRORS as broken:
            raise StoreError(failed_write(table.name, broken)) from None
        return self.lake.version(path)

    def append(
        self, scope: str, table: Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Add rows to a log: one commit."""
        if not rows:
            return
        path = self.lake.path(scope, table)
        frame = self.lake.rows(table, rows).coalesce(1)
        writer = self._writer(table, path, frame).option("mergeSchema", "true")
        writer.mode("append").save(path)

    def _writer(self, table: Table, path: str, frame: DataFrame) -> DataFrameWriter:
        """Prepare a write; the first one makes the table, in the same commit.

        A table that is made empty and then written costs a second commit and a
        snapshot of the first, and stands there empty if the run is killed between.
        """
        if self.lake.exists(path):
            return frame.write.format("delta")
        meanings = [
            F.col(c.name).alias(c.name, metadata={"comment": c.meaning})
            for c in table.columns
        ]
        days = f"interval {self.retention_days} days"
        properties = {
            "delta.logRetentionDuration": days,
            "delta.deletedFileRetentionDuration": days,
            "delta.appendOnly": str(table.is_log).lower(),
            **{f"delta.constraints.{n}": sql for n, sql in table.constraints.items()},
        }
        writer = frame.select(*meanings).write.format("delta").options(**properties)
        return writer.partitionBy(*table.partition_by)


def _slice(table: Table, slices: Mapping[str, Sequence[str]]) -> str:
    terms = []
    for name in table.slice_by:
        values = ", ".join(f"'{value}'" for value in slices[name])
        terms.append(f"{name} IN ({values})")
    return " AND ".join(terms)
