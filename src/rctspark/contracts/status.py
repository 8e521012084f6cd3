"""What holds of a person for a while: arrangement, household, education, norm."""

from __future__ import annotations

from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.person import PERSON_ID
from rctspark.contracts.table import Column, Table

STATUSES = Table(
    name="statuses",
    grain="one row per delivery, person, subject and period in one status",
    key=("delivery_id", "person_id", "subject", "start_date"),
    columns=(
        DELIVERY_ID,
        PERSON_ID,
        Column(
            "subject",
            "string",
            "What the status is about, in the mapping's words: household, arrangement.",
        ),
        Column("value", "string", "The status."),
        Column("start_date", "date", "First day on which it holds."),
        Column(
            "end_date",
            "date",
            "Last day on which it holds, included.",
            null_means="it held when it was delivered",
        ),
    ),
    rules={"a status ends on or after it starts": "end_date >= start_date"},
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
)
