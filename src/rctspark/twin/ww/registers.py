"""Write the registers of the experiment as an agency would deliver them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from rctspark.errors import ConfigError
from rctspark.twin.ww.contact_files import agenda_sheets, service_sheets
from rctspark.twin.ww.files import DeliveryFolder, require_apart, sum_by_register
from rctspark.twin.ww.identity import draw_bsn_pool
from rctspark.twin.ww.list_files import list_sheets
from rctspark.twin.ww.payroll_files import payroll_sheets
from rctspark.twin.ww.person_files import person_sheets
from rctspark.twin.ww.persons import PERSONS
from rctspark.twin.ww.spell_files import spell_sheets
from rctspark.twin.ww.truth import PERSONS_FILE, Truth, TwinSummary, persons_table
from rctspark.twin.ww.world import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rctspark.twin.ww.files import Sheet
    from rctspark.twin.ww.world import World

LARGEST_SCALE = 100


def write_ww_registers(
    folder: Path, *, truth: Path, seed: int = 20120723, scale: int = 1
) -> TwinSummary:
    """Write made-up registers of the experiment, and the truth apart from them.

    The files hold events only: nothing in them says who is enrolled or what an
    intervention did. The same seed and scale give the same bytes. Parts are made one
    after another, so that memory does not grow with the scale.

    Args:
        folder: Delivery folder; gets a subfolder per register. Files of an earlier
            twin in it are replaced.
        truth: Folder for what the twin was built from; not inside `folder`.
        seed: Seed of all random numbers.
        scale: Parts of the twin; each has 9,237 enrolled among some 31,000 persons.

    Returns:
        What was written.

    Raises:
        ConfigError: The truth would lie among the deliveries, or the scale is not
            between 1 and 100.
    """
    if not 1 <= scale <= LARGEST_SCALE:
        raise ConfigError(
            f"The scale of a twin lies between 1 and {LARGEST_SCALE}, not at {scale}: "
            "there are no more made-up BSNs than that."
        )
    require_apart(folder, truth)
    truth.mkdir(parents=True, exist_ok=True)
    known = Truth()
    pool = draw_bsn_pool(seed, persons=scale * PERSONS)
    worlds = (make_world(seed, part, pool) for part in range(scale))
    with DeliveryFolder(folder) as deliveries:
        _write_parts(worlds, deliveries, known, truth)
    summary = _summary(known, deliveries, seed=seed, scale=scale)
    known.write(truth, summary)
    return summary


def sheets_of(world: World) -> Iterator[Sheet]:
    """Write everything that happened in one part as rows of the registers' files.

    Args:
        world: One part of the twin.

    Returns:
        The sheets, one register after another.
    """
    return chain(
        person_sheets(world),
        spell_sheets(world),
        payroll_sheets(world),
        agenda_sheets(world),
        service_sheets(world),
        list_sheets(world),
    )


def _write_parts(
    worlds: Iterator[World], deliveries: DeliveryFolder, known: Truth, truth: Path
) -> None:
    writer = None
    for world in worlds:
        known.add_world(world)
        table = persons_table(world)
        writer = writer or pq.ParquetWriter(truth / PERSONS_FILE, table.schema)
        writer.write_table(table)
        for sheet in sheets_of(world):
            deliveries.add(sheet)
            known.add_faults(sheet.faults)
    if writer:
        writer.close()


def _summary(
    known: Truth, deliveries: DeliveryFolder, *, seed: int, scale: int
) -> TwinSummary:
    faults = [(path, rows) for (path, _), rows in known.faults.items()]
    return TwinSummary(
        seed=seed,
        scale=scale,
        persons=sum(known.roles.values()),
        enrolled=sum(known.arms.values()),
        enrolled_per_arm=dict(known.arms),
        persons_per_role=dict(known.roles),
        recorded_arm_errors=known.errors,
        rows_per_register=sum_by_register(deliveries.rows.items()),
        rows_per_file=dict(deliveries.rows),
        faulty_rows=sum_by_register(faults),
    )
