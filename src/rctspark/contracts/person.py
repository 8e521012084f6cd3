"""Persons as the population register describes them."""

from __future__ import annotations

from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.table import Column, Table

PERSON_ID = Column(
    "person_id",
    "bigint",
    "Pseudonym: first 63 bits of HMAC-SHA-256 over the delivered identifier.",
)
TRAITS = Column(
    "traits",
    "map<string,string>",
    "What else the delivery says, by the name that the mapping gives it.",
)

PERSONS = Table(
    name="persons",
    grain="one row per delivery and person",
    key=("delivery_id", "person_id"),
    columns=(
        DELIVERY_ID,
        PERSON_ID,
        Column(
            "id_parity",
            "string",
            "Parity of the identifier's last digit, taken before pseudonymisation.",
            null_means="the identifier is not a BSN",
            allowed=("even", "odd"),
        ),
        Column(
            "sex", "string", "Registered sex.", allowed=("male", "female", "unknown")
        ),
        Column(
            "birth_date",
            "date",
            "Day of birth; where a part is unknown, the middle: 15th, 1 July.",
            null_means="not even the year is known, or not delivered",
        ),
        Column(
            "birth_precision",
            "string",
            "How much of the day of birth is known.",
            allowed=("day", "month", "year", "unknown"),
        ),
        Column(
            "living_arrangement",
            "string",
            "Household at the time that the delivery speaks for.",
            null_means="not known",
        ),
        Column(
            "education", "string", "Highest level attained.", null_means="not known"
        ),
        Column(
            "migration_background",
            "string",
            "Background as the population register groups it.",
            null_means="not known",
        ),
        TRAITS,
    ),
    rules={
        "a birth date comes with its precision": (
            "(birth_date IS NULL) = (birth_precision = 'unknown')"
        ),
    },
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
)
