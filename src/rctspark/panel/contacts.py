"""Contacts that took place, per person and period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts.contact import TOOK_PLACE
from rctspark.panel.dates import is_covered, period_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rctspark.panel.span import PanelSpan
    from rctspark.periods import Coverage


def count_contacts(
    contacts: DataFrame, spine: DataFrame, *, span: PanelSpan, coverage: Coverage
) -> DataFrame:
    """Count the contacts of each kind that took place and count for the plan.

    Args:
        contacts: CONTACTS of one data version.
        spine: The persons, see `attach_span`.
        span: What the panel holds.
        coverage: Days that the register speaks for.

    Returns:
        One row per person, covered period and kind: `person_id`, `period_start`,
        `kind`, `n_contacts`.
    """
    is_within = F.col("contact_date").between(F.col("first_day"), F.col("last_day"))
    counts = F.col("status") == TOOK_PLACE
    if span.contact_starters:
        counts = counts & F.col("started_by").isin(*span.contact_starters)
    return (
        contacts.where(counts)
        .select("person_id", "contact_date", "kind")
        .join(F.broadcast(spine), on="person_id", how="inner")
        .where(is_within)
        .withColumn("period_start", period_of(F.col("contact_date"), span.kind))
        .where(is_covered(F.col("period_start"), span.kind, coverage))
        .groupBy("person_id", "period_start", "kind")
        .agg(F.count("*").cast("int").alias("n_contacts"))
    )


def attach_contacts(periods: DataFrame, counts: DataFrame) -> DataFrame:
    """Add `contacts`, a map from kind to number, to person-periods.

    The counts are joined by person alone, a person's in one list: the panel lies by
    person already, and joining by person and period would move all of it again.

    Args:
        periods: Rows with `person_id` and `period_start`.
        counts: See `count_contacts`.

    Returns:
        The rows of `periods`, with `contacts`; null where there were none.
    """
    per_person = counts.groupBy("person_id").agg(
        F.sort_array(
            F.collect_list(F.struct("period_start", "kind", "n_contacts"))
        ).alias("_counts")
    )
    joined = periods.join(per_person.hint("shuffle_hash"), on="person_id", how="left")
    own = F.filter("_counts", lambda c: c["period_start"] == F.col("period_start"))
    pairs = F.transform(own, lambda c: F.struct(c["kind"], c["n_contacts"]))
    counted = F.when(F.size(own) > 0, F.map_from_entries(pairs))
    return joined.withColumn("contacts", counted).drop("_counts")
