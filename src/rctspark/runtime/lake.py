"""The folders of the lake: where a table lies, which versions it has, its rows.

The lake may lie on a remote file system, so every look at a file goes through Hadoop's.
It holds one folder per scope: `registers/<root>` and `experiments/<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from rctspark.contracts import RELEASES
from rctspark.errors import StoreError
from rctspark.runtime.causes import SPARK_ERRORS, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from rctspark.contracts import Table


@dataclass(frozen=True, slots=True)
class Lake:
    """The folders under one root.

    Attributes:
        spark: The session.
        root: Folder or address of all tables.
    """

    spark: SparkSession
    root: str

    def path(self, scope: str, table: Table) -> str:
        """Return where a published table lies."""
        return f"{self.root}/{scope}/{table.name}"

    def scopes(self) -> tuple[str, ...]:
        """Return every scope that has published something."""
        pattern = f"{self.root}/*/*/{RELEASES.name}/_delta_log"
        system, path = self.place(pattern)
        found = [str(status.getPath()) for status in system.globStatus(path) or ()]
        return tuple(sorted("/".join(one.split("/")[-4:-2]) for one in found))

    def place(self, place: str) -> tuple[Any, Any]:
        """Return a place's file system and path: the lake may be a remote one."""
        jvm: Any = self.spark._jvm  # noqa: SLF001 (only it knows every file system)
        path = jvm.org.apache.hadoop.fs.Path(place)
        return path.getFileSystem(self.spark._jsc.hadoopConfiguration()), path  # noqa: SLF001

    def exists(self, path: str) -> bool:
        """Say whether a table has a commit: a killed run can leave an empty log."""
        return bool(self.commits(path))

    def version(self, path: str) -> int:
        """Return the newest version of a table that has one."""
        return max(self.commits(path))

    def commits(self, path: str) -> list[int]:
        """Return the versions that a table's log holds, each named by its file."""
        system, commits = self.place(f"{path}/_delta_log/*.json")
        found = system.globStatus(commits) or ()
        names = [one.getPath().getName().removesuffix(".json") for one in found]
        return [int(name) for name in names if name.isdigit()]

    def count_gone(self, files: Sequence[str]) -> int:
        """Count the files that were deleted or vacuumed."""
        places = [self.place(file) for file in files]
        return sum(not system.exists(path) for system, path in places)

    def load(self, path: str, table: Table, version: int | None = None) -> DataFrame:
        """Read a table that lies somewhere.

        Args:
            path: Where.
            table: Its contract.
            version: Which version; None: the newest.

        Returns:
            Its rows, in the shape of the contract; a column that the contract got
            after they were written is unknown.

        Raises:
            StoreError: That version was deleted or vacuumed, or there is no table.
        """
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        try:
            return table.shape(_grown(reader.load(path), table))
        except SPARK_ERRORS as broken:
            which = "" if version is None else f" at version {version}"
            raise StoreError(
                f"Table {path} can't be read{which} ({kind_of(broken)}): it was "
                "deleted or vacuumed, or never published; choose a newer version, or "
                "make it again with --rebuild."
            ) from None

    def rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
        """Make a frame of a few rows that the driver holds.

        Args:
            table: Their table.
            rows: Column to value.

        Returns:
            The rows, in the shape of the contract; no Python worker is involved.
        """
        schema = cast("StructType", StructType.fromDDL(table.ddl))
        columns = {
            field.name: pa.array(
                [_arrow_value(row[field.name]) for row in rows], type=field.type
            )
            for field in to_arrow_schema(schema)
        }
        return self.spark.createDataFrame(pa.table(columns)).to(schema)


def _arrow_value(value: Any) -> Any:  # noqa: ANN401 (any cell)
    return list(value.items()) if isinstance(value, Mapping) else value


def _grown(frame: DataFrame, table: Table) -> DataFrame:
    """Add the columns that the contract got after the rows were written: unknown."""
    later = {
        c.name: F.lit(None).cast(c.type)
        for c in table.columns
        if c.is_nullable and c.name not in frame.columns
    }
    return frame.withColumns(later) if later else frame
