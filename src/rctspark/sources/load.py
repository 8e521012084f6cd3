"""Loading: the files that are not in the lake yet, conformed table by table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from rctspark.config.mapping import FEEDABLE
from rctspark.contracts import DELIVERIES
from rctspark.errors import DeliveryError, IdentityError, listed
from rctspark.sources.accounted import count_collisions
from rctspark.sources.conform import conform_rows
from rctspark.sources.raw import read_raw

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from pyspark.sql import Row, SparkSession

    from rctspark.config.mapping import Feed
    from rctspark.sources.delivered import DeliveredFile


@dataclass(frozen=True, slots=True)
class Load:
    """One file, about to be read for one table.

    Attributes:
        file: The file.
        table: Name of the table.
        feeds: The mapping's ways to make rows of the table from the file.
    """

    file: DeliveredFile
    table: str
    feeds: tuple[Feed, ...]

    @property
    def delivery_id(self) -> str:
        """Name of the file as a delivery for the table."""
        return self.file.delivery_id(self.table)


def pending_loads(
    files: Iterable[DeliveredFile], known: Sequence[Row]
) -> tuple[Load, ...]:
    """Find what is not in the lake yet.

    Args:
        files: Delivered files.
        known: Rows of DELIVERIES.

    Returns:
        The loads still to do: also of files whose mapping has changed since.

    Raises:
        DeliveryError: A file claims to be a version that is known with other content.
    """
    by_id = {row["delivery_id"]: row["mapping_sha256"] for row in known}
    by_version = {
        (row["register"], row["mapping"], row["period"], row["version"]): row["sha256"]
        for row in known
    }
    loads, faults = [], []
    for load in (load for file in files for load in _loads(file)):
        file = load.file
        place = (load.table, file.mapping.name, file.period, file.version)
        if by_version.get(place, file.sha256) != file.sha256:
            faults.append(
                f"{file.name}: version {file.version} of {file.period} was loaded "
                "before, with other content"
            )
        elif by_id.get(load.delivery_id) != file.mapping.digest():
            loads.append(load)
    if faults:
        raise DeliveryError(
            f"{len(faults)} file(s) contradict what was loaded; nothing was read:\n"
            f"{listed(faults)}\nGive a corrected delivery a version of its own."
        )
    return tuple(loads)


def conform_loads(
    spark: SparkSession, pads: DataFrame, loads: Sequence[Load]
) -> tuple[DataFrame, list[Observation]]:
    """Conform all files that feed one table.

    Args:
        spark: The session.
        pads: The key of the pseudonyms.
        loads: Loads of one table.

    Returns:
        Rows of `conform_rows`, to be written before `merge_repeated` reads them; and
        the counters that know, once that is done, how many rows each file held for
        the table.
    """
    parts: list[DataFrame] = []
    counters: list[Observation] = []
    by_layout: dict[str, list[Load]] = {}
    for load in loads:
        by_layout.setdefault(load.file.mapping.name, []).append(load)
    for together in by_layout.values():
        # One plan for all files of a layout: they differ in nothing but literals.
        raw = reduce(DataFrame.unionByName, [_read(spark, load) for load in together])
        for feed in together[0].feeds:
            counter = Observation(f"{together[0].delivery_id}-{len(parts)}")
            counters.append(counter)
            parts.append(
                conform_rows(
                    raw,
                    pads,
                    mapping=together[0].file.mapping,
                    feed=feed,
                    deliveries=[load.delivery_id for load in together],
                    read=counter,
                )
            )
    return reduce(DataFrame.unionByName, parts), counters


def repeated_in(loads: Iterable[Load]) -> set[str]:
    """Return what the mappings say of rows of one key: `sum`, `reject`, or both."""
    return {feed.repeated for load in loads for feed in load.feeds}


def _read(spark: SparkSession, load: Load) -> DataFrame:
    file = load.file
    return read_raw(spark, file).withColumns(
        {
            "delivery_id": F.lit(load.delivery_id),
            "_period": F.lit(file.period),
            "_delivered_on": F.lit(file.delivered_on),
        }
    )


def describe_deliveries(
    loads: Sequence[Load],
    *,
    read: Sequence[Observation],
    counted: Iterable[Row],
    loaded_at: dt.datetime,
) -> list[dict[str, Any]]:
    """Describe what was loaded.

    Args:
        loads: What was loaded.
        read: Counters of `conform_loads`.
        counted: Rows of `count_rows`.
        loaded_at: The moment.

    Returns:
        Rows of DELIVERIES. Rows read come from the file, kept and rejected from what
        was written: the contract holds them against one another.
    """
    counts = {row["delivery_id"]: row.asDict() for row in counted}
    held: Counter[str] = Counter()
    for counter in read:
        held.update(counter.get)
    rows = []
    for load in loads:
        file = load.file
        facts = counts.get(load.delivery_id, {}) | {
            "delivery_id": load.delivery_id,
            "register": load.table,
            "mapping": file.mapping.name,
            "period": file.period,
            "version": file.version,
            "delivered_on": file.delivered_on,
            "loaded_at": loaded_at,
            "file_name": file.name,
            "sha256": file.sha256,
            "mapping_sha256": file.mapping.digest(),
            "identifier_kind": file.mapping.identifier.kind,
            "is_synthetic": file.is_synthetic,
            "covers_from": file.covers_from,
            "covers_to": file.covers_to,
            "rows_read": held[load.delivery_id],
        }
        rows.append({name: facts.get(name, 0) for name in DELIVERIES.names})
    return rows


def require_distinct_persons(keys: DataFrame) -> None:
    """Stop if two persons share a pseudonym.

    Args:
        keys: PERSON_KEYS of every delivery, old and new.

    Raises:
        IdentityError: Says how many; with 63 bits, one expects none among a billion.
    """
    row = count_collisions(keys).first()
    if row is not None and row["n"]:
        raise IdentityError(
            f"{row['n']} pseudonym(s) stand for more than one person. Nothing was "
            "published: choose another key and load all deliveries again."
        )


def _loads(file: DeliveredFile) -> list[Load]:
    names = dict.fromkeys(feed.table for feed in file.mapping.feeds)
    order = [name for name in FEEDABLE if name in names]
    return [
        Load(file, name, tuple(f for f in file.mapping.feeds if f.table == name))
        for name in order
    ]
