"""Which days the registers behind results speak for, and which they don't."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What the plan of an experiment says of days.

    Attributes:
        until: End of follow-up.
        not_known: Table to the first days of months that are not known, whatever
            its files say.
    """

    until: dt.date
    not_known: Mapping[str, Sequence[dt.date]] = field(default_factory=dict)


FOLLOWED = (BENEFIT_SPELLS.name, PAYROLL.name, CONTACTS.name)
EXPERIMENTS = "experiments/"


def lay_out_coverage(
    deliveries: Rows, data_versions: Rows, asked: Mapping[str, Asked]
) -> list[Part]:
    """Lay out what the registers of each data version speak for.

    Args:
        deliveries: Rows of DELIVERIES.
        data_versions: Rows of DATA_VERSIONS with `scope`.
        asked: Experiment to what its plan says of days; others are only looked at
            for gaps between files.

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
            "follow_up": asked[experiment].until if experiment in asked else None,
            "registers": _registers(rows, asked.get(experiment)),
        }
        for (experiment, name), rows in sorted(sets.items())
    ]


def _registers(rows: Rows, asked: Asked | None) -> list[Part]:
    chosen = read_deliveries(rows)
    version = name_version(chosen, max(d.delivered_on for d in chosen))
    until = asked.until if asked else None
    return [
        {
            "register": register,
            "days": _days(version, register),
            "missing": [
                *(s.words for s in find_silences(version, [register], until=until)),
                *_said_unknown(register, asked),
            ],
        }
        for register in FOLLOWED
        if version.of(register)
    ]


def _said_unknown(register: str, asked: Asked | None) -> list[str]:
    months = asked.not_known.get(register, ()) if asked else ()
    if not months:
        return []
    named = ", ".join(f"{month:%Y-%m}" for month in sorted(months))
    return [f"{register}: the plan says that {named} is not known"]


def _days(version: DataVersion, register: str) -> list[str]:
    return [
        f"until {days.last}"
        if days.first == LONG_AGO
        else f"{days.first} to {days.last}"
        for days in version.coverage(register).stretches
    ]
