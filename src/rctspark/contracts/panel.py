"""The two tables that every analysis starts from."""

from __future__ import annotations

from rctspark.contracts.person import PERSON_ID
from rctspark.contracts.table import Column, Table

NOT_COVERED = "the register does not cover the whole period"
PERSON_MONTH_KEY = ("person_id", "period_start")

PERSON_MONTH = Table(
    name="person_month",
    grain="one row per person of the population and month (or week) of the window; as "
    "stored, only of those in which something happened (operation.md says how to read "
    "every month)",
    key=PERSON_MONTH_KEY,
    columns=(
        PERSON_ID,
        Column("period_start", "date", "First day of the calendar month or ISO week."),
        Column("horizon", "int", "Periods since the period of the origin date."),
        Column(
            "benefit_days",
            "int",
            "Days on the plan's benefits.",
            unit="days",
            null_means=NOT_COVERED,
        ),
        Column(
            "is_in_benefit",
            "boolean",
            "On one of the plan's benefits on the last day of the period.",
            null_means=NOT_COVERED,
        ),
        Column(
            "jobs", "int", "Jobs paid in the period.", "jobs", null_means=NOT_COVERED
        ),
        Column(
            "wage_eur",
            "decimal(14,2)",
            "Basic pay of all jobs.",
            unit="euro",
            null_means=NOT_COVERED,
        ),
        Column(
            "hours",
            "decimal(12,2)",
            "Paid hours of all jobs.",
            unit="hours",
            null_means=NOT_COVERED,
        ),
        Column(
            "contract",
            "string",
            "Contract; permanent takes precedence over temporary, that over the rest.",
            null_means=NOT_COVERED,
            allowed=("permanent", "temporary", "not_applicable", "none"),
        ),
        Column(
            "earnings_source",
            "string",
            "Source of the earnings, `several`, or `none` where there are none.",
            null_means=NOT_COVERED,
        ),
        Column(
            "contacts",
            "map<string,int>",
            "Contacts that took place and count for the plan, by kind; a kind that is "
            "absent is zero.",
            unit="contacts",
            null_means=NOT_COVERED,
        ),
    ),
    rules={
        "benefit days fit in the period": "benefit_days BETWEEN 0 AND 31",
        "who is in benefit at the end had a day of it": (
            "NOT is_in_benefit OR benefit_days > 0"
        ),
        "no jobs, no contract": "(jobs = 0) = (contract = 'none')",
        "no jobs, no pay": "jobs > 0 OR (wage_eur = 0 AND hours = 0)",
    },
)

PERSON_OUTCOME = Table(
    name="person_outcome",
    grain="one row per enrolled person, outcome and horizon",
    key=("person_id", "outcome", "horizon"),
    columns=(
        PERSON_ID,
        Column("outcome", "string", "Outcome of the plan."),
        Column(
            "horizon",
            "int",
            "Horizon in the outcome's own unit; 0 where the outcome has none.",
        ),
        Column(
            "value",
            "double",
            "Value in the outcome's unit.",
            null_means="the window is not observed in full, or the outcome is "
            "not defined for the person",
        ),
        Column("is_observed", "boolean", "Whether the person has a value."),
    ),
    rules={"a value is there where observed": "is_observed = (value IS NOT NULL)"},
)
