"""Contacts between persons and those who serve them."""

from __future__ import annotations

from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.person import PERSON_ID, TRAITS
from rctspark.contracts.table import Column, Table

TOOK_PLACE = "held"
"""Status of a contact that took place."""

CONTACTS = Table(
    name="contacts",
    grain="one row per delivery and contact of one person",
    key=("delivery_id", "person_id", "contact_id"),
    columns=(
        DELIVERY_ID,
        PERSON_ID,
        Column("contact_id", "bigint", "Digest of person and the contact's number."),
        Column("contact_date", "date", "Day of the contact."),
        Column("kind", "string", "Kind of contact, in the mapping's words."),
        Column(
            "status",
            "string",
            "What became of it; only `held` took place.",
            allowed=("held", "cancelled", "no_show", "planned"),
        ),
        Column(
            "started_by",
            "string",
            "Who started it.",
            null_means="not known",
            allowed=("authority", "person", "other"),
        ),
        TRAITS,
    ),
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
)
