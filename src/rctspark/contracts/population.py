"""The population of an experiment: everyone the plan follows, and how many left."""

from __future__ import annotations

from rctspark.contracts.person import PERSON_ID
from rctspark.contracts.table import Column, Table

POPULATION = Table(
    name="population",
    grain="one row per person whom the plan follows",
    key=("person_id",),
    columns=(
        PERSON_ID,
        Column("site", "string", "Office or municipality.", null_means="one site"),
        Column("group", "string", "Arm, or `reference`, or `target`."),
        Column("is_enrolled", "boolean", "Whether the person was randomised."),
        Column("origin_date", "date", "Day from which horizons are counted."),
        Column(
            "enrolment_date",
            "date",
            "Day on which the person entered the trial.",
            null_means="not enrolled",
        ),
        Column(
            "invitation_date",
            "date",
            "Day on which the person was invited.",
            null_means="the plan knows no invitations",
        ),
        Column(
            "benefit_start_date",
            "date",
            "First day of the benefit that made the person eligible, revivals joined.",
            null_means="the plan does not start from a benefit",
        ),
        Column("stratum", "string", "Stratum of the draw.", null_means="none"),
        Column("observed_until", "date", "Last day that outcomes may look at."),
    ),
    rules={
        "nobody enrols before the benefit starts": (
            "enrolment_date >= benefit_start_date"
        ),
        "whoever is enrolled has a day of enrolment": (
            "is_enrolled = (enrolment_date IS NOT NULL)"
        ),
        "follow-up ends after the origin": "observed_until >= origin_date",
    },
)

FUNNEL = Table(
    name="funnel",
    grain="one row per step from everyone in the register to those enrolled",
    key=("step",),
    columns=(
        Column("step", "int", "Order, from 1."),
        Column("stage", "string", "Name of the step."),
        Column("reason", "string", "Why persons leave here, in words."),
        Column("n_leaving", "bigint", "Persons who leave at this step.", "persons"),
        Column("n_left", "bigint", "Persons who are left after it.", "persons"),
    ),
    rules={"nobody leaves twice": "n_leaving >= 0 AND n_left >= 0"},
)
