"""Benefit spells."""

from __future__ import annotations

from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.person import PERSON_ID, TRAITS
from rctspark.contracts.table import Column, Table

BENEFIT_SPELLS = Table(
    name="benefit_spells",
    grain="one row per delivery, person and uninterrupted period on one benefit",
    key=("delivery_id", "person_id", "benefit", "start_date"),
    columns=(
        DELIVERY_ID,
        PERSON_ID,
        Column("benefit", "string", "Scheme: WW, PW."),
        Column("start_date", "date", "First day covered, included."),
        Column(
            "end_date",
            "date",
            "Last day covered, included.",
            null_means="the spell was running when it was delivered",
        ),
        Column("office", "string", "Office that pays it.", null_means="not known"),
        Column(
            "exit_destination",
            "string",
            "Where the person went at the end, as the benefit administration says.",
            null_means="running, or not known",
        ),
        TRAITS,
    ),
    rules={"a spell ends on or after it starts": "end_date >= start_date"},
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
)
