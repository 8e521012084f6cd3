"""The registers of a plan, at its data version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rctspark.contracts import DATA_VERSIONS, DELIVERIES, PERSON_LINKS
from rctspark.contracts.versions import (
    DataVersion,
    choose_version,
    read_deliveries,
    require_one_kind,
    require_registers,
)
from rctspark.errors import DeliveryError, IdentityError, StoreError
from rctspark.periods import Days, PeriodKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rctspark.contracts import Linking, Table
    from rctspark.periods import Coverage
    from rctspark.runtime.releases import Release
    from rctspark.runtime.run import Run


@dataclass(frozen=True, slots=True)
class Registers:
    """Conformed tables of one data version.

    Attributes:
        run: The run that reads them.
        release: The release that they are read from.
        version: The data version.
        deliveries: DELIVERIES.
        kind: Identifier kind of the experiment's persons.
        linking: How registers of another kind are joined.
    """

    run: Run
    release: Release
    version: DataVersion
    deliveries: DataFrame
    kind: str
    linking: Linking

    @property
    def coverage(self) -> dict[str, Coverage]:
        """The days that each register speaks for, by table name.

        Months that the plan says are not known are not among them.
        """
        names = {d.register for d in self.version.deliveries}
        return {name: self._covered(name) for name in sorted(names)}

    def _covered(self, table: str) -> Coverage:
        covered = self.version.coverage(table)
        for month in self.run.plan.registers.not_known.get(table, ()):
            following = PeriodKind.MONTH.shift(month, 1)
            covered = covered.without(Days(month, following - timedelta(days=1)))
        return covered

    def known_until(self, *tables: str) -> date:
        """Return the last day that all of some registers speak for.

        Raises:
            DeliveryError: They have no day in common.
        """
        lasts = [self._covered(name).stretches[-1:] for name in tables]
        if not all(lasts):
            raise DeliveryError(
                f"{', '.join(tables)} speak for no day as known on "
                f"{self.version.as_known_on}: name a later day, or load them first."
            )
        return min(stretch.last for one in lasts for stretch in one)

    def rows(self, table: Table) -> DataFrame:
        """Return the rows of one register; none where nothing was delivered.

        Persons are named as the experiment names them: rows of a delivery of another
        identifier kind go through the link table.
        """
        deliveries = self.version.of(table.name)
        if not deliveries:
            return self.run.store.rows(table, ())
        rows = self.run.store.read(self.release, table)
        # By literal ids, so that files of other deliveries are not opened.
        parts = []
        for kind in sorted({d.identifier_kind for d in deliveries}):
            ids = [d.delivery_id for d in deliveries if d.identifier_kind == kind]
            part = rows.filter(F.col("delivery_id").isin(*ids))
            is_ours = kind == self.kind or table.name == PERSON_LINKS.name
            parts.append(part if is_ours else self._linked(part, kind))
        return reduce(DataFrame.unionByName, parts)

    def _linked(self, rows: DataFrame, kind: str) -> DataFrame:
        links = self.linking.newest(self.rows(PERSON_LINKS), self.deliveries)
        return self.linking.attach(rows, links.filter(F.col("linked_kind") == kind))

    def require_clear_links(self) -> None:
        """Stop where a person of another kind is linked to several persons.

        Raises:
            IdentityError: Says how many.
        """
        links = self.linking.newest(self.rows(PERSON_LINKS), self.deliveries)
        per_person = links.groupBy("linked_kind", "linked_person_id").agg(
            F.countDistinct("person_id").alias("n")
        )
        n = per_person.filter("n > 1").count()
        if n:
            raise IdentityError(
                f"{n} person(s) of another register are linked to more than one "
                "person of the experiment, so their rows would count for both. "
                "Deliver a link table that gives each of them one person."
            )


def open_registers(run: Run, needed: Sequence[Table], *, linking: Linking) -> Registers:
    """Open the registers of the run's plan.

    Args:
        run: The run.
        needed: Registers without which the job can't do its work.
        linking: How registers of another identifier kind are joined.

    Returns:
        The registers, pinned to one release.

    Raises:
        StoreError: Nothing was loaded yet.
        DeliveryError: The data version lacks a register that is needed.
        IdentityError: Registers name persons in different ways and are not linked,
            or not clearly.
    """
    try:
        release = run.uses(run.store.pin(run.registers, [DELIVERIES]))
    except StoreError:
        raise StoreError(
            f"Nothing was loaded for {run.registers} yet: run jobs/ingest.py first."
        ) from None
    frame = run.store.read(release, DELIVERIES)
    version = _choose_version(run, frame)
    require_registers(version, [table.name for table in needed])
    kind = require_one_kind(version, has_links=run.plan.registers.links)
    run.log.say(f"data version {version.name}: {len(version.deliveries)} deliveries")
    registers = Registers(run, release, version, frame, kind, linking)
    if any(d.identifier_kind != kind for d in version.deliveries):
        registers.require_clear_links()
    return registers


def _choose_version(run: Run, deliveries: DataFrame) -> DataVersion:
    plan = run.plan.registers
    as_known, name = plan.as_known_on, plan.data_version
    if run.as_known_on or run.data_version:
        as_known, name = run.as_known_on, run.data_version
    rows = deliveries.collect()
    chosen = [d for d in read_deliveries(rows) if d.mapping in plan.mappings]
    named: dict[str, list[str]] = {}
    if name is not None:
        for row in run.store.read_current(run.experiment, DATA_VERSIONS).collect():
            named.setdefault(row["data_version"], []).append(row["delivery_id"])
    return choose_version(chosen, as_known=as_known, name=name, named=named)
