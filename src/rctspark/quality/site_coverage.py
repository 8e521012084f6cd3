"""Which days the registers behind results speak for, and which they don't."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from rctspark.contracts import BENEFIT_SPELLS, CONTACTS, PAYROLL
from rctspark.contracts.silence import find_silences
from rctspark.contracts.versions import LONG_AGO, name_version, read_deliveries

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from rctspark.contracts.versions import DataVersion

    Rows = Sequence[Mapping[str, Any]]
    Part = dict[str, Any]

FOLLOWED = (BENEFIT_SPELLS.name, PAYROLL.name, CONTACTS.name)
EXPERIMENTS = "experiments/"


def lay_out_coverage(
    deliveries: Rows, data_versions: Rows, follow_up: Mapping[str, dt.date]
) -> list[Part]:
    """Lay out what the registers of each data version speak for.

    Args:
        deliveries: Rows of DELIVERIES.
        data_versions: Rows of DATA_VERSIONS with `scope`.
        follow_up: Experiment to the last day that its plan asks about; others are
            only asked for gaps between files.

    Returns:
        One part per experiment and data version, with the registers that are
        followed over time: the days they speak for, and what is missing in words.
    """
    known = {d["delivery_id"]: d for d in deliveries}
    sets: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in data_versions:
        if row["delivery_id"] in known:
            experiment = str(row.get("scope") or "").removeprefix(EXPERIMENTS)
            place = (experiment, row["data_version"])
            sets[place].append(known[row["delivery_id"]])
    return [
        {
            "experiment": experiment,
            "data_version": name,
            "follow_up": follow_up.get(experiment),
            "registers": _registers(rows, follow_up.get(experiment)),
        }
        for (experiment, name), rows in sorted(sets.items())
    ]


def _registers(rows: Rows, until: dt.date | None) -> list[Part]:
    chosen = read_deliveries(rows)
    version = name_version(chosen, max(d.delivered_on for d in chosen))
    return [
        {
            "register": register,
            "days": _days(version, register),
            "missing": [
                s.words for s in find_silences(version, [register], until=until)
            ],
        }
        for register in FOLLOWED
        if version.of(register)
    ]


def _days(version: DataVersion, register: str) -> list[str]:
    return [
        f"until {days.last}"
        if days.first == LONG_AGO
        else f"{days.first} to {days.last}"
        for days in version.coverage(register).stretches
    ]
