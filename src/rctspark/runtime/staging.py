"""Rows that a run has written and that nobody sees yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.errors import StoreError
from rctspark.runtime.causes import SPARK_ERRORS, failed_write

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rctspark.contracts import Table
    from rctspark.runtime.lake import Lake

CANDIDATES = "candidates"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Rows that a run has written and that nobody sees yet.

    Attributes:
        table: Table that they are meant for.
        frame: The rows, read back from where they were written.
        path: Where they lie, below the lake.
    """

    table: Table
    frame: DataFrame
    path: str


@dataclass(frozen=True, slots=True)
class Staging:
    """The folders of the lake where nobody looks for tables, one per run.

    Attributes:
        lake: The lake.
    """

    lake: Lake

    def write(self, run_id: str, name: str, frame: DataFrame) -> DataFrame:
        """Write rows, and read them back: what is computed once stays computed.

        Raises:
            StoreError: They could not be written.
        """
        path = f"{self.lake.root}/{_folder(run_id)}/{name}"
        try:
            frame.write.mode("overwrite").parquet(path)
        except SPARK_ERRORS as broken:
            raise StoreError(failed_write(name, broken)) from None
        return self.lake.spark.read.schema(frame.schema).parquet(path)

    def candidate(self, run_id: str, table: Table, frame: DataFrame) -> Candidate:
        """Write the rows of one table, and read them back as its candidate.

        Raises:
            ContractError: The rows have another shape.
            StoreError: They could not be written.
        """
        rows = self.write(run_id, table.name, table.shape(frame))
        return Candidate(table, rows, f"{_folder(run_id)}/{table.name}")

    def made(self, run_id: str, table: Table, frame: DataFrame) -> Candidate:
        """Name rows that are read from what the run has staged a candidate."""
        return Candidate(table, table.shape(frame), f"{_folder(run_id)}/")

    def discard(self, run_id: str) -> None:
        """Delete what a run has staged."""
        system, path = self.lake.place(f"{self.lake.root}/{_folder(run_id)}")
        system.delete(path, True)  # noqa: FBT003 (Hadoop's own signature)


def _folder(run_id: str) -> str:
    return f"{CANDIDATES}/{run_id}"
