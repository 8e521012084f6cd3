"""The truth of a twin: what happened, counted from the events, written apart."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rctspark.twin.ww import cells
from rctspark.twin.ww.course import Destination
from rctspark.twin.ww.files import LABEL, write_readme
from rctspark.twin.ww.outcomes import outcomes_of
from rctspark.twin.ww.persons import Role
from rctspark.twin.ww.published import EXITS, JOBS, TIME, rows_of
from rctspark.twin.ww.targets import ARMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rctspark.twin.ww.faults import PlantedFault
    from rctspark.twin.ww.world import World

PERSONS_FILE = f"{LABEL}_truth_persons.parquet"
EFFECTS_FILE = f"{LABEL}_truth_effects.csv"
FAULTS_FILE = f"{LABEL}_truth_faults.csv"
SUMMARY_FILE = f"{LABEL}_truth_summary.json"
PRINTED_NAMES = {
    "first_job_days": "first_job_duration",
    "hourly_wage_eur": "hourly_wage",
}
WHAT = "nothing real: the truth from which a twin was built, to compare results with"


@dataclass(frozen=True, slots=True)
class TwinSummary:
    """What was written.

    Attributes:
        seed: Seed of the twin.
        scale: Parts of the twin.
        persons: Persons in any of the registers.
        enrolled: Persons in the experiment.
        enrolled_per_arm: By arm.
        persons_per_role: Why persons are in the registers.
        recorded_arm_errors: Enrolled whose recorded arm is not their digit's.
        rows_per_register: Rows written, faulty ones too, by subfolder.
        rows_per_file: The same by path below the delivery folder.
        faulty_rows: Rows that must be rejected, by subfolder.
    """

    seed: int
    scale: int
    persons: int
    enrolled: int
    enrolled_per_arm: Mapping[str, int]
    persons_per_role: Mapping[str, int]
    recorded_arm_errors: int
    rows_per_register: Mapping[str, int]
    rows_per_file: Mapping[str, int]
    faulty_rows: Mapping[str, int]


@dataclass(slots=True)
class Truth:
    """Counts over the parts of a twin.

    Attributes:
        n: Persons by outcome, horizon and arm.
        total: Sum of the outcome over them.
        roles: Persons by role.
        arms: Enrolled by arm.
        errors: Enrolled whose arm was recorded wrongly.
        faults: Rows to be rejected by file and fault.
    """

    n: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    total: dict[tuple[str, int, str], float] = field(default_factory=dict)
    roles: Counter[str] = field(default_factory=Counter)
    arms: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add_world(self, world: World) -> None:
        """Count what happened in one part."""
        persons = world.persons
        for role, count in zip(
            *np.unique(persons.role, return_counts=True), strict=True
        ):
            self.roles[Role(role).name.lower()] += int(count)
        for number, arm in enumerate(ARMS):
            in_arm = persons.is_enrolled & (persons.is_intensive == bool(number))
            self.arms[arm.name] += int(in_arm.sum())
            for (outcome, horizon), values in outcomes_of(world).items():
                known = values[in_arm & ~np.isnan(values)]
                key = (outcome, horizon, arm.name)
                self.n[key] += known.size
                self.total[key] = self.total.get(key, 0.0) + float(known.sum())
        self.errors += int(world.listings.is_error.sum())

    def add_faults(self, faults: Iterable[PlantedFault]) -> None:
        """Count the faults planted in one file."""
        for fault in faults:
            self.faults[(fault.file, fault.fault)] += fault.rows

    def write(self, folder: Path, summary: TwinSummary) -> None:
        """Write effects, faults and summary."""
        write_readme(folder, WHAT)
        _write_rows(folder / EFFECTS_FILE, self._effects())
        _write_rows(
            folder / FAULTS_FILE,
            [
                {
                    "register": file.split("/")[0],
                    "file": file,
                    "fault": fault,
                    "rows": n,
                }
                for (file, fault), n in sorted(self.faults.items())
            ],
        )
        text = json.dumps(asdict(summary), indent=2, sort_keys=True)
        (folder / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8")

    def _effects(self) -> list[dict[str, object]]:
        """Return what each arm came to, and the difference, by outcome and horizon."""
        rows: list[dict[str, object]] = []
        for outcome, horizon in dict.fromkeys(key[:2] for key in self.n):
            row: dict[str, object] = {"outcome": outcome, "horizon": horizon}
            means = {}
            for arm in ARMS:
                key = (outcome, horizon, arm.name)
                means[arm.name] = self.total[key] / self.n[key]
                row[f"n_{arm.name}"] = self.n[key]
                row[f"mean_{arm.name}"] = round(means[arm.name], 8)
            row["effect"] = round(means["intensive"] - means["basic"], 8)
            row["effect_aimed_at"] = _aimed_at(outcome, horizon)
            rows.append(row)
        return rows


def persons_table(world: World) -> pa.Table:
    """Return one row per person with the truth about them.

    Args:
        world: One part of the twin.

    Returns:
        bsn (made up), role, arm (by the digit), benefit_start, benefit_end (null: has
        not ended), to_job, destination.
    """
    persons, course = world.persons, world.course
    end = np.where(course.has_left, course.end, np.datetime64("NaT", "D"))
    start = persons.benefit_start
    return pa.table(
        {
            "bsn": cells.bsn(persons.bsn),
            "role": cells.codes(persons.role, [role.name.lower() for role in Role]),
            "arm": cells.codes(
                persons.is_intensive.astype(np.int64), [arm.name for arm in ARMS]
            ),
            "benefit_start": pa.array(start, mask=np.isnat(start)),
            "benefit_end": pa.array(end, mask=np.isnat(end)),
            "to_job": pa.array(course.to_job),
            "destination": cells.codes(
                course.destination, [place.name.lower() for place in Destination]
            ),
        }
    )


def _aimed_at(outcome: str, horizon: int) -> object:
    """Return the published net effect of all, in the unit of the outcome."""
    months = str(horizon or "")
    keys = {
        EXITS: {"outcome": outcome, "horizon_months": months},
        TIME: {"state": outcome.removeprefix("share_in_").replace("neither", "other")},
        JOBS: {"measure": PRINTED_NAMES.get(outcome, outcome)},
    }
    for table, wanted in keys.items():
        for row in rows_of(table):
            if all(row[k] == v for k, v in wanted.items()):
                net = row.get("net_effect_pp") or row["net_effect"]
                in_percent = table != JOBS or row["unit"] == "pct"
                return round(float(net) / (100 if in_percent else 1), 4)
    return None


def _write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
