"""What is published together, and what it was made from."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a set of tables was made from.

    Attributes:
        run_id: The run.
        job: The job.
        data_version: Named set of deliveries; empty: the deliveries themselves.
        plan_hash: Digest of the plan; None: no plan is involved.
        code_version: Version and digest of the package.
        inputs: Digest of all that the set is made from.
        made_from: `<scope>/<table>` to version: the published tables among it.
        registered_hash: Digest of the plan registered last, where outcomes are
            analysed; None: none was, or they are not.
    """

    run_id: str
    job: str
    data_version: str
    plan_hash: str | None
    code_version: str
    inputs: str
    made_from: Mapping[str, int] = field(default_factory=dict)
    registered_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A set of table versions that belong together.

    Attributes:
        scope: Folder of the lake whose release it is.
        run_id: Run that published it.
        job: Job that published it.
        data_version: Named set of deliveries.
        plan_hash: Digest of the plan; None: no plan is involved.
        code_version: Version and digest of the package.
        inputs: Digest of what it was made from.
        versions: `<scope>/<table>` to Delta version; also the tables of other scopes
            that it was made from.
        released_at: Moment of the release (UTC).
        registered_hash: As in its provenance.
        rows: Table to its rows, where the release has just been made.
        gate_seconds: What its gate took, where the release has just been made.
    """

    scope: str
    run_id: str
    job: str
    data_version: str
    plan_hash: str | None
    code_version: str
    inputs: str
    versions: Mapping[str, int]
    released_at: dt.datetime
    registered_hash: str | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    gate_seconds: float = 0.0


def release_row(provenance: Provenance, versions: Mapping[str, int]) -> dict[str, Any]:
    """Say of a set that is published now what `releases` keeps.

    Args:
        provenance: What it was made from.
        versions: `<scope>/<table>` to Delta version.

    Returns:
        One row of RELEASES.
    """
    now = dt.datetime.now(dt.UTC)
    return asdict(provenance) | {"released_at": now, "versions": dict(versions)}


def release_of(scope: str, row: Mapping[str, Any]) -> Release:
    """Read a release back from its row.

    Args:
        scope: Folder of the lake.
        row: A row of RELEASES.

    Returns:
        The release.
    """
    return Release(
        scope=scope,
        run_id=row["run_id"],
        job=row["job"],
        data_version=row["data_version"],
        plan_hash=row["plan_hash"],
        code_version=row["code_version"],
        inputs=row["inputs"],
        versions=dict(row["versions"]),
        released_at=row["released_at"],
        registered_hash=row["registered_hash"],
    )


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
