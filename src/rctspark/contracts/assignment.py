"""Assignment: the lists as delivered, and the arm that the analysis follows."""

from __future__ import annotations

from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.person import PERSON_ID, TRAITS
from rctspark.contracts.table import Column, Table

ASSIGNMENT_LISTS = Table(
    name="assignment_lists",
    grain="one row per delivery and person on an assignment list",
    key=("delivery_id", "person_id"),
    columns=(
        DELIVERY_ID,
        PERSON_ID,
        Column("listed_on", "date", "Day of the list."),
        Column("site", "string", "Office or municipality.", null_means="one site"),
        Column("arm_recorded", "string", "Arm as the site recorded it."),
        Column("stratum", "string", "Stratum of the draw.", null_means="none"),
        TRAITS,
    ),
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
)

ASSIGNMENT = Table(
    name="assignment",
    grain="one row per enrolled person",
    key=("person_id",),
    columns=(
        PERSON_ID,
        Column(
            "arm_by_rule",
            "string",
            "Arm that the plan's rule gives.",
            null_means="the plan has no rule: the recorded arm is the draw's",
        ),
        Column(
            "arm_recorded",
            "string",
            "Arm on the assignment list.",
            null_means="the person is on no list",
        ),
        Column("arm", "string", "Arm that the analysis follows."),
        Column("stratum", "string", "Stratum of the draw.", null_means="none"),
        Column(
            "is_discordant",
            "boolean",
            "The recorded arm is not the one that the rule gives.",
        ),
    ),
)
