"""A trial while it runs: inflow, arms as recorded, services against the protocol."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from rctspark.contracts.contact import TOOK_PLACE
from rctspark.contracts.monitoring import RECENT_DAYS, SERVED
from rctspark.errors import PlanError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from pyspark.sql import Column

    from rctspark.config.plan import Plan, Round

FAILED = ("cancelled", "no_show")
STATE, HAS_FAILED = "_state", "_has_failed"
HAS_LEFT, IS_OUTSIDE, IS_OVER = "_has_left", "_is_outside", "_is_over"


def count_inflow(
    population: DataFrame, assignment: DataFrame, *, until: dt.date
) -> DataFrame:
    """Count those who entered, by month of enrolment, site and arm.

    Args:
        population: POPULATION.
        assignment: ASSIGNMENT.
        until: Last day known.

    Returns:
        `month` (its first day), `site` (empty: one site), `arm`, `persons`, and
        `recent`: those of the last RECENT_DAYS days up to `until`; in order.
    """
    month = F.trunc("enrolment_date", "month").alias("month")
    arms = assignment.select("person_id", "arm")
    is_recent = F.date_diff(F.lit(until), "enrolment_date") < RECENT_DAYS
    return (
        population.where("is_enrolled")
        .join(arms, on="person_id", how="inner")
        .groupBy(month, F.coalesce("site", F.lit("")).alias("site"), "arm")
        .agg(
            F.count(F.lit(1)).alias("persons"),
            F.count_if(is_recent).alias("recent"),
        )
        .orderBy("month", "site", "arm")
    )


def count_agreement(
    population: DataFrame, assignment: DataFrame, lists: DataFrame
) -> DataFrame:
    """Count those who entered by the arm of the rule and the arm as recorded.

    Args:
        population: POPULATION.
        assignment: ASSIGNMENT.
        lists: ASSIGNMENT_LISTS of one data version, every entry of a person.

    Returns:
        `site`, `arm_by_rule`, `arm_recorded` (empty: none), `persons`, and `moved`:
        persons whose entries name more than one arm.
    """
    entries = lists.groupBy("person_id").agg(
        (F.count_distinct("arm_recorded") > 1).alias("_moved")
    )
    shown = [
        F.coalesce(name, F.lit("")).alias(name)
        for name in ("site", "arm_by_rule", "arm_recorded")
    ]
    arms = assignment.select("person_id", "arm_by_rule", "arm_recorded")
    return (
        population.where("is_enrolled")
        .join(arms, on="person_id", how="inner")
        .join(entries, on="person_id", how="left")
        .groupBy(*shown)
        .agg(
            F.count(F.lit(1)).alias("persons"),
            F.count_if(F.col("_moved")).alias("moved"),
        )
        .orderBy("site", "arm_by_rule", "arm_recorded")
    )


def count_categories(described: DataFrame, *, covariates: Iterable[str]) -> DataFrame:
    """Count the categories of several characteristics, all in one pass.

    Args:
        described: One row per person: `arm` and a text per characteristic; null: not
            known.
        covariates: Their names.

    Returns:
        `covariate`, `category` (empty: not known), `arm`, `persons`.
    """
    pairs = [
        F.struct(
            F.lit(name).alias("covariate"),
            F.coalesce(name, F.lit("")).alias("category"),
        )
        for name in covariates
    ]
    return (
        described.select("arm", F.explode(F.array(*pairs)).alias("one"))
        .groupBy("one.covariate", "one.category", "arm")
        .agg(F.count(F.lit(1)).alias("persons"))
    )


def count_services(lives: DataFrame, *, plan: Plan) -> DataFrame:
    """Hold contacts against the protocol: due, held, late, missing, still open.

    Who is in benefit on the day on which a round is due is due it, from that day on; a
    contact earlier in the round's window counts too. A contact after the window and
    before that of the next round is late.

    Args:
        lives: One row per enrolled person: `arm`, `site`, `benefit_start_date`,
            `exit_day` (first day without benefit; null: still in it),
            `observed_until`, and `meetings`, structs of `contact_date`, `kind` and
            `status`.
        plan: The plan, with rounds and a protocol.

    Returns:
        `site` (empty: one site), `arm`, `round` and the counts of `Service`. An arm to
        which the protocol gives no contact in a round has a row where it gives one to
        another.

    Raises:
        PlanError: The plan has no protocol.
    """
    parts = [
        _of_round(lives, one, following, arm=arm, due=due)
        for one, following in _with_next(plan.rounds)
        for due in [plan.monitoring.due.get(one.number, {})]
        for arm in plan.arms.all
        if due
    ]
    if not parts:
        raise PlanError(
            f"Plan {plan.name} has no protocol: say under monitoring.due which "
            "contacts each arm is due in which round."
        )
    states = reduce(DataFrame.unionByName, parts)
    counted = [F.count_if(F.col(STATE) == state).alias(state) for state in SERVED]
    return (
        states.groupBy("site", "arm", "round")
        .agg(
            F.count(STATE).alias("due"),
            *counted,
            F.count_if(HAS_FAILED).alias("failed"),
            F.count_if(HAS_LEFT).alias("left"),
            F.count_if(IS_OUTSIDE).alias("outside"),
            F.count_if((F.col(STATE) == "held") & F.col(IS_OVER)).alias("held_over"),
        )
        .orderBy("site", "round", "arm")
    )


def _with_next(rounds: Sequence[Round]) -> list[tuple[Round, Round | None]]:
    in_order = sorted(rounds, key=lambda one: one.first_day)
    return list(zip(in_order, [*in_order[1:], None], strict=False))


def _of_round(
    lives: DataFrame,
    one: Round,
    following: Round | None,
    *,
    arm: str,
    due: Mapping[str, tuple[str, ...]],
) -> DataFrame:
    """Say of everyone in benefit on the day of a round what became of it."""
    first, last, due_on = (
        F.date_add("benefit_start_date", day)
        for day in (one.first_day, one.last_day, one.due_day)
    )
    until = F.col("observed_until")
    after = F.date_add("benefit_start_date", one.last_day + 1)
    next_one = (
        F.date_add("benefit_start_date", following.first_day - 1)
        if following is not None
        else until
    )
    mine = due.get(arm, ())
    others = {kind for kinds in due.values() for kind in kinds} - {*mine}
    is_held = _had(mine, (TOOK_PLACE,), first, last)
    state = (
        F.when(is_held, "held")
        .when(_had(mine, (TOOK_PLACE,), after, next_one), "late")
        .when(last < until, "missing")
        .otherwise("open")
    )
    is_without = F.lit(bool(mine)) & state.isin("missing", "open")
    return _in_benefit(lives, due_on, arm=arm).select(
        F.coalesce("site", F.lit("")).alias("site"),
        "arm",
        F.lit(one.number).alias("round"),
        F.when(F.lit(bool(mine)), state).alias(STATE),
        (is_without & _had(mine, FAILED, first, last)).alias(HAS_FAILED),
        (is_without & F.coalesce(F.col("exit_day") <= last, _no())).alias(HAS_LEFT),
        (~is_held & _had(others, (TOOK_PLACE,), first, last)).alias(IS_OUTSIDE),
        (last < until).alias(IS_OVER),
    )


def _in_benefit(lives: DataFrame, day: Column, *, arm: str) -> DataFrame:
    """Keep those of an arm who are in benefit on a day that is known."""
    is_in = F.col("exit_day").isNull() | (F.col("exit_day") > day)
    is_known = day <= F.col("observed_until")
    return lives.where((F.col("arm") == arm) & is_known & F.coalesce(is_in, _no()))


def _had(
    kinds: Iterable[str], statuses: tuple[str, ...], first: Column, last: Column
) -> Column:
    return F.exists(
        "meetings",
        lambda m: (
            m["contact_date"].between(first, last)
            & m["kind"].isin(*sorted(kinds))
            & m["status"].isin(*statuses)
        ),
    )


def _no() -> Column:
    return F.lit(False)  # noqa: FBT003
