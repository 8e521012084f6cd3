"""Deliveries: what came in, which of it belongs together, what was set aside."""

from __future__ import annotations

from rctspark.contracts.table import Column, Table

DELIVERY_ID = Column(
    "delivery_id",
    "string",
    "Name of one delivered file for one register: digest of register and content.",
)
IDENTIFIER_KINDS = ("bsn", "rinperson", "opaque")

DELIVERIES = Table(
    name="deliveries",
    grain="one row per delivered file and register that it feeds",
    key=("delivery_id",),
    columns=(
        DELIVERY_ID,
        Column("register", "string", "Conformed table that the file feeds."),
        Column("mapping", "string", "Mapping that says whose column means what."),
        Column("period", "string", "Period that the delivery speaks for: 2013."),
        Column("version", "string", "Version of that period's delivery: V1, V011."),
        Column("delivered_on", "date", "Day on which the file was delivered."),
        Column("loaded_at", "timestamp", "Moment at which it was first loaded (UTC)."),
        Column("file_name", "string", "Path below the delivery folder."),
        Column("sha256", "string", "SHA-256 of the file, hexadecimal."),
        Column("mapping_sha256", "string", "SHA-256 of the mapping as parsed."),
        Column(
            "identifier_kind",
            "string",
            "How the file names persons; kinds only join by a delivered link table.",
            allowed=IDENTIFIER_KINDS,
        ),
        Column("is_synthetic", "boolean", "Whether the file says it is made up."),
        Column(
            "covers_from",
            "date",
            "First day that the file speaks for.",
            null_means="no first day: everything known until `covers_to`",
        ),
        Column("covers_to", "date", "Last day that the file speaks for."),
        Column("rows_read", "bigint", "Rows in the file meant for this register."),
        Column("rows_kept", "bigint", "Rows of the file that were kept."),
        Column("rows_rejected", "bigint", "Rows set aside with a reason."),
        Column("rows_conformed", "bigint", "Rows made of those kept."),
    ),
    rules={
        "rows read are rows kept and rows rejected": (
            "rows_read = rows_kept + rows_rejected"
        ),
        "a delivery does not end before it starts": (
            "covers_from IS NULL OR covers_from <= covers_to"
        ),
    },
    slice_by=("delivery_id",),
)

REJECTED_ROWS = Table(
    name="rejected_rows",
    grain="one row per delivery, reason, person and distinct row set aside",
    key=("delivery_id", "reason", "cells", "person_id"),
    columns=(
        DELIVERY_ID,
        Column("register", "string", "Conformed table that the row was meant for."),
        Column("reason", "string", "First reason for which it was set aside."),
        Column("reasons", "string", "Every reason, separated by '; '."),
        Column(
            "cells",
            "string",
            "The row as JSON. As delivered, identifiers masked, where the row itself "
            "is at fault: a cell can't be read, or it breaks a promise of the "
            "register. As conformed, without persons and delivery, where the row is "
            "sound and others speak against it: it stands there more than once, "
            "contradicts another, says the same, or doesn't fit the experiment.",
        ),
        Column("n_rows", "bigint", "How many equal rows.", unit="rows"),
        Column(
            "person_id",
            "bigint",
            "Pseudonym of the person whom the row names, so that rows which contradict "
            "one another are found together, and in the file again by whoever may hold "
            "file and key (docs/operation.md).",
            null_means=(
                "the row names no person, or was set aside before this was kept"
            ),
        ),
    ),
    slice_by=("delivery_id",),
    access="restricted",
)

PERSON_KEYS = Table(
    name="person_keys",
    grain="one row per delivery and person that it names",
    key=("delivery_id", "person_id"),
    columns=(
        DELIVERY_ID,
        Column("person_id", "bigint", "First 63 bits of the pseudonym."),
        Column("check_bits", "bigint", "The next 64 bits of the pseudonym."),
    ),
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
    access="restricted",
)

PERSON_LINKS = Table(
    name="person_links",
    grain="one row per delivery and pair of pseudonyms of one person",
    key=("delivery_id", "person_id", "linked_person_id"),
    columns=(
        DELIVERY_ID,
        Column("person_id", "bigint", "Pseudonym in the kind of the experiment."),
        Column("linked_person_id", "bigint", "Pseudonym in the other kind."),
        Column("linked_kind", "string", "The other kind.", allowed=IDENTIFIER_KINDS),
    ),
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
    access="restricted",
)

DATA_VERSIONS = Table(
    name="data_versions",
    grain="one row per named set of deliveries and delivery in it",
    key=("data_version", "delivery_id"),
    columns=(
        Column("data_version", "string", "Name of the set."),
        DELIVERY_ID,
        Column("register", "string", "Register of the delivery."),
        Column("period", "string", "Period of the delivery."),
        Column("as_known_on", "date", "Day whose knowledge the set holds."),
    ),
    slice_by=("data_version",),
)
