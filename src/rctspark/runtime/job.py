"""The wrapper of every job: arguments in, one readable line and an exit code out."""

from __future__ import annotations

import argparse
import hashlib
import secrets
import shutil
import sys
import time
import traceback
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rctspark.config import read_mapping, read_plan, read_settings
from rctspark.contracts.operation import AnalysisRecord, TableVersion
from rctspark.errors import ConfigError, MachineError, RctsparkError
from rctspark.runtime.logs import RunLog
from rctspark.runtime.session import start_session
from rctspark.runtime.store import Provenance, Store
from rctspark.runtime.together import together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Mapping as TMapping

    from pyspark.sql import DataFrame, SparkSession

    from rctspark.config import Mapping, Plan, Settings
    from rctspark.contracts import Gate, Table
    from rctspark.contracts.registration import Mark, Registration
    from rctspark.runtime.store import Candidate, Release

UNFORESEEN = 1
FREE_BYTES = 1 << 30
DIGEST_LENGTH = 16


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
        is_once: Do it only where it was never done: the first registration.
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
    is_once: bool
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
        folder = self.root / "conf" / "mappings"
        names = self.plan.registers.mappings
        return tuple(read_mapping(folder / f"{name}.yaml") for name in names)

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
        self.log.say(f"{self.job}: published {words}", rows=rows)
        self.log.step(self.job, rows=rows, release=release.run_id)
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
    ) -> AnalysisRecord:
        """Say what tracked results rest on.

        Args:
            results: Release that they are read from.
            counts: Enrolled persons by arm, in the order of the plan.
            is_synthetic: Whether a delivery behind them is made up.
            registration: How the plan stood when they were made.

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


def digest(said: Sequence[str]) -> str:
    """Return a digest of texts in their order."""
    text = "\n".join(said)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def code_version() -> str:
    """Return the package's version and the digest of its source files."""
    package = Path(__file__).resolve().parents[1]
    digests = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digests.update(path.relative_to(package).as_posix().encode())
        digests.update(path.read_bytes())
    return f"0.1.0+{digests.hexdigest()[:12]}"


def run_job(
    build: Callable[[Run], None], *, doc: str | None, argv: Sequence[str] | None = None
) -> int:
    """Run one job as a process of its own.

    Args:
        build: What the job does.
        doc: Docstring of the job, for `--help`.
        argv: Arguments; None: those of the process.

    Returns:
        The exit code: 0; the code of a deliberate error; 1 where nobody foresaw it.
    """
    arguments = _parser(doc).parse_args(argv)
    name = build.__module__.rsplit(".", maxsplit=1)[-1]
    job = Path(sys.argv[0]).stem if name == "__main__" else name
    root = arguments.root.resolve()
    try:
        settings = read_settings(root)
        require_disk(settings.out)
    except RctsparkError as error:
        sys.stderr.write(f"{job} stopped. {error}\n")
        return error.exit_code
    log = RunLog(settings.out / "runs", arguments.run_id or _new_id(job))
    return _logged(build, job, root, settings, arguments, log)


def _logged(
    build: Callable[[Run], None],
    job: str,
    root: Path,
    settings: Settings,
    arguments: argparse.Namespace,
    log: RunLog,
) -> int:
    started = time.monotonic()
    code = 0
    try:
        build(_start(job, root, settings, arguments, log))
    except RctsparkError as error:
        code = error.exit_code
        log.update(error=type(error).__name__)
        log.say(f"{job} stopped. {error}", error=type(error).__name__)
    except Exception as error:  # noqa: BLE001 (a text may carry a value of a row)
        code = UNFORESEEN
        places = [
            f"{Path(f.filename).name}:{f.lineno} {f.name}"
            for f in traceback.extract_tb(error.__traceback__)
        ]
        log.update(error=type(error).__name__)
        log.say(
            f"{job} stopped by an error that nobody foresaw: {type(error).__name__} at "
            f"{places[-1]}. Its text is not shown, because it may hold a person's "
            f"value; the way it came stands in {log.folder}/{log.run_id}.log.",
            error=type(error).__name__,
            places=places,
        )
    state = "done" if code == 0 else "failed"
    seconds = round(time.monotonic() - started, 1)
    log.update(state=state, exit_code=code, seconds=seconds)
    return code


def _start(
    job: str,
    root: Path,
    settings: Settings,
    arguments: argparse.Namespace,
    log: RunLog,
) -> Run:
    plan = read_plan(_plan_file(arguments.plan, root))
    log.update(job=job, plan=plan.name, plan_hash=plan.hash)
    log.say(f"{job}: plan {plan.name} ({plan.hash}), run {log.run_id}")
    spark = start_session(settings, root, name=f"rctspark {job}")
    log.say("Spark is up")
    return Run(
        job=job,
        id=log.run_id,
        root=root,
        settings=settings,
        plan=plan,
        deliveries=arguments.deliveries,
        is_rebuild=arguments.rebuild,
        is_masked=arguments.masked,
        is_once=arguments.once,
        as_known_on=arguments.as_known_on,
        data_version=arguments.data_version,
        compared=tuple(arguments.compare) if arguments.compare else None,
        log=log,
        spark=spark,
        store=Store(spark, settings, log.say),
    )


def _plan_file(named: str, root: Path) -> Path:
    path = Path(named)
    if path.suffix == ".yaml":
        return path
    return root / "conf" / "experiments" / f"{named}.yaml"


def _parser(doc: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plan", required=True, help="experiment, or a plan file")
    parser.add_argument("--deliveries", type=Path, help="folder of deliveries")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of conf/")
    parser.add_argument("--run-id", help="name of the run; a retry uses the same")
    parser.add_argument("--masked", action="store_true", help="hide small counts")
    parser.add_argument("--once", action="store_true", help="only if never done")
    versions = parser.add_mutually_exclusive_group()
    versions.add_argument(
        "--as-known-on",
        type=date.fromisoformat,
        metavar="DAY",
        help="only what was delivered by this day, whatever the plan says",
    )
    versions.add_argument(
        "--data-version", metavar="NAME", help="this data version, used before"
    )
    versions.add_argument(
        "--compare",
        nargs=2,
        metavar=("FROM", "TO"),
        help="for compare_versions: two data versions, by name or day",
    )
    parser.add_argument("--rebuild", action="store_true", help="make everything again")
    return parser


def _new_id(job: str) -> str:
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}-{job}-{secrets.token_hex(2)}"


def require_disk(out: Path) -> None:
    """Stop before a run that has no room.

    Args:
        out: Folder that the run writes to.

    Raises:
        MachineError: Less than 1 GiB is free, or the folder can't be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(out).free
    except OSError as broken:
        raise MachineError(
            f"{out} can't be written ({broken.strerror}): name another folder in "
            "conf/local/settings.yaml (out)."
        ) from None
    if free < FREE_BYTES:
        raise MachineError(
            f"{free >> 20} MiB are free under {out}, and a run needs at least 1 GiB: "
            "free some space, or name another folder in conf/local/settings.yaml."
        )


def require_deliveries(run: Run) -> Path:
    """Return the folder of deliveries.

    Args:
        run: The run.

    Returns:
        The folder.

    Raises:
        ConfigError: None was named, or it is not there.
    """
    if run.deliveries is None or not run.deliveries.is_dir():
        raise ConfigError(
            "Name the folder of deliveries with --deliveries: one subfolder per "
            "mapping of the plan (docs/registers.md)."
        )
    return run.deliveries
