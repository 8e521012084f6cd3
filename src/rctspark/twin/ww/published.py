"""The published tables as rows, from `conf/published/ww`.

Only the code that builds the twin, and the comparison with its results, may read them.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rctspark.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).resolve().parents[4] / "conf" / "published" / "ww"
ARM_SIZES = "table_4_1_arm_sizes"
CONTACTS = "table_4_2_contacts_after_week_10"
ROUNDS = "table_4_3_to_4_6_interview_rounds"
BALANCE = "table_5_1_balance"
EXITS = "table_5_2_and_B_1_exit_rates"
TIME = "table_5_3_and_B_2_time_fractions"
JOBS = "table_5_4_and_B_3_job_quality"


@cache
def rows_of(table: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of one published table.

    Args:
        table: Name of its file, without `.csv`.

    Returns:
        One mapping from column to text per row.

    Raises:
        ConfigError: The file is not there.
    """
    path = FOLDER / f"{table}.csv"
    if not path.is_file():
        raise ConfigError(
            f"conf/published/ww/{table}.csv is not there: the twin is built from the "
            "published figures. Restore the file."
        )
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def counts_of(table: str, *keys: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return counts by arm.

    Args:
        table: Name of the table.
        *keys: Columns that name a row.

    Returns:
        Keys to the counts of the basic and the intensive arm.
    """
    return {
        tuple(row[key] for key in keys): (int(row["basic"]), int(row["intensive"]))
        for row in rows_of(table)
    }
