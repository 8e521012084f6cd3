"""Delivered files: found, named, looked into, hashed; no Spark."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rctspark.errors import DeliveryError, listed
from rctspark.sources.headers import header_faults

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rctspark.config.mapping import Mapping

SYNTHETIC = re.compile("synthetic", re.IGNORECASE)
PERIOD = re.compile(r"(\d{4})(?:-?(\d{2}))?(?:-?(\d{2}))?")
BLOCK_BYTES = 1 << 20
ID_LENGTH = 16
DECEMBER = 12


@dataclass(frozen=True)  # without slots, so that it keeps its digest
class DeliveredFile:
    """One file of a delivery, and what its name says.

    Attributes:
        mapping: The mapping that reads it.
        path: Where it lies; a folder counts as one file in parts (Parquet).
        name: Path below the delivery folder.
        period: Period that it speaks for.
        version: Version of that period's delivery.
        delivered_on: Day of delivery.
        covers_from: First day that it speaks for; None: no first day.
        covers_to: Last day that it speaks for.
    """

    mapping: Mapping = field(repr=False)
    path: Path
    name: str
    period: str
    version: str
    delivered_on: dt.date
    covers_from: dt.date | None
    covers_to: dt.date

    @cached_property
    def sha256(self) -> str:
        """Digest of its bytes, which are read for it when it is first asked for."""
        return _digest(self.path)

    @property
    def is_synthetic(self) -> bool:
        """Whether the file says of itself that it is made up."""
        return SYNTHETIC.search(self.name) is not None

    def delivery_id(self, register: str) -> str:
        """Return the name of this file as a delivery for one register."""
        said = f"{register}|{self.mapping.name}|{self.sha256}"
        return hashlib.sha256(said.encode()).hexdigest()[:ID_LENGTH]


def find_deliveries(
    folder: Path, mappings: Iterable[Mapping]
) -> tuple[DeliveredFile, ...]:
    """Find every file of every mapping, and look at its name and first line.

    Nothing else of a file is read, so this takes no time before Spark is started.

    Args:
        folder: The delivery folder, one subfolder per mapping.
        mappings: Mappings of the plan.

    Returns:
        The files, in the order of mapping and name.

    Raises:
        DeliveryError: A folder is missing or empty; a file is empty or cut off, has
            another delimiter or lacks a column; a name does not say period, version
            or day of delivery; two files are one version. All faults at once.
    """
    found: list[DeliveredFile] = []
    faults: list[str] = []
    for mapping in mappings:
        below = folder / mapping.folder
        paths = _files(below)
        if not paths:
            faults.append(f"{mapping.folder}/ holds no file for {mapping.name}")
        for path in paths:
            try:
                found.append(_described(path, mapping))
            except ValueError as fault:
                faults.append(str(fault))
            faults += [f"{_name(path, mapping)}: {f}" for f in _contents(path, mapping)]
    faults += _repeated_versions(found)
    if faults:
        raise DeliveryError(
            f"{len(faults)} fault(s) in the delivered files; nothing was read:\n"
            f"{listed(faults)}\nAsk for a new delivery, or mend the mapping; "
            "docs/registers.md says what each folder must hold."
        )
    return tuple(found)


def _contents(path: Path, mapping: Mapping) -> list[str]:
    if not any(part.stat().st_size for part in _parts(path)):
        return ["the file is empty"]
    return header_faults(path, mapping)


def _name(path: Path, mapping: Mapping) -> str:
    return f"{mapping.folder}/{path.name}"


def _files(below: Path) -> list[Path]:
    if not below.is_dir():
        return []
    hidden = (".", "_", "README")
    return sorted(p for p in below.iterdir() if not p.name.startswith(hidden))


def _described(path: Path, mapping: Mapping) -> DeliveredFile:
    name = _name(path, mapping)
    said = re.fullmatch(mapping.file.name, path.name, re.IGNORECASE)
    if said is None:
        raise ValueError(f"{name}: the name does not fit {mapping.name}'s file.name")
    groups = said.groupdict()
    layout = mapping.file
    period = groups.get("period") or layout.period or ""
    day = groups.get("delivered_on")
    delivered_on = _day(day, name) if day else layout.delivered_on
    if not period or delivered_on is None:
        raise ValueError(f"{name}: the name gives no period or no day of delivery")
    until = groups.get("until")
    first, last = _covered(
        mapping, period, _day(until, name) if until else delivered_on, name
    )
    return DeliveredFile(
        mapping=mapping,
        path=path,
        name=name,
        period=period,
        version=groups.get("version") or layout.version or "",
        delivered_on=delivered_on,
        covers_from=first,
        covers_to=last,
    )


def _parts(path: Path) -> list[Path]:
    return (
        sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    )


def _digest(path: Path) -> str:
    parts = _parts(path)
    digests = []
    for part in parts:
        digest = hashlib.sha256()
        with part.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
        digests.append(digest.hexdigest())
    if not path.is_dir():
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _day(text: str, name: str) -> dt.date:
    try:
        return dt.datetime.strptime(text.replace("-", ""), "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        raise ValueError(f"{name}: {text} in the name is not a day") from None


def _covered(
    mapping: Mapping, period: str, until: dt.date, name: str
) -> tuple[dt.date | None, dt.date]:
    covers = mapping.covers
    if covers.kind == "history":
        return covers.since, covers.until or until
    parts = PERIOD.fullmatch(period)
    if parts is None:
        raise ValueError(f"{name}: period {period} is no year, month or day")
    year, month, day = (int(part) if part else None for part in parts.groups())
    assert year is not None  # noqa: S101 (the pattern has it)
    try:
        first = dt.date(year, month or 1, day or 1)
    except ValueError:
        raise ValueError(f"{name}: period {period} does not exist") from None
    if day:
        return first, first
    last_month = month or DECEMBER
    after = dt.date(year + last_month // DECEMBER, last_month % DECEMBER + 1, 1)
    # A file that is delivered before its period is over knows nothing of the rest.
    return first, max(first, min(after - dt.timedelta(days=1), until))


def _repeated_versions(found: list[DeliveredFile]) -> list[str]:
    """Name the files that claim to be the same version and are not the same."""
    faults = []
    seen: dict[tuple[str, str, str], DeliveredFile] = {}
    for file in found:
        key = (file.mapping.name, file.period, file.version)
        first = seen.setdefault(key, file)
        if first is not file and first.sha256 != file.sha256:
            faults.append(
                f"{file.name} and {first.name}: both are version {file.version} of "
                f"{file.period}, with other content"
            )
    return faults
