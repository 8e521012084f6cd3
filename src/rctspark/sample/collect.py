"""The sample as arrays: where Spark stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyspark.errors import PySparkException

from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError, listed
from rctspark.sample.columns import (
    covariates_used,
    outcome_column,
    outcome_horizons,
    outcomes_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyspark.sql import DataFrame

    from rctspark.config.plan import Analysis, Covariate, Plan

    Floats = NDArray[np.float64]


def collect_sample(
    sample: DataFrame, plan: Plan, *, analysis: Analysis, largest_sample_rows: int
) -> AnalysisSample:
    """Bring the sample to the driver: one Spark job, whatever the outcomes.

    A categorical covariate becomes a column of zeros and ones per category but the
    first. Covariates that no model of the analysis uses may be unknown (NaN); the
    others may not.

    Args:
        sample: What `make_sample` returns.
        plan: The analysis plan.
        analysis: The analysis that the sample was made for.
        largest_sample_rows: Most persons that may come.

    Returns:
        The sample, in the order of `person_id`.

    Raises:
        EstimationError: There are more persons than may come; a person stands there
            twice or has no arm of the plan; a covariate that is used is not known
            for someone or has a category that the plan does not list. All at once,
            with counts.
    """
    rows = _collect(sample.limit(largest_sample_rows + 1))
    if len(rows) > largest_sample_rows:
        raise EstimationError(
            f"Analysis {analysis.population} has more than {largest_sample_rows} "
            "persons, the most that are brought to the driver. Give the driver "
            "memory for them and raise largest_sample_rows in conf/, or narrow the "
            "analysis."
        )
    rows = rows.sort_values("person_id", ignore_index=True)
    used = covariates_used(plan, analysis)
    faults = _row_faults(rows, plan)
    coded = {c.name: _code(rows, c) for c in plan.covariates}
    for covariate in plan.covariates:
        if covariate.name in used:
            faults += _covariate_faults(rows, covariate)
    if faults:
        raise EstimationError(
            f"The sample of analysis {analysis.population} can't be used:\n"
            f"{listed(faults)}\nSay in the plan what a missing value means; nobody "
            "is dropped."
        )
    return AnalysisSample(
        arm=rows["arm"].to_numpy(dtype=np.str_),
        covariates=coded,
        columns={c.name: column_names(c) for c in plan.covariates},
        outcomes={
            (o.name, horizon): rows[outcome_column(o.name, horizon)].to_numpy(
                dtype=np.float64
            )
            for o in outcomes_of(plan, analysis)
            for horizon in outcome_horizons(plan, o)
        },
    )


def column_names(covariate: Covariate) -> tuple[str, ...]:
    """Return the names of a covariate's columns: `age=35_to_44` for a category."""
    if covariate.missing == "dummy":
        return (covariate.name, f"{covariate.name}=missing")
    if not covariate.categories:
        return (covariate.name,)
    return tuple(f"{covariate.name}={c}" for c in covariate.categories[1:])


def _collect(sample: DataFrame) -> pd.DataFrame:
    """Run the Spark job; an error's text would show the value that it met."""
    try:
        # Not toPandas: where it stops, it warns with the value that it met.
        rows: pd.DataFrame = sample.toArrow().to_pandas()
    except PySparkException as broken:
        condition = broken.getCondition() or type(broken).__name__
        raise EstimationError(
            f"Spark stopped while it made the sample: {condition}. If the SQL of a "
            "covariate or outcome meets values that it can't use, write it with "
            "try_cast or try_divide."
        ) from None
    return rows


def _row_faults(rows: pd.DataFrame, plan: Plan) -> list[str]:
    repeated = int(rows["person_id"].duplicated().sum())
    unassigned = int(rows["arm"].isna().sum())
    unknown = len(rows) - unassigned - int(rows["arm"].isin(plan.arms.all).sum())
    counted = {
        "row(s) repeat a person: persons or assignment is not unique": repeated,
        "enrolled person(s) have no row in assignment": unassigned,
        "person(s) are in an arm that the plan does not know": unknown,
    }
    return [f"{count} {words}" for words, count in counted.items() if count]


def _covariate_faults(rows: pd.DataFrame, covariate: Covariate) -> list[str]:
    missing = int(rows[covariate.name].isna().sum())
    if covariate.missing == "dummy":
        return []
    is_listed = rows[covariate.name].isin(covariate.categories)
    unlisted = len(rows) - missing - int(is_listed.sum()) if covariate.categories else 0
    counted = {
        "is not known": missing,
        "has a category that the plan does not list": unlisted,
    }
    return [
        f"covariate {covariate.name} {words} for {count} person(s)"
        for words, count in counted.items()
        if count
    ]


def _code(rows: pd.DataFrame, covariate: Covariate) -> Floats:
    """Shape (n, k): the number itself, or zeros and ones; NaN: not known."""
    if not covariate.categories:
        numbers: Floats = rows[[covariate.name]].to_numpy(dtype=np.float64)
        if covariate.missing == "dummy":
            is_missing = np.isnan(numbers)
            return np.column_stack([np.where(is_missing, 0.0, numbers), is_missing])
        return numbers
    codes = pd.Categorical(rows[covariate.name], categories=covariate.categories).codes
    others = np.arange(1, len(covariate.categories))
    columns: Floats = (codes[:, None] == others).astype(np.float64)
    columns[codes < 0] = np.nan
    return columns
