"""Data versions: named sets of deliveries, as known on a day."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rctspark.errors import DeliveryError, IdentityError, listed
from rctspark.periods import Coverage, Days

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

DIGEST_LENGTH = 8
LONG_AGO = dt.date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of DELIVERIES, as far as versions need it.

    Attributes:
        delivery_id: Its name.
        register: Table that it feeds.
        mapping: Mapping that read it: a register can have several sources.
        period: Period that it speaks for.
        version: Version of that period.
        delivered_on: Day of delivery.
        identifier_kind: How it names persons.
        covers_from: First day that it speaks for; None: no first day.
        covers_to: Last day that it speaks for.
        is_synthetic: Whether its file says of itself that it is made up.
        file_name: Path of its file below the delivery folder.
    """

    delivery_id: str
    register: str
    mapping: str
    period: str
    version: str
    delivered_on: dt.date
    identifier_kind: str
    covers_from: dt.date | None
    covers_to: dt.date
    is_synthetic: bool = False
    file_name: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """What it speaks for: later deliveries of the same place replace it."""
        return (self.register, self.mapping, self.period)

    @property
    def rank(self) -> tuple[dt.date, int, str, str]:
        """Orders deliveries of one place from old to new: V9 before V10."""
        number = re.search(r"\d+", self.version)
        return (
            self.delivered_on,
            int(number[0]) if number else 0,
            self.version,
            self.delivery_id,
        )

    def contains(self, other: Delivery) -> bool:
        """Tell whether another speaks for a part of the period: a month of 2013."""
        is_part = other.period.startswith(f"{self.period}-")
        return is_part and self.place[:2] == other.place[:2]

    def replaces(self, other: Delivery) -> bool:
        """Tell whether it was delivered after a part of its period."""
        return self.contains(other) and other.delivered_on < self.delivered_on

    @property
    def title(self) -> str:
        """What a sentence calls it."""
        return (
            f"{self.register} {self.period} {self.version}, delivered on "
            f"{self.delivered_on}"
        )


@dataclass(frozen=True, slots=True)
class DataVersion:
    """A named set of deliveries.

    Attributes:
        name: Its name, from the day and the deliveries: the same set has the same
            name wherever it is made.
        as_known_on: Day whose knowledge it holds.
        deliveries: The newest delivery of each register, source and period.
    """

    name: str
    as_known_on: dt.date
    deliveries: tuple[Delivery, ...]

    def of(self, register: str) -> tuple[Delivery, ...]:
        """Return the deliveries of one register."""
        return tuple(d for d in self.deliveries if d.register == register)

    def files(self, *registers: str) -> tuple[str, ...]:
        """Return the names of the files of some registers, each once."""
        names = (d.file_name for register in registers for d in self.of(register))
        return tuple(dict.fromkeys(names))

    def coverage(self, register: str) -> Coverage:
        """Return the days that one register speaks for in this version.

        Where a register has several sources, a day counts as covered if each of them
        covers it: a day that one source misses is not known in full.
        """
        sources = {d.mapping for d in self.of(register)}
        each = [self.spoken_by(register, source) for source in sorted(sources)]
        if not each:
            return Coverage(())
        common = each[0]
        for other in each[1:]:
            common = _common(common, other)
        return common

    def spoken_by(self, register: str, source: str) -> Coverage:
        """Return the days that one source (mapping) of a register speaks for."""
        return Coverage.of(
            [
                Days(d.covers_from or LONG_AGO, d.covers_to)
                for d in self.of(register)
                if d.mapping == source
            ]
        )


def as_known_on(deliveries: Iterable[Delivery], day: dt.date) -> DataVersion:
    """Name the set of deliveries that was known on a day.

    Args:
        deliveries: Every delivery.
        day: The day.

    Returns:
        The newest delivery of each register, source and period delivered by `day`.
        A year replaces the months of it that were delivered before.

    Raises:
        DeliveryError: Nothing had been delivered by then; or a month was delivered
            anew after the year that holds it.
    """
    newest: dict[tuple[str, str, str], Delivery] = {}
    for delivery in sorted(deliveries, key=lambda d: d.rank):
        if delivery.delivered_on <= day:
            newest = {p: d for p, d in newest.items() if not delivery.replaces(d)}
            newest[delivery.place] = delivery
    if not newest:
        raise DeliveryError(
            f"Nothing had been delivered by {day}; name a later day in the plan "
            "(registers.as_known_on), or load deliveries first."
        )
    _require_apart(newest.values())
    return name_version(newest.values(), day)


def _require_apart(chosen: Collection[Delivery]) -> None:
    """Refuse a month beside a year that speaks for it: its rows would count twice."""
    faults = [
        f"{part.title}, is part of {whole.title}"
        for whole in chosen
        for part in chosen
        if whole.contains(part) and (part.covers_from or LONG_AGO) <= whole.covers_to
    ]
    if faults:
        raise DeliveryError(
            f"Rows would count twice: {len(faults)} deliveries are part of one that "
            f"was not delivered after them:\n{listed(faults)}\nDeliver the whole "
            "anew, or name an earlier day in the plan (registers.as_known_on)."
        )


def choose_version(
    deliveries: Sequence[Delivery],
    *,
    as_known: dt.date | None,
    name: str | None,
    named: Mapping[str, Sequence[str]],
) -> DataVersion:
    """Find the data version that a plan asks for.

    Args:
        deliveries: Every delivery.
        as_known: Day whose knowledge is wanted, or None.
        name: Name of a data version that was made before, or None.
        named: Data versions made before: name to delivery ids.

    Returns:
        The data version.

    Raises:
        DeliveryError: There is no such version, or a delivery of it is gone.
    """
    if as_known is not None:
        return as_known_on(deliveries, as_known)
    assert name is not None  # noqa: S101 (a plan gives one of the two)
    known = {d.delivery_id: d for d in deliveries}
    if name not in named:
        raise DeliveryError(
            f"No data version is called {name}; there are: "
            f"{', '.join(sorted(named)) or 'none yet'}."
        )
    gone = [i for i in named[name] if i not in known]
    if gone:
        raise DeliveryError(
            f"{len(gone)} of {len(named[name])} deliveries of data version {name} are "
            "not in the lake any more: load the files again (same content, same name)."
        )
    chosen = [known[i] for i in named[name]]
    return DataVersion(
        name, max(d.delivered_on for d in chosen), tuple(sorted(chosen, key=_place))
    )


def _place(delivery: Delivery) -> tuple[tuple[str, str, str], str]:
    return (delivery.place, delivery.delivery_id)


def read_deliveries(rows: Iterable[Any]) -> tuple[Delivery, ...]:
    """Turn rows of DELIVERIES into what data versions are made of."""
    names = Delivery.__dataclass_fields__
    return tuple(Delivery(**{name: row[name] for name in names}) for row in rows)


def name_version(deliveries: Iterable[Delivery], day: dt.date) -> DataVersion:
    """Name a set of deliveries by the day and its content.

    Args:
        deliveries: The set.
        day: Day whose knowledge it holds.

    Returns:
        The data version.
    """
    chosen = tuple(sorted(deliveries, key=_place))
    said = "\n".join(d.delivery_id for d in chosen)
    digest = hashlib.sha256(said.encode()).hexdigest()[:DIGEST_LENGTH]
    return DataVersion(f"known-{day.isoformat()}-{digest}", day, chosen)


def require_registers(version: DataVersion, registers: Sequence[str]) -> None:
    """Stop if a register that is needed has no delivery.

    Args:
        version: The data version.
        registers: Names of the tables needed.

    Raises:
        DeliveryError: Names all that are missing.
    """
    missing = [name for name in registers if not version.of(name)]
    if missing:
        raise DeliveryError(
            f"Data version {version.name} has no delivery for {', '.join(missing)}; "
            "load one, or name a later day in the plan (registers.as_known_on)."
        )


def require_one_kind(version: DataVersion, *, has_links: bool) -> str:
    """Return the identifier kind of the experiment's persons.

    Args:
        version: The data version.
        has_links: Whether the plan joins kinds by a delivered link table.

    Returns:
        The kind of the assignment lists, or of the only kind there is.

    Raises:
        IdentityError: Registers name persons in different kinds without a link.
    """
    kinds: Mapping[str, set[str]] = {
        kind: {d.register for d in version.deliveries if d.identifier_kind == kind}
        for kind in sorted({d.identifier_kind for d in version.deliveries})
    }
    if len(kinds) > 1 and not has_links:
        faults = [
            f"{kind}: {', '.join(sorted(names))}" for kind, names in kinds.items()
        ]
        raise IdentityError(
            "Registers name persons in different ways and would join to nobody:\n"
            f"{listed(faults)}\nDeliver a link table (person_links) and say "
            "registers.links: true in the plan."
        )
    lists = version.of("assignment_lists") or version.of("persons")
    return lists[0].identifier_kind if lists else next(iter(kinds))


def version_rows(version: DataVersion) -> list[dict[str, object]]:
    """Return the rows of DATA_VERSIONS that keep a version."""
    return [
        {
            "data_version": version.name,
            "delivery_id": d.delivery_id,
            "register": d.register,
            "period": d.period,
            "as_known_on": version.as_known_on,
        }
        for d in version.deliveries
    ]


def _common(one: Coverage, other: Coverage) -> Coverage:
    shared = [
        Days(max(a.first, b.first), min(a.last, b.last))
        for a in one.stretches
        for b in other.stretches
        if max(a.first, b.first) <= min(a.last, b.last)
    ]
    return Coverage.of(shared)
