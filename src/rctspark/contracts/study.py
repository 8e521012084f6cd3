"""The study administration: who was asked, applied, was drawn, and withdrew."""

from __future__ import annotations

from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.person import PERSON_ID, TRAITS
from rctspark.contracts.table import Column, Table

STUDY_LISTS = Table(
    name="study_lists",
    grain="one row per delivery and person of the population that was screened",
    key=("delivery_id", "person_id"),
    columns=(
        DELIVERY_ID,
        PERSON_ID,
        Column("site", "string", "Office or municipality.", null_means="one site"),
        Column(
            "excluded_because",
            "string",
            "Reason not to be asked.",
            null_means="belongs to the target population",
        ),
        Column(
            "is_reference",
            "boolean",
            "Drawn into the reference group, which is never contacted.",
        ),
        Column(
            "invitation_date",
            "date",
            "Day of the invitation; of the reference group, a day drawn from those "
            "of the invited.",
            null_means="not invited",
        ),
        Column("applied_on", "date", "Day of consent.", null_means="did not apply"),
        Column("drawn_on", "date", "Day of the draw.", null_means="not drawn"),
        Column("stratum", "string", "Stratum of the draw.", null_means="not drawn"),
        Column("arm", "string", "Arm of the draw.", null_means="not drawn"),
        Column(
            "withdrawn_on",
            "date",
            "Day of withdrawal after consent.",
            null_means="did not withdraw",
        ),
        Column(
            "withdrawal_reason",
            "string",
            "Why the person withdrew, in the mapping's words.",
            null_means="did not withdraw, or not known",
        ),
        TRAITS,
    ),
    rules={
        "whoever is excluded is neither reference nor invited": (
            "excluded_because IS NULL OR (NOT is_reference AND invitation_date IS NULL)"
        ),
        "nobody of the reference group applies": (
            "NOT is_reference OR applied_on IS NULL"
        ),
        "whoever applied was invited before": (
            "applied_on IS NULL OR coalesce(invitation_date <= applied_on, false)"
        ),
        "whoever is drawn applied and has an arm": (
            "(drawn_on IS NULL) = (arm IS NULL) AND (drawn_on IS NULL OR "
            "coalesce(applied_on <= drawn_on, false))"
        ),
        "nobody is drawn after withdrawing": "withdrawn_on >= drawn_on",
        "whoever withdrew had applied": (
            "withdrawn_on IS NULL OR coalesce(applied_on <= withdrawn_on, false)"
        ),
    },
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
)
