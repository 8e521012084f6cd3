"""What the columns of a sample are called, and whether the plan's SQL can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import functions as F

from rctspark.config.plan import (
    ExitOutcome,
    ExitToJobOutcome,
    PanelOutcome,
    PerRoundOutcome,
    outcomes_shown,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rctspark.config.plan import Analysis, Covariate, Outcome, Plan

NO_MODEL = "none"
FOLLOWED = {"rule": "arm_by_rule", "recorded": "arm_recorded"}
"""Which arm an analysis follows to the column that holds it."""
NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "boolean")
TEXTS = ("string",)


def outcome_column(outcome: str, horizon: int) -> str:
    """Return the name of the sample's column for one outcome and horizon.

    No covariate can have this name: names in a plan hold no `@`.
    """
    return f"{outcome}@{horizon}"


def arms_of(plan: Plan, analysis: Analysis) -> tuple[str, ...]:
    """Return the groups of an analysis, the one that others are compared with first.

    Args:
        plan: The analysis plan.
        analysis: One of its analyses.

    Returns:
        Groups that are not enrolled, then arms, control first.
    """
    return (*analysis.groups, *(analysis.arms or plan.arms.all))


def arms_left_out(plan: Plan, analysis: Analysis) -> tuple[str, ...]:
    """Return the arms and groups of the plan that an analysis does not speak of."""
    every = (*plan.arms.all, *plan.population.groups)
    own = arms_of(plan, analysis)
    return tuple(arm for arm in every if arm not in own)


def arm_column(analysis: Analysis) -> str:
    """Return the name of the column with the arm that an analysis follows."""
    return "arm" if analysis.follows is None else FOLLOWED[analysis.follows]


def flag_column(place: int) -> str:
    """Return the name of the column that says who is in an analysis, by its place."""
    return f"analysed@{place}"


def outcome_horizons(plan: Plan, outcome: Outcome) -> tuple[int, ...]:
    """Return the horizons at which the plan measures an outcome.

    Args:
        plan: The analysis plan.
        outcome: One of its outcomes.

    Returns:
        Horizons in order; 0 alone for an outcome that has none.
    """
    if isinstance(outcome, PanelOutcome):
        return tuple(plan.horizons(outcome))
    if isinstance(outcome, (ExitOutcome, ExitToJobOutcome)):
        return tuple(sorted(outcome.within))
    if isinstance(outcome, PerRoundOutcome):
        return tuple(r.number for r in plan.rounds)
    return (0,)


def outcomes_of(plan: Plan, analysis: Analysis) -> tuple[Outcome, ...]:
    """Return the outcomes of an analysis: those it names, or all of the plan's."""
    wanted = set(analysis.outcomes)
    return tuple(o for o in plan.outcomes if not wanted or o.name in wanted)


def estimated_horizons(
    plan: Plan, analysis: Analysis, outcome: Outcome
) -> tuple[int, ...]:
    """Return the horizons of an outcome that an analysis looks at.

    Args:
        plan: The analysis plan.
        analysis: One of its analyses.
        outcome: One of its outcomes.

    Returns:
        Those that the analysis names, or all; of an outcome per round, and of one
        without horizons, always all.
    """
    every = outcome_horizons(plan, outcome)
    if not analysis.horizons or isinstance(outcome, PerRoundOutcome) or every == (0,):
        return every
    return tuple(h for h in every if h in analysis.horizons)


def outcome_keys(plan: Plan, analysis: Analysis) -> tuple[tuple[str, int], ...]:
    """Return outcome and horizon of everything that an analysis looks at."""
    return tuple(
        (outcome.name, horizon)
        for outcome in outcomes_of(plan, analysis)
        for horizon in estimated_horizons(plan, analysis, outcome)
    )


def tables_analyses(plan: Plan) -> tuple[Analysis, ...]:
    """Say whose outcomes the plan's tables count: those of its first analysis.

    Args:
        plan: The analysis plan.

    Returns:
        One analysis with the outcomes that tables count and models that need no
        covariate to be known; none where the plan has no tables.
    """
    if not plan.tables:
        return ()
    counted = dict.fromkeys(n for t in plan.tables for n in outcomes_shown(t))
    first = plan.analyses[0]
    return (
        first.model_copy(
            update={
                "horizons": (),
                "groups": plan.population.groups,
                "outcomes": tuple(counted) or (plan.outcomes[0].name,),
                "models": (NO_MODEL,),
            }
        ),
    )


def target_analyses(plan: Plan) -> tuple[Analysis, ...]:
    """Say who is the target of each reweighting: all who meet its condition.

    Args:
        plan: The analysis plan.

    Returns:
        One analysis per reweighting, in order, of everyone of the target population,
        enrolled or not; it needs no covariate to be known.
    """
    analyses = {a.population: a for a in plan.analyses}
    return tuple(
        analyses[one.of].model_copy(
            update={
                "arms": (),
                "groups": plan.population.groups,
                "among": None,
                "follows": None,
                "outcomes": (outcomes_of(plan, analyses[one.of])[0].name,),
                "models": (NO_MODEL,),
            }
        )
        for one in plan.reweighted
    )


def covariates_known(plan: Plan, analysis: Analysis) -> tuple[Covariate, ...]:
    """Return the covariates that the models of an analysis need, in the plan's order.

    They must be known for everyone; others may be unknown.
    """
    wanted = set(analysis.models)
    models = [m for m in plan.models if not wanted or m.name in wanted]
    needed = {plan.inference.cluster, *(n for model in models for n in model.uses)}
    return tuple(c for c in plan.covariates if c.name in needed)


def sql_fault(
    rows: DataFrame, sql: str, *, types: tuple[str, ...], is_aggregate: bool = False
) -> str | None:
    """Say what is wrong with SQL of a plan. Looks at schemas only: no Spark job.

    Args:
        rows: The rows that the SQL speaks about.
        sql: An expression, or an aggregate over rows.
        types: Types that it may have; `decimal` goes with the numbers.
        is_aggregate: Whether it is an aggregate over rows.

    Returns:
        The fault in words. None: it can be used.
    """
    try:
        value = F.expr(sql).alias("value")
        # Next to a plain column, an aggregate is an error where none is meant.
        read = rows.agg(value) if is_aggregate else rows.select("person_id", value)
        found = dict(read.dtypes)["value"]
    except (AnalysisException, ParseException) as broken:
        return f"can't be read as SQL ({broken.getCondition() or 'no such column'})"
    if found in types or (types is NUMBERS and found.startswith("decimal")):
        return None
    return f"gives {found}, not {' or '.join(types)}"
