"""From everyone screened to those drawn, by the study administration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import FUNNEL, POPULATION

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Plan, PopulationPlan

REFERENCE, TARGET = "reference", "target"
LEFT_BENEFIT = "left_benefit"
NOBODY = "Everyone who was screened"


def find_groups(studied: DataFrame, chained: DataFrame, *, plan: Plan) -> DataFrame:
    """Find the groups that are followed and not enrolled.

    Args:
        studied: STUDY_LISTS, one row per person.
        chained: Spells with `benefit_start_date`.
        plan: The plan; its origin is one fixed day.

    Returns:
        POPULATION: those of the target population at the plan's sites who were not
        drawn and whose group the plan follows. Their benefit is the last that began
        by the origin (null: none).
    """
    origin = F.lit(plan.population.origin).cast("date")
    group = F.when(F.col("is_reference"), REFERENCE).otherwise(TARGET)
    others = (
        keep_at_sites(studied, sites=plan.population.sites)
        .filter("excluded_because IS NULL AND drawn_on IS NULL")
        .withColumn("group", group)
        .filter(F.col("group").isin(*plan.population.groups))
    )
    begun = chained.filter(F.col("benefit_start_date") <= origin)
    starts = begun.groupBy("person_id").agg(
        F.max("benefit_start_date").alias("benefit_start_date")
    )
    named = others.select("person_id", "site", "group", "invitation_date")
    return POPULATION.shape(
        named.join(starts, on="person_id", how="left").withColumns(
            {
                "is_enrolled": F.lit(False),  # noqa: FBT003
                "origin_date": origin,
                "enrolment_date": F.lit(None).cast("date"),
                "stratum": F.lit(None).cast("string"),
                "observed_until": F.lit(plan.follow_up_until),
            }
        )
    )


def keep_at_sites(studied: DataFrame, *, sites: tuple[str, ...]) -> DataFrame:
    """Keep the persons of the plan's sites; of no other sites is anything counted."""
    return studied.filter(F.col("site").isin(*sites)) if sites else studied


def count_studied(studied: DataFrame, *, plan: PopulationPlan) -> DataFrame:
    """Count who is left after each step from everyone screened to those drawn.

    Args:
        studied: STUDY_LISTS, one row per person.
        plan: The plan's population: its exclusions are over STUDY_LISTS.

    Returns:
        FUNNEL, over all of the plan's sites.
    """
    by_site = count_studied_by_site(studied, plan=plan)
    return FUNNEL.shape(
        by_site.groupBy("step", "stage", "reason").agg(
            F.sum("n_leaving").alias("n_leaving"), F.sum("n_left").alias("n_left")
        )
    )


def count_studied_by_site(studied: DataFrame, *, plan: PopulationPlan) -> DataFrame:
    """Count who is left after each step, site by site.

    Each person leaves once, at the first step that applies. Whoever is excluded for a
    reason that the plan does not name leaves at a step of its own.

    Args:
        studied: STUDY_LISTS, one row per person.
        plan: The plan's population: its exclusions are over STUDY_LISTS.

    Returns:
        One row per site (`all` where the lists name none) and step: `site` and the
        columns of FUNNEL.
    """
    steps = _steps(plan)
    leaves = F.coalesce(
        *[
            F.when(F.coalesce(holds, F.lit(False)), F.lit(number))  # noqa: FBT003
            for number, (_, _, holds) in enumerate(steps, start=1)
        ],
        F.lit(len(steps) + 1),
    )
    flagged = keep_at_sites(studied, sites=plan.sites).select(
        F.coalesce("site", F.lit("all")).alias("site"), leaves.alias("leaves")
    )
    counted = flagged.groupBy("site").agg(
        F.array(
            *[
                F.struct(
                    F.lit(number).alias("step"),
                    F.lit(stage).alias("stage"),
                    F.lit(reason).alias("reason"),
                    F.count_if(F.col("leaves") == number).alias("n_leaving"),
                    F.count_if(F.col("leaves") > number).alias("n_left"),
                )
                for number, (stage, reason, _) in enumerate(steps, start=1)
            ]
        ).alias("steps")
    )
    return counted.select("site", F.inline("steps"))


def _steps(plan: PopulationPlan) -> list[tuple[str, str, Column]]:
    """Return stage, reason to leave there, and who does, in their order."""
    withdrew = F.col("drawn_on").isNull() & F.col("withdrawn_on").isNotNull()
    left = F.col("withdrawal_reason") == LEFT_BENEFIT
    named = [
        (f"without {x.id.replace('_', ' ')}", x.reason, F.expr(x.when))
        for x in plan.exclusions
    ]
    return [
        ("screened", NOBODY, F.lit(False)),  # noqa: FBT003
        *named,
        (
            "target population",
            "Excluded for a reason that the plan does not name",
            F.col("excluded_because").isNotNull(),
        ),
        (
            "not of the reference group",
            "Drawn into the reference group, which is never contacted",
            F.col("is_reference"),
        ),
        ("invited", "Not invited", F.col("invitation_date").isNull()),
        ("applied", "Did not apply", F.col("applied_on").isNull()),
        (
            "not withdrawn before the draw",
            "Withdrew before the draw",
            withdrew & ~F.coalesce(left, F.lit(False)),  # noqa: FBT003
        ),
        ("still in benefit at the draw", "Left the benefit before the draw", withdrew),
        ("drawn", "Not drawn, no reason known", F.col("drawn_on").isNull()),
    ]
