"""From benefit spells to those who enter the trial, and how many do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from rctspark.contracts import FUNNEL

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Exclusion, PopulationPlan

LEAVES = "leaves_at"
FOREVER = "9999-12-31"


def attach_benefit_start(
    spells: DataFrame, *, benefits: tuple[str, ...], revival_days: int | None
) -> DataFrame:
    """Add the first day of the benefit that each spell carries on.

    A spell that starts after an interruption of at most `revival_days` days carries on
    from the one before (in Dutch: herleving), and so on back to the first.

    Args:
        spells: BENEFIT_SPELLS, settled: spells of one person and benefit don't overlap.
        benefits: Schemes that count; spells of others are left out.
        revival_days: Longest interruption in days; None: none, so that only a spell
            that starts on the very next day carries on.

    Returns:
        The spells of those schemes with `benefit_start_date`.
    """
    counted = spells.filter(F.col("benefit").isin(*benefits))
    in_order = Window.partitionBy("person_id").orderBy("start_date", "benefit")
    earlier = in_order.rowsBetween(Window.unboundedPreceding, -1)
    last = F.coalesce("end_date", F.lit(FOREVER).cast("date"))
    interruption = F.datediff("start_date", F.max(last).over(earlier)) - 1
    begins = F.coalesce(interruption > (revival_days or 0), F.lit(True))  # noqa: FBT003
    upto = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    start = F.max(F.when(F.col("_begins"), F.col("start_date"))).over(upto)
    marked = counted.withColumn("_begins", begins)
    return marked.withColumn("benefit_start_date", start).drop("_begins")


def find_candidates(
    chained: DataFrame, persons: DataFrame, *, population: PopulationPlan
) -> DataFrame:
    """Find everyone who passed the clock inside the window of enrolment.

    Args:
        chained: Spells with `benefit_start_date`.
        persons: PERSONS, one row per person.
        population: The plan's population; it has a clock.

    Returns:
        One row per person, the first time that the clock is passed: `person_id`,
        `benefit_start_date`, `enrolment_date`, `site` (office on the day of
        enrolment), `spell_traits`, `age_at_enrolment`, the person's columns, and
        `is_in_benefit_then`: the benefit still ran on the day of enrolment.
    """
    clock = population.clock
    assert clock is not None  # noqa: S101 (the caller chose by it)
    enrolment = F.date_add("benefit_start_date", clock.after_days)
    timed = chained.withColumn("enrolment_date", enrolment).filter(
        F.col("enrolment_date").between(F.lit(clock.first), F.lit(clock.last))
        & (F.col("start_date") <= F.col("enrolment_date"))
    )
    last = F.coalesce("end_date", F.lit(FOREVER).cast("date"))
    newest = F.struct("start_date", "benefit")
    per_benefit = timed.groupBy("person_id", "benefit_start_date").agg(
        F.first("enrolment_date").alias("enrolment_date"),
        F.max_by("office", newest).alias("site"),
        F.max_by("traits", newest).alias("spell_traits"),
        F.max(last >= F.col("enrolment_date")).alias("is_in_benefit_then"),
    )
    rest = ["enrolment_date", "site", "spell_traits", "is_in_benefit_then"]
    # Who stopped before the clock in one benefit may pass it in a later one.
    first_passed = F.struct(~F.col("is_in_benefit_then"), F.col("benefit_start_date"))
    candidates = per_benefit.groupBy("person_id").agg(
        F.min_by(F.struct("benefit_start_date", *rest), first_passed).alias("first")
    )
    known = persons.drop("delivery_id")
    described = candidates.select("person_id", "first.*").join(
        known, on="person_id", how="left"
    )
    return described.withColumn("age_at_enrolment", age_on("enrolment_date"))


def age_on(day: str) -> Column:
    """Return completed years of age on the day in a column; null: birth unknown."""
    had_birthday = F.date_format(day, "MMdd") >= F.date_format("birth_date", "MMdd")
    whole = F.year(day) - F.year("birth_date")
    return F.when(had_birthday, whole).otherwise(whole - 1)


def flag_leaving(
    candidates: DataFrame,
    *,
    sites: tuple[str, ...],
    exclusions: tuple[Exclusion, ...],
) -> DataFrame:
    """Say at which step of the funnel each candidate leaves.

    Args:
        candidates: Rows of `find_candidates`.
        sites: Sites of the experiment; empty: all.
        exclusions: Reasons not to be enrolled, in their order.

    Returns:
        The same rows with `leaves_at`: the number of the step, null for those who are
        enrolled. Each person leaves once, at the first step that applies.
    """
    steps: list[Column] = [~F.col("is_in_benefit_then")]
    elsewhere = ~F.coalesce(F.col("site").isin(*sites), F.lit(False))  # noqa: FBT003
    steps.append(elsewhere if sites else F.lit(False))  # noqa: FBT003
    steps += [F.expr(f"coalesce({x.when}, false)") for x in exclusions]
    leaves = F.coalesce(
        *[F.when(step, F.lit(number)) for number, step in enumerate(steps, start=2)],
        F.lit(None).cast("int"),
    )
    return candidates.withColumn(LEAVES, leaves)


def count_funnel(
    flagged: DataFrame, everyone: DataFrame, *, exclusions: tuple[Exclusion, ...]
) -> DataFrame:
    """Count who is left after each step.

    Args:
        flagged: Rows of `flag_leaving`.
        everyone: One row per person or more, with `person_id`: all on the benefits.
        exclusions: As for `flag_leaving`.

    Returns:
        FUNNEL.
    """
    steps = [
        ("on the benefit", "Everyone with a spell on the benefits of the plan"),
        ("in the window", "No day of enrolment inside the window"),
        ("in benefit at enrolment", "Benefit ended before the day of enrolment"),
        ("at the sites", "Served by another site"),
        *[(f"without {x.id.replace('_', ' ')}", x.reason) for x in exclusions],
    ]
    total = everyone.agg(F.count_distinct("person_id").alias("n_total"))
    here = flagged.groupBy(LEAVES).agg(F.count(F.lit(1)).alias("n_here"))
    found = flagged.agg(F.count(F.lit(1)).alias("n_found"))
    words = F.array(
        *[
            F.struct(
                F.lit(i).alias("step"),
                F.lit(stage).alias("stage"),
                F.lit(reason).alias("reason"),
            )
            for i, (stage, reason) in enumerate(steps)
        ]
    )
    rows = total.crossJoin(found).select(
        "n_total", "n_found", F.explode(words).alias("said")
    )
    named = rows.select("n_total", "n_found", "said.*")
    counted = named.join(
        here.withColumnRenamed(LEAVES, "step"), on="step", how="left"
    ).withColumn(
        "n_leaving",
        F.when(F.col("step") == 0, 0)
        .when(F.col("step") == 1, F.col("n_total") - F.col("n_found"))
        .otherwise(F.coalesce("n_here", F.lit(0)))
        .cast("bigint"),
    )
    in_order = Window.orderBy("step").rowsBetween(Window.unboundedPreceding, 0)
    left = F.col("n_total") - F.sum("n_leaving").over(in_order)
    return FUNNEL.shape(
        counted.withColumns({"n_left": left, "step": F.col("step") + 1})
    )
