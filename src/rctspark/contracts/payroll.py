"""Earnings by job and period, from payroll or another source."""

from __future__ import annotations

from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.person import PERSON_ID
from rctspark.contracts.table import Column, Table

PAYROLL = Table(
    name="payroll",
    grain="one row per delivery, source, person, job and period paid",
    key=("delivery_id", "source", "person_id", "job_id", "start_date"),
    columns=(
        DELIVERY_ID,
        Column("source", "string", "Where the earnings come from: payroll."),
        PERSON_ID,
        Column(
            "job_id",
            "bigint",
            "Digest of the income relationship, and of the source where sources may "
            "use the same names; names a job together with the person, not by itself.",
        ),
        Column("start_date", "date", "First day of the period paid."),
        Column("end_date", "date", "Last day of the period paid, included."),
        Column(
            "job_start_date",
            "date",
            "First day of the job.",
            null_means="not delivered",
        ),
        Column(
            "is_job_start_capped",
            "boolean",
            "The start reads as 1 January of the delivery's year because the "
            "delivery does not look further back.",
        ),
        Column(
            "job_end_date",
            "date",
            "Last day of the job.",
            null_means="running, or not delivered",
        ),
        Column(
            "wage_eur",
            "decimal(12,2)",
            "Basic pay of the period; negative where corrections outweigh it.",
            unit="euro",
        ),
        Column(
            "hours",
            "decimal(10,2)",
            "Paid hours of the period.",
            unit="hours",
            null_means="the source knows no hours",
        ),
        Column(
            "contract",
            "string",
            "Kind of contract.",
            null_means="not known",
            allowed=("permanent", "temporary", "not_applicable"),
        ),
        Column(
            "job_days",
            "decimal(8,2)",
            "Days of the job in the period.",
            unit="days",
            null_means="not delivered",
        ),
        Column(
            "full_time_days",
            "decimal(8,2)",
            "Days of the job as if worked full time: part-time factor x job_days.",
            unit="days",
            null_means="not delivered",
        ),
        Column(
            "job_kind",
            "string",
            "Kind of job.",
            null_means="not known",
            allowed=(
                "director",
                "intern",
                "sheltered",
                "agency",
                "on_call",
                "ordinary",
            ),
        ),
        Column(
            "period_kind",
            "string",
            "Length of the pay period.",
            null_means="not known",
            allowed=("four_weekly", "month", "half_year", "year"),
        ),
    ),
    rules={
        "a period paid ends on or after it starts": "end_date >= start_date",
        "a period paid lasts a year at most": "datediff(end_date, start_date) <= 366",
    },
    slice_by=("delivery_id",),
    partition_by=("delivery_id",),
)
