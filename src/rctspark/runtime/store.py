"""Tables by contract under one root: write a candidate, audit it, publish it.

A run writes each table to a candidate of its own and reads it back; the gate checks
what was read; only then does one Delta commit per table publish it, and one row of
`releases` names the versions that belong together. Readers pin that row, so they see
all of a set or none of it, and can read an older set the same way.

The lake holds one folder per scope: `registers/<root>` and `experiments/<name>`.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from rctspark.contracts import GATE_RESULTS, RELEASES
from rctspark.errors import RctsparkError, StoreError
from rctspark.runtime.causes import kind_of, remedy_of
from rctspark.runtime.locks import holding
from rctspark.runtime.releases import Provenance, Release, release_of, release_row
from rctspark.runtime.together import together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pyspark.sql import DataFrame, DataFrameWriter, Row, SparkSession

    from rctspark.config import Settings
    from rctspark.contracts import GateResult, Table
    from rctspark.contracts.operation import Gate

    Checked = Sequence[tuple["Candidate", tuple[GateResult, ...]]]

CANDIDATES = "candidates"
SPARK_ERRORS = (PySparkException, Py4JError)


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
class Store:
    """Tables by contract, under one root.

    Attributes:
        spark: The session.
        settings: Settings of the run: root of the lake, retention, waiting time.
        say: Called with a sentence when a run must wait.
    """

    spark: SparkSession
    settings: Settings
    say: Callable[[str], None]
    _read: dict[tuple[str, int], tuple[dict[str, Any], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def path(self, scope: str, table: Table) -> str:
        """Return where a published table lies."""
        return f"{self.settings.lake}/{scope}/{table.name}"

    def scopes(self) -> tuple[str, ...]:
        """Return every scope that has published something."""
        pattern = f"{self.settings.lake}/*/*/{RELEASES.name}/_delta_log"
        system, path = self._hadoop(pattern)
        found = [str(status.getPath()) for status in system.globStatus(path) or ()]
        return tuple(sorted("/".join(one.split("/")[-4:-2]) for one in found))

    def _hadoop(self, place: str) -> tuple[Any, Any]:
        """Return a place's file system and path: the lake may be a remote one."""
        jvm: Any = self.spark._jvm  # noqa: SLF001 (only it knows every file system)
        path = jvm.org.apache.hadoop.fs.Path(place)
        return path.getFileSystem(self.spark._jsc.hadoopConfiguration()), path  # noqa: SLF001

    # -- reading ---------------------------------------------------------------

    def releases(self, scope: str) -> tuple[Release, ...]:
        """Return every release of a scope, the newest first."""
        rows = self.log_rows(scope, RELEASES)
        newest = sorted(rows, key=itemgetter("released_at"), reverse=True)
        return tuple(release_of(scope, row) for row in newest)

    def log_rows(self, scope: str, table: Table) -> tuple[dict[str, Any], ...]:
        """Return all rows of a log table; none where nothing was logged yet.

        Args:
            scope: Folder of the lake.
            table: A log table of few rows.

        Returns:
            Column to value, in no order; moments in UTC.
        """
        path = self.path(scope, table)
        commits = self._commits(path)
        if not commits:
            return ()
        # A version of a log never changes: it is read once.
        version = max(commits)
        if (path, version) not in self._read:
            rows = self._load(path, table, version).collect()
            self._read[path, version] = tuple(_plain(row) for row in rows)
        return self._read[path, version]

    def find(
        self,
        scope: str,
        tables: Iterable[Table],
        *,
        run_id: str | None = None,
        data_version: str | None = None,
        plan_hash: str | None = None,
    ) -> Release | None:
        """Return the newest release that holds all of some tables.

        Args:
            scope: Folder of the lake.
            tables: Tables that are going to be read.
            run_id: Run whose release is wanted; None: any.
            data_version: Data version that it must be made from; None: any.
            plan_hash: Digest of the plan that it must follow; None: any.

        Returns:
            The release; read from it with `read`. None: there is none.
        """
        names = {f"{scope}/{table.name}" for table in tables}
        wanted = (run_id, data_version, plan_hash)
        for release in self.releases(scope):
            known = (release.run_id, release.data_version, release.plan_hash)
            agrees = all(w in (None, k) for w, k in zip(wanted, known, strict=True))
            if agrees and names <= set(release.versions):
                return release
        return None

    def pin(
        self,
        scope: str,
        tables: Iterable[Table],
        *,
        run_id: str | None = None,
        data_version: str | None = None,
    ) -> Release:
        """Return the newest release that holds all of some tables, or stop.

        Args:
            scope: Folder of the lake.
            tables: Tables that are going to be read.
            run_id: Run whose release is wanted; None: any.
            data_version: Data version that it must be made from; None: any.

        Returns:
            The release; read from it with `read`.

        Raises:
            StoreError: There is none.
        """
        tables = tuple(tables)
        found = self.find(scope, tables, run_id=run_id, data_version=data_version)
        if found is not None:
            return found
        names = ", ".join(sorted(f"{scope}/{table.name}" for table in tables))
        of = f" by run {run_id}" if run_id else ""
        on = f" on data version {data_version}" if data_version else ""
        raise StoreError(
            f"No release{of} holds {names} together{on}: run the job that makes them "
            "first."
        )

    def read(self, release: Release, table: Table, scope: str = "") -> DataFrame:
        """Read a table at the version that a release names.

        Args:
            release: A pinned release.
            table: The table.
            scope: Folder of the lake, where it is not the release's own.

        Returns:
            Its rows, in the shape of the contract.

        Raises:
            StoreError: That version was deleted or vacuumed.
        """
        scope = scope or release.scope
        version = release.versions[f"{scope}/{table.name}"]
        path = self.path(scope, table)
        frame = self._load(path, table, version)
        # The newest version is never vacuumed, and most that is read is the newest.
        if version < self._version(path):
            self._require_files(frame, f"{scope}/{table.name}", release, version)
        return frame

    def _require_files(
        self, frame: DataFrame, name: str, release: Release, version: int
    ) -> None:
        """Stop before a job that would fail on its way, file by file."""
        files = frame.inputFiles()
        systems = [self._hadoop(file) for file in files]
        gone = sum(not system.exists(path) for system, path in systems)
        if gone:
            raise StoreError(
                f"Table {name} can't be read at version {version}: {gone} of its "
                f"{len(files)} file(s) were deleted or vacuumed; make data version "
                f"{release.data_version or 'again by jobs/ingest.py'} again with "
                "--rebuild, or choose a newer one."
            )

    def read_current(self, scope: str, table: Table) -> DataFrame:
        """Read a table as the newest release holds it; empty where there is none.

        Args:
            scope: Folder of the lake.
            table: The table.

        Returns:
            Its rows, in the shape of the contract.
        """
        name = f"{scope}/{table.name}"
        newest = next((r for r in self.releases(scope) if name in r.versions), None)
        if newest is None:
            return self.rows(table, ())
        return self.read(newest, table)

    def read_log(self, scope: str, table: Table) -> DataFrame:
        """Read all rows of a log table; empty where nothing was logged yet."""
        path = self.path(scope, table)
        if not self._exists(path):
            return self.rows(table, ())
        return self._load(path, table)

    def _load(self, path: str, table: Table, version: int | None = None) -> DataFrame:
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

    def _exists(self, path: str) -> bool:
        """Say whether a table has a commit: a killed run can leave an empty log."""
        return bool(self._commits(path))

    def _version(self, path: str) -> int:
        """Return the newest version of a table that has one."""
        return max(self._commits(path))

    def _commits(self, path: str) -> list[int]:
        """Return the versions that a table's log holds, each named by its file."""
        system, commits = self._hadoop(f"{path}/_delta_log/*.json")
        found = system.globStatus(commits) or ()
        names = [one.getPath().getName().removesuffix(".json") for one in found]
        return [int(name) for name in names if name.isdigit()]

    # -- writing ---------------------------------------------------------------

    def stage(self, run_id: str, name: str, frame: DataFrame) -> DataFrame:
        """Write rows where nobody looks for tables, and read them back.

        Args:
            run_id: The run.
            name: Name of the rows: a table's, or a step's.
            frame: Rows.

        Returns:
            The rows as they were written: what is computed once stays computed.

        Raises:
            StoreError: They could not be written.
        """
        path = f"{self.settings.lake}/{self.staged_at(run_id, name)}"
        try:
            frame.write.mode("overwrite").parquet(path)
        except SPARK_ERRORS as broken:
            raise StoreError(_failed_write(name, broken)) from None
        return self.spark.read.schema(frame.schema).parquet(path)

    def discard(self, run_id: str) -> None:
        """Delete what a run has staged: its release holds the rows now."""
        system, path = self._hadoop(f"{self.settings.lake}/{CANDIDATES}/{run_id}")
        system.delete(path, True)  # noqa: FBT003 (Hadoop's own signature)

    def staged_at(self, run_id: str, name: str) -> str:
        """Return where a run's candidate lies, below the lake."""
        return f"{CANDIDATES}/{run_id}/{name}"

    def made(self, run_id: str, table: Table, frame: DataFrame) -> Candidate:
        """Name rows that are read from what the run has staged a candidate.

        Args:
            run_id: The run.
            table: The table.
            frame: Its rows: a selection of staged ones.

        Returns:
            The candidate.
        """
        return Candidate(table, table.shape(frame), self.staged_at(run_id, ""))

    def candidate(self, run_id: str, table: Table, frame: DataFrame) -> Candidate:
        """Write the rows of one table as a candidate.

        Args:
            run_id: The run.
            table: The table.
            frame: Its rows, in the contract's shape.

        Returns:
            The candidate, read back.

        Raises:
            ContractError: The rows have another shape.
            StoreError: They could not be written.
        """
        rows = self.stage(run_id, table.name, table.shape(frame))
        return Candidate(table, rows, self.staged_at(run_id, table.name))

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

        Args:
            scope: Folder of the lake.
            candidates: What the run has written.
            provenance: What it was made from.
            gate: Stands between candidates and publication.
            slices: Column of `slice_by` to the values that this run replaces.

        Returns:
            The release.

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
        record = partial(self._append, scope, GATE_RESULTS, verdicts)
        lock = partial(
            holding, self.settings.lake, scope, self.settings.wait_seconds, self.say
        )
        try:
            for made, results in checked:
                gate.require(results, made.table.name, made.path)
        except RctsparkError:
            with lock():
                record()
            raise
        with lock():
            commit = partial(self._commit, scope, provenance, slices or {})
            # The gate's results and the tables: both stand before the release row.
            steps: list[Callable[[], Any]] = [partial(commit, c) for c in candidates]
            steps.append(record)
            committed = together(lambda step: step(), steps)
            names = [f"{scope}/{made.table.name}" for made in candidates]
            made_now = dict(zip(names, committed[:-1], strict=True))
            versions = dict(provenance.made_from) | made_now
            row = release_row(provenance, versions)
            self._append(scope, RELEASES, [row])
        return replace(
            release_of(scope, row), rows=_rows_of(checked), gate_seconds=gate_seconds
        )

    def _commit(
        self,
        scope: str,
        provenance: Provenance,
        slices: Mapping[str, Sequence[str]],
        made: Candidate,
    ) -> int:
        table, path = made.table, self.path(scope, made.table)
        writer = (
            self._writer(table, path, made.frame)
            .mode("overwrite")
            .option("mergeSchema", "true")
            .option("userMetadata", json.dumps(asdict(provenance)))
            .option("txnAppId", f"{provenance.run_id}/{table.name}")
            .option("txnVersion", 1)
        )
        if table.slice_by and self._exists(path):
            writer = writer.option("replaceWhere", _slice(table, slices))
        try:
            writer.save(path)
        except SPARK_ERRORS as broken:
            raise StoreError(_failed_write(table.name, broken)) from None
        return self._version(path)

    def _writer(self, table: Table, path: str, frame: DataFrame) -> DataFrameWriter:
        """Prepare a write; the first one makes the table, in the same commit.

        A table that is made empty and then written costs a second commit and a
        snapshot of the first, and stands there empty if the run is killed between.
        """
        if self._exists(path):
            return frame.write.format("delta")
        meanings = [
            F.col(c.name).alias(c.name, metadata={"comment": c.meaning})
            for c in table.columns
        ]
        days = f"interval {self.settings.retention_days} days"
        properties = {
            "delta.logRetentionDuration": days,
            "delta.deletedFileRetentionDuration": days,
            "delta.appendOnly": str(table.is_log).lower(),
            **{f"delta.constraints.{n}": sql for n, sql in table.constraints.items()},
        }
        writer = frame.select(*meanings).write.format("delta").options(**properties)
        return writer.partitionBy(*table.partition_by)

    def add(
        self,
        scope: str,
        table: Table,
        decide: Callable[[], Sequence[Mapping[str, Any]]],
    ) -> None:
        """Add rows to a log that are decided while no other run writes the scope.

        Args:
            scope: Folder of the lake.
            table: A log table.
            decide: Called under the lock; returns the rows, or none.
        """
        with holding(self.settings.lake, scope, self.settings.wait_seconds, self.say):
            self._append(scope, table, decide())

    def _append(
        self, scope: str, table: Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Add rows to a log: one commit."""
        if not rows:
            return
        path = self.path(scope, table)
        frame = self.rows(table, rows).coalesce(1)
        writer = self._writer(table, path, frame).option("mergeSchema", "true")
        writer.mode("append").save(path)

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


def _slice(table: Table, slices: Mapping[str, Sequence[str]]) -> str:
    terms = []
    for name in table.slice_by:
        values = ", ".join(f"'{value}'" for value in slices[name])
        terms.append(f"{name} IN ({values})")
    return " AND ".join(terms)


def _gate_rows(checked: Checked, run_id: str) -> list[dict[str, Any]]:
    now = _now()
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


def _plain(row: Row) -> dict[str, Any]:
    """Turn a row into a mapping whose moments say that they are UTC."""
    return {
        name: value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
        for name, value in row.asDict().items()
    }


def _grown(frame: DataFrame, table: Table) -> DataFrame:
    """Add the columns that the contract got after the rows were written: unknown."""
    later = {
        c.name: F.lit(None).cast(c.type)
        for c in table.columns
        if c.is_nullable and c.name not in frame.columns
    }
    return frame.withColumns(later) if later else frame


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _failed_write(name: str, broken: Exception) -> str:
    return (
        f"Writing {name} failed ({kind_of(broken)}); nothing was published. "
        f"{remedy_of(broken)}"
    )
