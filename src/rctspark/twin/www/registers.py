"""Write the registers of the experiment as their keepers would deliver them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from rctspark.errors import ConfigError
from rctspark.twin.ww import cells
from rctspark.twin.ww.files import (
    LABEL,
    DeliveryFolder,
    require_apart,
    sum_by_register,
    write_readme,
)
from rctspark.twin.ww.truth import TwinSummary
from rctspark.twin.www import targets as t
from rctspark.twin.www.benefit_files import benefit_sheets
from rctspark.twin.www.municipal_files import contact_sheets, study_sheets
from rctspark.twin.www.payroll_files import payroll_sheets
from rctspark.twin.www.people import Stage
from rctspark.twin.www.person_files import person_sheets
from rctspark.twin.www.questionnaire_files import questionnaire_sheets
from rctspark.twin.www.world import DIGITS, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rctspark.twin.ww.faults import PlantedFault
    from rctspark.twin.ww.files import Sheet
    from rctspark.twin.www.world import World

LARGEST_SCALE = 100
WHAT = "nothing real: the truth from which a twin was built, to compare results with"


def write_www_registers(
    folder: Path, *, truth: Path, seed: int = 20180504, scale: int = 1
) -> TwinSummary:
    """Write made-up registers of the experiment, and the truth apart from them.

    The same seed and scale give the same bytes.

    Args:
        folder: Delivery folder; gets a subfolder per register. Files of an earlier
            twin in it are replaced.
        truth: Folder for what the twin was built from; not inside `folder`.
        seed: Seed of all random numbers.
        scale: Parts of the twin; each has 752 and 35 drawn among 13,650 persons.

    Returns:
        What was written.

    Raises:
        ConfigError: The truth would lie among the deliveries, or the scale is not
            between 1 and 100.
    """
    if not 1 <= scale <= LARGEST_SCALE:
        raise ConfigError(
            f"The scale of a twin lies between 1 and {LARGEST_SCALE}, not at {scale}."
        )
    require_apart(folder, truth)
    truth.mkdir(parents=True, exist_ok=True)
    write_readme(truth, WHAT)
    roles: Counter[str] = Counter()
    arms: Counter[str] = Counter()
    faults: list[PlantedFault] = []
    writer = None
    with DeliveryFolder(folder) as deliveries:
        for part in range(scale):
            world = make_world(seed, part)
            roles.update(Stage(int(s)).name.lower() for s in world.people.stage)
            arms.update(t.ARMS[a] for a in world.people.arm if a >= 0)
            table = persons_table(world)
            path = truth / f"{LABEL}_truth_persons.parquet"
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
            for sheet in sheets_of(world):
                deliveries.add(sheet)
                faults += sheet.faults
    if writer:
        writer.close()
    summary = TwinSummary(
        seed=seed,
        scale=scale,
        persons=sum(roles.values()),
        enrolled=sum(arms.values()),
        enrolled_per_arm=dict(arms),
        persons_per_role=dict(roles),
        recorded_arm_errors=0,
        rows_per_register=sum_by_register(deliveries.rows.items()),
        rows_per_file=dict(deliveries.rows),
        faulty_rows=sum_by_register((f.file, f.rows) for f in faults),
    )
    _write_truth(truth, summary, faults)
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
        benefit_sheets(world),
        payroll_sheets(world),
        contact_sheets(world),
        study_sheets(world),
        questionnaire_sheets(world),
    )


def persons_table(world: World) -> pa.Table:
    """Return one row per person with the truth about them.

    Args:
        world: One part of the twin.

    Returns:
        rinperson (made up), site, stage, arm (null: none) and the categories.
    """
    people = world.people
    named = cells.padded(people.number, DIGITS)
    stages = [stage.name.lower() for stage in Stage]
    return pa.table(
        {
            "rinperson": named,
            "site": cells.codes(people.site, ("utrecht", "zeist")),
            "stage": cells.codes(people.stage, stages),
            "arm": cells.codes(people.arm % 5, (*t.ARMS, None)),
        }
        | {name: pa.array(values) for name, values in people.traits.items()}
    )


def _write_truth(truth: Path, summary: TwinSummary, faults: list[PlantedFault]) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for fault in faults:
        counted[fault.file, fault.fault] += fault.rows
    path = truth / f"{LABEL}_truth_faults.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("register", "file", "fault", "rows"))
        writer.writerows(
            (name.split("/")[0], name, what, n)
            for (name, what), n in sorted(counted.items())
        )
    text = json.dumps(asdict(summary), indent=2, sort_keys=True)
    (truth / f"{LABEL}_truth_summary.json").write_text(text + "\n", encoding="utf-8")
