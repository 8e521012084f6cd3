"""The analysis sample of a plan, still in Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.errors import PlanError, listed
from rctspark.sample.columns import (
    flag_column,
    outcome_column,
    outcome_horizons,
    outcomes_of,
    sql_fault,
)
from rctspark.sample.covariates import (
    attach_age,
    attach_covariates,
    attach_panel_sums,
    covariate_faults,
)
from rctspark.sample.outcomes import (
    attach_panel_outcomes,
    attach_person_outcomes,
    outcome_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from rctspark.config.plan import Analysis, Plan

ARMS = ("arm", "arm_by_rule", "arm_recorded")
RESERVED = {"person_id", *ARMS}


def make_sample(  # noqa: PLR0913 (an analysis rests on five tables)
    plan: Plan,
    *,
    population: DataFrame,
    assignment: DataFrame,
    persons: DataFrame,
    panel: DataFrame,
    outcomes: DataFrame,
    analysis: Analysis,
) -> DataFrame:
    """Make the sample of one analysis: everyone enrolled whom it speaks of.

    Args:
        plan: The analysis plan.
        population: POPULATION.
        assignment: ASSIGNMENT.
        persons: PERSONS, one row per person: the newest known.
        panel: PERSON_MONTH, dense.
        outcomes: PERSON_OUTCOME.
        analysis: One of the plan's analyses.

    Returns:
        What `make_samples` returns for this analysis alone, those left out gone.

    Raises:
        PlanError: SQL of the plan can't be used; all faults at once.
    """
    flagged = make_samples(
        plan,
        population=population,
        assignment=assignment,
        persons=persons,
        panel=panel,
        outcomes=outcomes,
        analyses=(analysis,),
    )
    flag = flag_column(0)
    analysed = flagged.where(F.col(flag)).drop(flag) if analysis.where else flagged
    return keep_arms(analysed, plan=plan, analysis=analysis)


def make_samples(  # noqa: PLR0913 (an analysis rests on five tables)
    plan: Plan,
    *,
    population: DataFrame,
    assignment: DataFrame,
    persons: DataFrame,
    panel: DataFrame,
    outcomes: DataFrame,
    analyses: Sequence[Analysis],
) -> DataFrame:
    """Make the samples of several analyses at once: everyone they speak of, flagged.

    Besides everyone enrolled these are the groups that an analysis compares with; the
    arm of such a person is the group.

    Who is analysed is decided before arm and outcomes are attached, so it can only
    rest on what was known at enrolment. Nobody leaves because a register does not
    know the person: what is missing is null, and `collect_samples` counts it.

    Args:
        plan: The analysis plan.
        population: POPULATION.
        assignment: ASSIGNMENT.
        persons: PERSONS, one row per person: the newest known.
        panel: PERSON_MONTH, dense.
        outcomes: PERSON_OUTCOME.
        analyses: Analyses of the plan.

    Returns:
        One row per person: `person_id`, `arm` (null: not assigned), `arm_by_rule`
        and `arm_recorded`, a column per covariate of the plan (double, or text for
        categories; null: not known), `<outcome>@<horizon>` for every outcome of the
        analyses (double; null: not observed), and `analysed@<i>` for each analysis
        that has a condition.

    Raises:
        PlanError: SQL of the plan can't be used; all faults at once.
    """
    groups = sorted({g for analysis in analyses for g in analysis.groups})
    enrolled = population.where("is_enrolled")
    if groups:
        enrolled = population.where(F.col("is_enrolled") | F.col("group").isin(groups))
    # Of groups that only tables describe, no outcomes are needed.
    measured = {g for a in plan.analyses for g in a.groups}
    names = {o.name for analysis in analyses for o in outcomes_of(plan, analysis)}
    names |= {a.among.outcome for a in analyses if a.among}
    wanted = [o for o in plan.outcomes if o.name in names]
    faults = [
        *_plan_faults(plan),
        *covariate_faults(
            attach_person(enrolled, persons), panel, covariates=plan.covariates
        ),
        *outcome_faults(panel, outcomes=wanted),
    ]
    _refuse(plan, faults)
    described = (
        enrolled.transform(
            attach_panel_sums, panel, covariates=plan.covariates, period=plan.period
        )
        .transform(attach_person, persons)
        .transform(attach_covariates, covariates=plan.covariates)
    )
    flagged = flag_analysed(described, plan=plan, analyses=analyses)
    assigned = attach_arm(flagged, assignment)
    if groups:
        own = F.when(~F.col("is_enrolled"), F.col("group")).otherwise(F.col("arm"))
        assigned = assigned.withColumn("arm", own)
    followed = population.where(F.col("is_enrolled") | F.col("group").isin(*measured))
    covariates = [c.name for c in plan.covariates]
    columns = [
        outcome_column(o.name, h) for o in wanted for h in outcome_horizons(plan, o)
    ]
    flags = [flag_column(i) for i, analysis in enumerate(analyses) if analysis.where]
    named = ["person_id", *ARMS, *covariates]
    return (
        assigned.select(*named, *flags)
        .transform(
            attach_panel_outcomes,
            keep_enrolled(panel, followed),
            plan=plan,
            outcomes=wanted,
        )
        .transform(
            attach_person_outcomes,
            keep_enrolled(outcomes, followed),
            plan=plan,
            outcomes=wanted,
        )
        .select(*named, *columns, *flags)
    )


def flag_analysed(
    described: DataFrame, *, plan: Plan, analyses: Sequence[Analysis]
) -> DataFrame:
    """Say of whom each analysis speaks.

    Whoever's condition is not known is left out: an analysis is about those of whom
    it is known to hold.

    Args:
        described: One row per enrolled person, without arm and outcomes.
        plan: The analysis plan.
        analyses: Some of its analyses.

    Returns:
        The same rows, with `analysed@<i>` for each analysis that has a condition.

    Raises:
        PlanError: A condition can't be used.
    """
    faults, flags = [], {}
    for i, analysis in enumerate(analyses):
        if analysis.where is None:
            continue
        fault = sql_fault(described, analysis.where, types=("boolean",))
        if fault:
            faults.append(f"analysis {analysis.population}: where {fault}")
        else:
            holds = F.coalesce(F.expr(analysis.where), F.lit(False))  # noqa: FBT003
            flags[flag_column(i)] = holds
    _refuse(plan, faults)
    return described.withColumns(flags) if flags else described


def attach_person(enrolled: DataFrame, persons: DataFrame) -> DataFrame:
    """Add what is registered of each person; null where no register knows them.

    Args:
        enrolled: Rows of POPULATION.
        persons: PERSONS, one row per person.

    Returns:
        The same rows, with the columns of PERSONS and `age_at_enrolment`.
    """
    registered = persons.drop("delivery_id")
    return attach_age(enrolled.join(registered, on="person_id", how="left"))


def count_groups(population: DataFrame) -> DataFrame:
    """Count the persons of each group at each site.

    Args:
        population: POPULATION.

    Returns:
        Per `site` (`all` where the plan has one) and `group`: `persons`.
    """
    site = F.coalesce("site", F.lit("all")).alias("site")
    return population.groupBy(site, "group").agg(F.count(F.lit(1)).alias("persons"))


def keep_enrolled(rows: DataFrame, enrolled: DataFrame) -> DataFrame:
    """Keep the rows of those enrolled; others the plan only follows."""
    return rows.join(enrolled.select("person_id"), on="person_id", how="left_semi")


def attach_arm(persons: DataFrame, assignment: DataFrame) -> DataFrame:
    """Add the arms of ASSIGNMENT; null: no row there."""
    arms = assignment.select("person_id", *ARMS)
    return persons.join(arms, on="person_id", how="left")


def keep_arms(persons: DataFrame, *, plan: Plan, analysis: Analysis) -> DataFrame:
    """Drop those in an arm that the plan knows and the analysis leaves out.

    Whoever has no arm, or one that the plan does not know, stays to be counted.
    """
    left_out = [a for a in plan.arms.all if analysis.arms and a not in analysis.arms]
    is_left_out = F.coalesce(F.col("arm").isin(left_out), F.lit(False))  # noqa: FBT003
    return persons.where(~is_left_out)


def _plan_faults(plan: Plan) -> list[str]:
    faults = [
        f"covariate {c.name} has a name that the sample needs itself"
        for c in plan.covariates
        if c.name in RESERVED
    ]
    return faults + [
        f"covariate {c.name} looks at periods before the panel's window"
        for c in plan.covariates
        if c.panel and c.anchor == "origin" and c.panel[0] < plan.window.first
    ]


def _refuse(plan: Plan, faults: list[str]) -> None:
    if faults:
        raise PlanError(
            f"Plan {plan.name} asks for what its tables do not have. Correct its "
            f"SQL:\n{listed(faults)}"
        )
