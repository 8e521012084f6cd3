"""The analysis sample of a plan, still in Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.errors import PlanError, listed
from rctspark.sample.columns import (
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
    from pyspark.sql import DataFrame

    from rctspark.config.plan import Analysis, Plan

RESERVED = {"person_id", "arm"}


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

    Who is analysed is decided before arm and outcomes are attached, so it can only
    rest on what was known at enrolment. Nobody leaves because a register does not
    know the person: what is missing is null, and `collect_sample` counts it.

    Args:
        plan: The analysis plan.
        population: POPULATION.
        assignment: ASSIGNMENT.
        persons: PERSONS, one row per person: the newest known.
        panel: PERSON_MONTH, dense.
        outcomes: PERSON_OUTCOME.
        analysis: One of the plan's analyses.

    Returns:
        One row per person: `person_id`, `arm` (null: not assigned), a column per
        covariate of the plan (double, or text for categories; null: not known), and
        `<outcome>@<horizon>` for every outcome of the analysis (double; null: not
        observed).

    Raises:
        PlanError: SQL of the plan can't be used; all faults at once.
    """
    enrolled = population.where("is_enrolled")
    wanted = outcomes_of(plan, analysis)
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
    analysed = keep_analysed(described, plan=plan, analysis=analysis)
    assigned = keep_arms(attach_arm(analysed, assignment), plan=plan, analysis=analysis)
    covariates = [c.name for c in plan.covariates]
    columns = [
        outcome_column(o.name, h) for o in wanted for h in outcome_horizons(plan, o)
    ]
    return (
        assigned.select("person_id", "arm", *covariates)
        .transform(
            attach_panel_outcomes,
            keep_enrolled(panel, enrolled),
            plan=plan,
            outcomes=wanted,
        )
        .transform(
            attach_person_outcomes,
            keep_enrolled(outcomes, enrolled),
            plan=plan,
            outcomes=wanted,
        )
        .select("person_id", "arm", *covariates, *columns)
    )


def keep_analysed(described: DataFrame, *, plan: Plan, analysis: Analysis) -> DataFrame:
    """Keep those of whom the analysis speaks.

    Whoever's condition is not known leaves: the analysis is about those of whom it
    is known to hold.

    Args:
        described: One row per enrolled person, without arm and outcomes.
        plan: The analysis plan.
        analysis: One of its analyses.

    Returns:
        Fewer rows, the same columns.

    Raises:
        PlanError: The condition can't be used.
    """
    if analysis.where is None:
        return described
    fault = sql_fault(described, analysis.where, types=("boolean",))
    where = f"analysis {analysis.population}: where"
    _refuse(plan, [f"{where} {fault}"] if fault else [])
    return described.where(F.expr(analysis.where))


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


def keep_enrolled(rows: DataFrame, enrolled: DataFrame) -> DataFrame:
    """Keep the rows of those enrolled; others the plan only follows."""
    return rows.join(enrolled.select("person_id"), on="person_id", how="left_semi")


def attach_arm(persons: DataFrame, assignment: DataFrame) -> DataFrame:
    """Add the arm that the analysis follows; null: no row in ASSIGNMENT."""
    arms = assignment.select("person_id", "arm")
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
