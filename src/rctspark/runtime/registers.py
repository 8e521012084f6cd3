"""The registers of a plan, at its data version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import DATA_VERSIONS, DELIVERIES
from rctspark.contracts.versions import (
    DataVersion,
    choose_version,
    read_deliveries,
    require_one_kind,
    require_registers,
)
from rctspark.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from rctspark.contracts import Table
    from rctspark.periods import Coverage
    from rctspark.runtime.job import Run
    from rctspark.runtime.store import Release


@dataclass(frozen=True, slots=True)
class Registers:
    """Conformed tables of one data version.

    Attributes:
        run: The run that reads them.
        release: The release that they are read from.
        version: The data version.
        deliveries: DELIVERIES.
    """

    run: Run
    release: Release
    version: DataVersion
    deliveries: DataFrame

    @property
    def coverage(self) -> dict[str, Coverage]:
        """The days that each register speaks for, by table name."""
        names = {d.register for d in self.version.deliveries}
        return {name: self.version.coverage(name) for name in sorted(names)}

    def rows(self, table: Table) -> DataFrame:
        """Return the rows of one register; none where nothing was delivered."""
        ids = [d.delivery_id for d in self.version.of(table.name)]
        if not ids:
            return self.run.store.rows(table, ())
        rows = self.run.store.read(self.release, table)
        # By literal ids, so that files of other deliveries are not opened.
        return rows.filter(F.col("delivery_id").isin(*ids))


def open_registers(run: Run, needed: Sequence[Table]) -> Registers:
    """Open the registers of the run's plan.

    Args:
        run: The run.
        needed: Registers without which the job can't do its work.

    Returns:
        The registers, pinned to one release.

    Raises:
        StoreError: Nothing was loaded yet.
        DeliveryError: The data version lacks a register that is needed.
        IdentityError: Registers name persons in different ways.
    """
    try:
        release = run.uses(run.store.pin(run.registers, [DELIVERIES]))
    except StoreError:
        raise StoreError(
            f"Nothing was loaded for {run.registers} yet: run jobs/ingest.py first."
        ) from None
    frame = run.store.read(release, DELIVERIES)
    plan = run.plan.registers
    chosen = [d for d in read_deliveries(frame.collect()) if d.mapping in plan.mappings]
    named: dict[str, list[str]] = {}
    if plan.data_version is not None:
        for row in run.store.read_current(run.experiment, DATA_VERSIONS).collect():
            named.setdefault(row["data_version"], []).append(row["delivery_id"])
    version = choose_version(
        chosen, as_known=plan.as_known_on, name=plan.data_version, named=named
    )
    require_registers(version, [table.name for table in needed])
    require_one_kind(version, has_links=plan.links)
    run.log.say(f"data version {version.name}: {len(version.deliveries)} deliveries")
    return Registers(run, release, version, frame)
