"""One execution of a job, and all that it may use of the outside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from rctspark.config import read_mapping
from rctspark.contracts.operation import AnalysisRecord, TableVersion
from rctspark.errors import DeliveryError
from rctspark.runtime.releases import Provenance, code_version, digest
from rctspark.runtime.together import together

if TYPE_CHECKING:
    from collections.abc import Mapping as TMapping
    from collections.abc import Sequence
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from rctspark.config import Mapping, Plan, Settings
    from rctspark.contracts import Gate, Table
    from rctspark.contracts.registration import Mark, Registration
    from rctspark.runtime.logs import RunLog
    from rctspark.runtime.releases import Release
    from rctspark.runtime.staging import Candidate
    from rctspark.runtime.store import Store


@dataclass(slots=True)
class Run:
    """One execution of a job, and all that it may use of the outside.

    Attributes:
        job: Name of the job.
        id: Name of the run.
        root: Folder that holds `conf/` and `expectations/`.
        settings: Settings.
        plan: The analysis plan.
        deliveries: Folder of deliveries; None where the job reads none.
        is_rebuild: Make everything again, even where nothing has changed.
        is_masked: Hide small counts: what is written may leave.
        is_registering: Put the plan on record first, where none of the experiment is.
        as_known_on: Day whose knowledge is wanted; None: as the plan says.
        data_version: Name of the data version that is wanted; None: as the plan says.
        compared: Two data versions to compare, each by name or day.
        log: Where the run says what it does.
        spark: The session.
        store: The lake.
    """

    job: str
    id: str
    root: Path
    settings: Settings
    plan: Plan
    deliveries: Path | None
    is_rebuild: bool
    is_masked: bool
    is_registering: bool
    as_known_on: date | None
    data_version: str | None
    compared: tuple[str, str] | None
    log: RunLog
    spark: SparkSession
    store: Store
    made_from: dict[str, int] = field(default_factory=dict)

    @property
    def registers(self) -> str:
        """Scope of the registers that the plan reads."""
        return f"registers/{self.plan.registers.root}"

    @property
    def experiment(self) -> str:
        """Scope of the experiment."""
        return f"experiments/{self.plan.name}"

    @property
    def mappings(self) -> tuple[Mapping, ...]:
        """The mappings that the plan names."""
        return read_mappings(self.root, self.plan)

    def part(self, job: str) -> Run:
        """Return a run of another job in the same session and log."""
        return replace(self, job=job, id=f"{self.id}.{job}", made_from={})

    def on(self, version: str) -> Run:
        """Return the same run on another data version.

        Args:
            version: The name of a data version that was used before, or a day
                (`2020-09-01`): the version that was known then.

        Returns:
            A run whose registers are those of that version; its plan is the same.
        """
        try:
            day, name = date.fromisoformat(version), None
        except ValueError:
            day, name = None, version
        return replace(self, as_known_on=day, data_version=name, made_from={})

    def stage(self, name: str, frame: DataFrame) -> DataFrame:
        """Compute rows once: write them where the run keeps its own, read them back."""
        return self.store.stage(self.id, f"steps/{name}", frame)

    def candidate(self, table: Table, frame: DataFrame) -> Candidate:
        """Write the rows of a table as a candidate of this run."""
        return self.store.candidate(self.id, table, frame)

    def candidates(self, *made: tuple[Table, DataFrame]) -> list[Candidate]:
        """Write the rows of several tables, at once, as candidates of this run."""
        return together(lambda one: self.candidate(*one), made)

    def publish(
        self,
        scope: str,
        candidates: Sequence[Candidate],
        *,
        provenance: Provenance,
        gate: Gate,
        slices: TMapping[str, Sequence[str]] | None = None,
    ) -> Release:
        """Audit and publish what the run has made, and say so."""
        release = self.store.publish(
            scope, candidates, provenance=provenance, gate=gate, slices=slices
        )
        self.store.discard(self.id)
        rows = dict(release.rows)
        words = ", ".join(f"{name} {n:,}" for name, n in rows.items())
        gate_seconds = release.gate_seconds
        self.log.say(
            f"{self.job}: published {words}; the gate took {gate_seconds} s",
            rows=rows,
            gate_seconds=gate_seconds,
        )
        self.log.step(
            self.job, rows=rows, release=release.run_id, gate_seconds=gate_seconds
        )
        return release

    def uses(self, release: Release, tables: Sequence[Table] = ()) -> Release:
        """Note what the run reads of a release: its digest of inputs rests on it.

        Args:
            release: A pinned release.
            tables: Tables that are read; empty: all that it names. A release also
                names what later jobs made, which must not count as an input.

        Returns:
            The release.
        """
        names = {f"{release.scope}/{table.name}" for table in tables}
        self.made_from |= {
            name: version
            for name, version in release.versions.items()
            if not names or name in names
        }
        return release

    def carrying(self, scope: str) -> Run:
        """Keep the tables of a scope that this run leaves as they are in the set."""
        releases = self.store.releases(scope)
        if releases:
            self.uses(releases[0])
        return self

    def provenance(
        self,
        *,
        data_version: str,
        inputs: Sequence[str],
        registered: Registration | None = None,
    ) -> Provenance:
        """Say what a set of tables is made from.

        Args:
            data_version: Named set of deliveries.
            inputs: What else it is made from: names and digests.
            registered: Registration that stands, where outcomes are analysed.

        Returns:
            The provenance; its digest holds the plan, the code, the data version, the
            versions read and `inputs`, and not the run.
        """
        standing = [f"registered={registered.plan_hash}"] if registered else []
        said = [
            self.job,
            code_version(),
            self.plan.hash,
            data_version,
            *sorted(inputs),
            *standing,
            *sorted(f"{name}={version}" for name, version in self.made_from.items()),
        ]
        return Provenance(
            run_id=self.id,
            job=self.job,
            data_version=data_version,
            plan_hash=self.plan.hash,
            code_version=code_version(),
            inputs=digest(said),
            made_from=dict(self.made_from),
            registered_hash=registered.plan_hash if registered else None,
        )

    def analysed(
        self,
        results: Release,
        counts: TMapping[str, int],
        *,
        is_synthetic: bool,
        registration: Mark,
        not_estimated: Sequence[str] = (),
        weights: TMapping[str, float] | None = None,
    ) -> AnalysisRecord:
        """Say what tracked results rest on.

        Args:
            results: Release that they are read from.
            counts: Enrolled persons by arm, in the order of the plan.
            is_synthetic: Whether a delivery behind them is made up.
            registration: How the plan stood when they were made.
            not_estimated: What was not estimated, and why.
            weights: Numbers about weights to the target, by name; None: none.

        Returns:
            The record that goes to MLflow.
        """
        return AnalysisRecord(
            run_id=results.run_id,
            data_version=results.data_version,
            code_version=code_version(),
            inputs=results.inputs,
            n_per_arm=counts,
            is_synthetic=is_synthetic,
            registration=registration,
            not_estimated=tuple(not_estimated),
            weights=dict(weights or {}),
            tables=tuple(
                TableVersion(name, f"{self.settings.lake}/{name}", version)
                for name, version in sorted(results.versions.items())
            ),
        )

    def is_current(self, scope: str, provenance: Provenance) -> bool:
        """Say whether this job's newest release on the data has the same inputs."""
        if self.is_rebuild:
            return False
        wanted = (self.job, provenance.data_version)
        releases = self.store.releases(scope)
        newest = next((r for r in releases if (r.job, r.data_version) == wanted), None)
        return newest is not None and newest.inputs == provenance.inputs


def read_mappings(root: Path, plan: Plan) -> tuple[Mapping, ...]:
    """Read the mappings that a plan names.

    Args:
        root: Folder that holds `conf/`.
        plan: The plan.

    Returns:
        The mappings, in the order of the plan.

    Raises:
        ConfigError: One is not there, or has faults.
    """
    folder = root / "conf" / "mappings"
    return tuple(read_mapping(folder / f"{n}.yaml") for n in plan.registers.mappings)


def require_deliveries(deliveries: Path | None) -> Path:
    """Return the folder of deliveries.

    Args:
        deliveries: As named with `--deliveries`.

    Returns:
        The folder.

    Raises:
        DeliveryError: None was named, or it is not there.
    """
    if deliveries is None or not deliveries.is_dir():
        found = "" if deliveries is None else f"{deliveries} is not a folder here. "
        raise DeliveryError(
            f"{found}Name the folder of deliveries with --deliveries: one subfolder "
            "for each mapping of the plan (docs/registers.md)."
        )
    return deliveries
