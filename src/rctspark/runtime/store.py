"""Tables by contract under one root: write a candidate, audit it, publish it.

A run writes each table to a candidate of its own and reads it back (`staging`); the
gate checks what was read, and only then is it published (`publishing`). Readers pin the
release that names the versions which belong together, so they see all of a set or none
of it, and can read an older set the same way.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rctspark.contracts import RELEASES
from rctspark.errors import StoreError
from rctspark.runtime.commits import Commits
from rctspark.runtime.lake import Lake
from rctspark.runtime.log_tables import LogTables
from rctspark.runtime.publishing import Publishing
from rctspark.runtime.releases import release_of
from rctspark.runtime.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from rctspark.config import Settings
    from rctspark.contracts import Table
    from rctspark.contracts.operation import Gate
    from rctspark.runtime.releases import Provenance, Release
    from rctspark.runtime.staging import Candidate


class Store:
    """Tables by contract, under one root.

    Attributes:
        spark: The session.
        settings: Settings of the run: root of the lake, retention, waiting time.
        lake: Where tables lie.
    """

    def __init__(
        self, spark: SparkSession, settings: Settings, say: Callable[[str], None]
    ) -> None:
        """Open the store.

        Args:
            spark: The session.
            settings: Settings of the run.
            say: Called with a sentence when a run must wait.
        """
        self.spark = spark
        self.settings = settings
        self.lake = Lake(spark, settings.lake)
        self._staging = Staging(self.lake)
        self._publishing = Publishing(
            Commits(self.lake, settings.retention_days), settings.wait_seconds, say
        )
        self._logs = LogTables(self.lake)

    def path(self, scope: str, table: Table) -> str:
        """Return where a published table lies."""
        return self.lake.path(scope, table)

    def scopes(self) -> tuple[str, ...]:
        """Return every scope that has published something."""
        return self.lake.scopes()

    def rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
        """Make a frame of a few rows that the driver holds.

        Args:
            table: Their table.
            rows: Column to value.

        Returns:
            The rows, in the shape of the contract; no Python worker is involved.
        """
        return self.lake.rows(table, rows)

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
        return self._logs.rows(scope, table)

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
        path = self.lake.path(scope, table)
        frame = self.lake.load(path, table, version)
        # The newest version is never vacuumed, and most that is read is the newest.
        if version < self.lake.version(path):
            self._require_files(frame, f"{scope}/{table.name}", release, version)
        return frame

    def _require_files(
        self, frame: DataFrame, name: str, release: Release, version: int
    ) -> None:
        """Stop before a job that would fail on its way, file by file."""
        files = frame.inputFiles()
        gone = self.lake.count_gone(files)
        if gone:
            raise StoreError(
                f"Table {name} can't be read at version {version}: {gone} of its "
                f"{len(files)} file(s) were deleted or vacuumed; make data version "
                f"{release.data_version or 'again by jobs/ingest.py'} again with "
                "--rebuild, or choose a newer one."
            )

    def read_current(self, scope: str, table: Table) -> DataFrame:
        """Read a table as the newest release holds it; empty where there is none."""
        name = f"{scope}/{table.name}"
        newest = next((r for r in self.releases(scope) if name in r.versions), None)
        if newest is None:
            return self.lake.rows(table, ())
        return self.read(newest, table)

    def read_log(self, scope: str, table: Table) -> DataFrame:
        """Read all rows of a log table; empty where nothing was logged yet."""
        return self._logs.read(scope, table)

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
        return self._staging.write(run_id, name, frame)

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
        return self._staging.candidate(run_id, table, frame)

    def made(self, run_id: str, table: Table, frame: DataFrame) -> Candidate:
        """Name rows that are read from what the run has staged a candidate.

        `frame` is a selection of staged rows.
        """
        return self._staging.made(run_id, table, frame)

    def discard(self, run_id: str) -> None:
        """Delete what a run has staged: its release holds the rows now."""
        self._staging.discard(run_id)

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
        return self._publishing.publish(
            scope, candidates, provenance=provenance, gate=gate, slices=slices
        )

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
        self._publishing.add(scope, table, decide)
