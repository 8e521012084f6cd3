"""Answers to questionnaires, as they were given."""

from __future__ import annotations

from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.person import PERSON_ID
from rctspark.contracts.table import Column, Table

ANSWERS = Table(
    name="answers",
    grain="one row per delivery, person and wave of a questionnaire",
    key=("delivery_id", "person_id", "wave"),
    columns=(
        DELIVERY_ID,
        PERSON_ID,
        Column("wave", "int", "Month of the wave since the intervention; 0: baseline."),
        Column("answered_on", "date", "Day of the answers."),
        Column(
            "mode", "string", "How the person was asked: web.", null_means="not known"
        ),
        Column(
            "language",
            "string",
            "Language of the questionnaire.",
            null_means="not known",
        ),
        Column(
            "answers",
            "map<string,double>",
            "Answer by question, not turned and not rescaled; null: not answered.",
        ),
    ),
    rules={"a wave is not numbered below zero": "wave >= 0"},
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
)
