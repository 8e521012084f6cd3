"""Faults planted on purpose, and how many rows each must cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from rctspark.twin.ww.identity import failing_bsns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rctspark.twin.ww.calendar import Ints

Table = Any
"""A pyarrow table; pyarrow has no types that mypy reads."""

FAILING_BSNS = failing_bsns(20)
NO_BSNS = ("000000000",)
NOT_NUMBERS = ("9ABC12345", "", "9000000011")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault in one kind of file.

    Attributes:
        name: What is wrong.
        rows: Rows to add.
        cells: Column to the texts that its cells get, in turn; none: equal copies.
        counts: Rows that are rejected for each row added.
    """

    name: str
    rows: int
    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counts: int = 1


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """Rows of one file that must be rejected, and why.

    Attributes:
        file: Path below the delivery folder.
        fault: What is wrong with them.
        rows: How many rows are rejected for it.
    """

    file: str
    fault: str
    rows: int


def bsn_faults(column: str, *, failing: int, zero: int, other: int) -> list[Fault]:
    """Return faults of an identifier: a failed 11-test, all zeros, no number."""
    return [
        Fault("bsn_fails_11_test", failing, {column: FAILING_BSNS}),
        Fault("bsn_is_all_zeros", zero, {column: NO_BSNS}),
        Fault("bsn_is_no_number", other, {column: NOT_NUMBERS}),
    ]


def plant(
    table: Table,
    faults: list[Fault],
    *,
    rng: np.random.Generator,
    harmless: Ints,
    file: str,
    copied: Ints | None = None,
) -> tuple[Any, list[PlantedFault]]:
    """Add faulty rows to a table.

    A faulty row is a copy of a good one with one thing wrong, so that each has one
    reason to be rejected. The good row stays.

    Args:
        table: Rows without faults.
        faults: What to plant.
        rng: Chooses the rows.
        harmless: Places of rows that may be copied with changes: nobody of the
            experiment is in them.
        file: Path below the delivery folder.
        copied: Places of rows of which equal copies may be made. None: all.

    Returns:
        The table with the faulty rows at its end, and what was planted.
    """
    parts, planted = [table], []
    unused = rng.permutation(harmless)
    for fault in faults:
        if fault.cells:
            places, unused = unused[: fault.rows], unused[fault.rows :]
        else:
            among = np.arange(table.num_rows) if copied is None else copied
            places = rng.choice(among, size=fault.rows, replace=False)
        copies = table.take(pa.array(places))
        for name, texts in fault.cells.items():
            turn = [texts[i % len(texts)] for i in range(copies.num_rows)]
            number = table.schema.get_field_index(name)
            filled = pa.array(turn, type=pa.string())
            copies = copies.set_column(number, name, filled)
        parts.append(copies)
        planted.append(PlantedFault(file, fault.name, copies.num_rows * fault.counts))
    return pa.concat_tables(parts), planted
