"""Days of which a register says nothing, and the files between which they lie."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rctspark.errors import DeliveryError, listed
from rctspark.periods import PeriodKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rctspark.contracts.versions import DataVersion

DAY = dt.timedelta(days=1)
MONTH = PeriodKind.MONTH


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch of days of which one source of a register says nothing.

    Attributes:
        register: Table of the register.
        source: Mapping of the files.
        first: First day that no file speaks for.
        last: Last such day, at most the end of follow-up.
        before: Files that speak until the day before.
        after: Files that speak again from the day after; empty: none do.
    """

    register: str
    source: str
    first: dt.date
    last: dt.date
    before: tuple[str, ...]
    after: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What is missing, between which files."""
        before = ", ".join(self.before)
        if self.after:
            return (
                f"{self.register} says nothing of {self.first} to {self.last}: no file "
                f"of {self.source} speaks for it, between {before} and "
                f"{', '.join(self.after)}"
            )
        return (
            f"{self.register} is known until {self.first - DAY}, and the plan follows "
            f"until {self.last}: of {self.source}, the last file is {before}"
        )


@dataclass(frozen=True, slots=True)
class HeldMonths:
    """Rows of one delivery that lie in the same months.

    Attributes:
        delivery_id: The delivery.
        first_month: First day of the month in which the rows begin.
        last_month: First day of the month in which they end.
        rows: How many there are.
    """

    delivery_id: str
    first_month: dt.date
    last_month: dt.date
    rows: int


def find_silences(
    version: DataVersion, registers: Iterable[str], *, until: dt.date | None
) -> tuple[Silence, ...]:
    """Find the days between files, and after the last one, that nothing speaks for.

    Args:
        version: A data version.
        registers: Names of the tables; those without a delivery are left out.
        until: Last day that is asked about. None: gaps between files alone.

    Returns:
        Register by register, in order of days. Days before the first file are not
        among them.
    """
    return tuple(
        silence
        for register in registers
        for source in sorted({d.mapping for d in version.of(register)})
        for silence in _of_source(version, register, source, until)
    )


def _of_source(
    version: DataVersion, register: str, source: str, until: dt.date | None
) -> Iterator[Silence]:
    mine = [d for d in version.of(register) if d.mapping == source]

    def ending(day: dt.date) -> tuple[str, ...]:
        return tuple(sorted(d.file_name for d in mine if d.covers_to == day))

    def beginning(day: dt.date) -> tuple[str, ...]:
        return tuple(sorted(d.file_name for d in mine if d.covers_from == day))

    stretches = version.spoken_by(register, source).stretches
    for one, following in pairwise(stretches):
        last = following.first - DAY
        if until is None or one.last < until:
            yield Silence(
                register,
                source,
                one.last + DAY,
                min(last, until or last),
                ending(one.last),
                beginning(following.first),
            )
    end = stretches[-1].last
    if until is not None and end < until:
        yield Silence(register, source, end + DAY, until, ending(end))


def require_full_months(
    version: DataVersion,
    register: str,
    held: Sequence[HeldMonths],
    *,
    until: dt.date,
    not_known: Mapping[str, Iterable[dt.date]],
) -> None:
    """Stop where files speak for months of which they hold no row at all.

    One person without a row in a month had none; a whole register without one was cut
    or lost, and every zero that is made of it is wrong.

    Args:
        version: A data version.
        register: Table of the register; each row of it begins and ends on some day.
        held: Its rows, by delivery and months.
        until: Last day that is asked about.
        not_known: Table to the first days of months that the plan says are not known.

    Raises:
        DeliveryError: Names the months and the files.
    """
    faults = []
    known_gaps = set(not_known.get(register, ()))
    for source in sorted({d.mapping for d in version.of(register)}):
        files = {d.delivery_id: d for d in version.of(register) if d.mapping == source}
        rows = [h for h in held if h.delivery_id in files]
        empty = [
            month
            for month in _empty_months(version, register, source, rows, until)
            if month not in known_gaps
        ]
        if not rows or empty:
            speaking = sorted(
                {
                    d.file_name
                    for d in files.values()
                    if not empty
                    or any((d.covers_from or m) <= m <= d.covers_to for m in empty)
                }
            )
            months = ", ".join(f"{m:%Y-%m}" for m in empty) or "any month"
            faults.append(
                f"{source}: no row of {months}, among {sum(h.rows for h in rows):,} "
                f"rows; {', '.join(speaking)} should hold them"
            )
    if faults:
        raise DeliveryError(
            f"{register} lacks whole months for which its files speak, and each would "
            f"read as 'nothing there':\n{listed(faults)}\nAsk for complete files. "
            "Where they can't be had, name the months in the plan, by their first "
            f"days (registers.not_known, {register}): what needs them is then null."
        )


def _empty_months(
    version: DataVersion,
    register: str,
    source: str,
    rows: Sequence[HeldMonths],
    until: dt.date,
) -> Iterator[dt.date]:
    """Return the covered months since the first row in which no row lies."""
    if not rows:
        return
    month = min(h.first_month for h in rows)
    coverage = version.spoken_by(register, source)
    while (following := MONTH.shift(month, 1)) - DAY <= until:
        is_held = any(h.first_month <= month <= h.last_month for h in rows)
        if not is_held and coverage.holds(month, following - DAY):
            yield month
        month = following
