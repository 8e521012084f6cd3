"""The duration sample of a plan: Spark's rows, then arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import functions as F

from rctspark.contracts.duration_sample import DurationSample
from rctspark.errors import EstimationError, PlanError, listed
from rctspark.sample.assemble import attach_person
from rctspark.sample.collect import (
    code_covariate,
    collect_rows,
    column_names,
    faults_of,
)
from rctspark.sample.columns import NUMBERS, sql_fault
from rctspark.sample.covariates import (
    attach_covariates,
    attach_panel_sums,
    covariate_faults,
)
from rctspark.sample.refusals import refuse_faults

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from pyspark.sql import DataFrame

    from rctspark.config.plan import Covariate, DurationPlan, Plan

    Floats = NDArray[np.float64]


def make_duration_sample(
    plan: Plan,
    *,
    population: DataFrame,
    assignment: DataFrame,
    persons: DataFrame,
    panel: DataFrame,
    measured: DataFrame,
) -> DataFrame:
    """Add arm and covariates to the durations of everyone enrolled.

    Args:
        plan: The analysis plan.
        population: POPULATION.
        assignment: ASSIGNMENT.
        persons: PERSONS, one row per person: the newest known.
        panel: PERSON_MONTH, dense.
        measured: One row per enrolled person: `person_id` and the columns of the
            plan's durations.

    Returns:
        One row per enrolled person: `person_id`, `arm` (null: not assigned), a column
        per covariate that durations use, and the columns of `measured`.

    Raises:
        PlanError: SQL of the plan can't be used; all faults at once.
    """
    enrolled = population.where("is_enrolled")
    used = covariates_of(plan)
    faults = covariate_faults(attach_person(enrolled, persons), panel, covariates=used)
    for duration in plan.durations:
        for one in duration.varying:
            fault = sql_fault(panel, one.value, types=NUMBERS)
            faults += [f"duration {duration.name}: {one.name} {fault}"] if fault else []
    if faults:
        raise PlanError(
            f"Plan {plan.name} asks for what its tables do not have. Correct its "
            f"SQL:\n{listed(faults)}"
        )
    described = (
        enrolled.transform(
            attach_panel_sums, panel, covariates=used, period=plan.period
        )
        .transform(attach_person, persons)
        .transform(attach_covariates, covariates=used)
    )
    arms = assignment.select("person_id", "arm")
    return (
        described.select("person_id", *[c.name for c in used])
        .join(arms, on="person_id", how="left")
        .join(measured, on="person_id", how="left")
    )


def make_varying(plan: Plan, *, population: DataFrame, panel: DataFrame) -> DataFrame:
    """Take from the panel what changes while durations run.

    Args:
        plan: The analysis plan.
        population: POPULATION.
        panel: PERSON_MONTH, dense.

    Returns:
        One row per enrolled person and horizon: `person_id`, `horizon` and
        `<duration>@<name>` (double; null: not known).
    """
    enrolled = population.where("is_enrolled").select("person_id")
    values = [
        F.expr(one.value).cast("double").alias(f"{duration.name}@{one.name}")
        for duration in plan.durations
        for one in duration.varying
    ]
    longest = max((d.until for d in plan.durations if d.varying), default=0)
    return (
        panel.where(F.col("horizon") < longest)
        .join(enrolled, on="person_id", how="left_semi")
        .select("person_id", "horizon", *values)
    )


def covariates_of(plan: Plan) -> tuple[Covariate, ...]:
    """Return the covariates of the plan that its durations use, in its order."""
    used = {name for duration in plan.durations for name in duration.uses}
    return tuple(c for c in plan.covariates if c.name in used)


def collect_durations(
    sample: DataFrame, varying: DataFrame, plan: Plan, *, largest_sample_rows: int
) -> dict[str, DurationSample]:
    """Bring the durations to the driver: one Spark job, and one for what changes.

    Args:
        sample: What `make_duration_sample` returns.
        varying: What `make_varying` returns; not looked at where nothing changes.
        plan: The analysis plan.
        largest_sample_rows: Most rows that may come, of persons and of what changes.

    Returns:
        Duration of the plan to its sample, in the order of `person_id`.

    Raises:
        EstimationError: There are more rows than may come; someone has no duration;
            and as `collect_sample`. All at once, with counts.
    """
    rows = _bounded(
        sample,
        largest_sample_rows,
        what="persons",
        instead="narrow the population",
    )
    rows = rows.sort_values("person_id", ignore_index=True)
    used = covariates_of(plan)
    faults = faults_of(rows, plan.arms.all, used)
    for duration in plan.durations:
        time = rows[f"{duration.name}@time"]
        short = int((~(time >= 1)).sum())
        if short:
            faults.append(
                f"duration {duration.name} is not known or was over at its origin for "
                f"{short} person(s)"
            )
    refuse_faults(f"The durations of plan {plan.name}", faults)
    changes = None
    if any(d.varying for d in plan.durations):
        changes = _bounded(
            varying,
            largest_sample_rows,
            what="persons times periods, for what changes while a duration runs",
            instead="register a shorter until for the durations with varying, or "
            "their models without it",
        )
    return {d.name: _sample(rows, changes, d, used) for d in plan.durations}


def _bounded(
    frame: DataFrame, largest: int, *, what: str, instead: str
) -> pd.DataFrame:
    rows = collect_rows(frame.limit(largest + 1))
    if len(rows) > largest:
        raise EstimationError(
            f"Durations ask for more than {largest} rows ({what}), the most that are "
            "brought to the driver. Give the driver memory for them and raise "
            f"largest_sample_rows in conf/, or {instead}."
        )
    return rows


def _sample(
    rows: pd.DataFrame,
    changes: pd.DataFrame | None,
    duration: DurationPlan,
    used: tuple[Covariate, ...],
) -> DurationSample:
    name = duration.name
    place = {cause: i for i, cause in enumerate(duration.causes, start=1)}
    cause = rows[f"{name}@cause"].map(place).fillna(0)
    interview = np.full(len(rows), np.nan)
    if duration.interview is not None:
        interview = rows[f"{name}@interview"].to_numpy(dtype=np.float64)
    stratum = rows[duration.strata].to_numpy(dtype=np.str_) if duration.strata else None
    varying = {}
    if changes is not None:
        person = rows["person_id"].searchsorted(changes["person_id"])
        varying = {
            one.name: _by_period(
                changes,
                person,
                f"{name}@{one.name}",
                one.lag,
                (len(rows), duration.until),
            )
            for one in duration.varying
        }
    return DurationSample(
        time=rows[f"{name}@time"].to_numpy(dtype=np.int64),
        cause=np.asarray(cause, dtype=np.int64),
        arm=rows["arm"].to_numpy(dtype=np.str_),
        covariates={c.name: code_covariate(rows, c) for c in used},
        columns={c.name: column_names(c) for c in used},
        stratum=stratum,
        interview=interview,
        varying=varying,
    )


def _by_period(
    changes: pd.DataFrame,
    person: NDArray[np.int64],
    column: str,
    lag: int,
    shape: tuple[int, int],
) -> Floats:
    """Lay values out by person and period; period k has horizon k - 1 - lag."""
    period = changes["horizon"].to_numpy(dtype=np.int64) + lag
    inside = (period >= 0) & (period < shape[1])
    laid = np.full(shape, np.nan)
    values = changes[column].to_numpy(dtype=np.float64)
    laid[person[inside], period[inside]] = values[inside]
    return laid
