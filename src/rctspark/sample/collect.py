"""The sample as arrays: where Spark stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyspark.errors import PySparkException

from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError
from rctspark.sample.columns import (
    arm_column,
    arms_left_out,
    arms_of,
    covariates_known,
    flag_column,
    outcome_column,
    outcome_keys,
)
from rctspark.sample.refusals import (
    refuse_sample,
    row_faults,
    spark_stopped,
    value_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pyspark.sql import DataFrame

    from rctspark.config.plan import Analysis, Covariate, Plan

    Floats = NDArray[np.float64]


def collect_sample(
    sample: DataFrame, plan: Plan, *, analysis: Analysis, largest_sample_rows: int
) -> AnalysisSample:
    """Bring the sample of one analysis to the driver.

    Args:
        sample: What `make_sample` returns.
        plan: The analysis plan.
        analysis: The analysis that the sample was made for.
        largest_sample_rows: Most persons that may come.

    Returns:
        The sample, in the order of `in_order`.

    Raises:
        EstimationError: As `collect_samples`.
    """
    unconditional = analysis.model_copy(update={"where": None})
    return collect_samples(
        sample,
        plan,
        analyses=(unconditional,),
        largest_sample_rows=largest_sample_rows,
    )[0]


def collect_samples(
    samples: DataFrame,
    plan: Plan,
    *,
    analyses: Sequence[Analysis],
    largest_sample_rows: int,
) -> tuple[AnalysisSample, ...]:
    """Bring samples to the driver: one Spark job, whatever the analyses and outcomes.

    A categorical covariate becomes a column of zeros and ones per category but the
    first. Covariates that no model of an analysis uses may be unknown (NaN); the
    others may not.

    Args:
        samples: What `make_samples` returns.
        plan: The analysis plan.
        analyses: The analyses that they were made for, in the same order.
        largest_sample_rows: Most persons that may come.

    Returns:
        One sample per analysis, in the order of `in_order`.

    Raises:
        EstimationError: There are more persons than may come; a person stands there
            twice or has no arm of the plan; a covariate that is used is not known
            for someone or has a category that the plan does not list. All at once,
            with counts.
    """
    rows = collect_rows(samples.limit(largest_sample_rows + 1))
    if len(rows) > largest_sample_rows:
        names = ", ".join(dict.fromkeys(a.population for a in analyses))
        raise EstimationError(
            f"Analysis {names} has more than {largest_sample_rows} "
            "persons, the most that are brought to the driver. Give the driver "
            "memory for them and raise largest_sample_rows in conf/, or narrow the "
            "analysis."
        )
    rows = in_order(rows)
    return tuple(
        _sample_of(_rows_of(rows, plan, analysis, place), plan, analysis)
        for place, analysis in enumerate(analyses)
    )


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort persons by what is known of them, not by their pseudonym.

    Whatever draws by place then draws alike under every pseudonym key: those whose
    places could differ are alike in everything.

    Args:
        rows: One row per person: `person_id` and what is known.

    Returns:
        The same rows in another order.
    """
    told = [name for name in rows.columns if name != "person_id"]
    return rows.sort_values(told, ignore_index=True)


def _rows_of(
    rows: pd.DataFrame, plan: Plan, analysis: Analysis, place: int
) -> pd.DataFrame:
    """Take those of whom an analysis speaks, in the arm that it follows."""
    if analysis.where is not None:
        rows = rows[rows[flag_column(place)]]
    if analysis.among is not None:
        selecting = outcome_column(analysis.among.outcome, analysis.among.horizon)
        rows = rows[rows[selecting] == 1]
    if analysis.follows is not None:
        followed = rows[arm_column(analysis)]
        rows = rows.assign(arm=followed)[followed.notna()]
    left_out = rows["arm"].isin(arms_left_out(plan, analysis))
    return rows[~left_out].reset_index(drop=True)


def _sample_of(rows: pd.DataFrame, plan: Plan, analysis: Analysis) -> AnalysisSample:
    known = covariates_known(plan, analysis)
    refuse_sample(analysis, faults_of(rows, arms_of(plan, analysis), known))
    measured = {key: rows[outcome_column(*key)] for key in outcome_keys(plan, analysis)}
    return AnalysisSample(
        arm=rows["arm"].to_numpy(dtype=np.str_),
        covariates={c.name: code_covariate(rows, c) for c in plan.covariates},
        columns={c.name: column_names(c) for c in plan.covariates},
        outcomes={k: v.to_numpy(dtype=np.float64) for k, v in measured.items()},
    )


def column_names(covariate: Covariate) -> tuple[str, ...]:
    """Return the names of a covariate's columns: `age=35_to_44` for a category."""
    if covariate.missing == "dummy":
        return (covariate.name, f"{covariate.name}=missing")
    if not covariate.categories:
        return (covariate.name,)
    return tuple(f"{covariate.name}={c}" for c in covariate.categories[1:])


def collect_rows(sample: DataFrame) -> pd.DataFrame:
    """Run the Spark job; an error's text would show the value that it met."""
    try:
        # Not toPandas: where it stops, it warns with the value that it met.
        rows: pd.DataFrame = sample.toArrow().to_pandas()
    except PySparkException as broken:
        raise spark_stopped(broken) from None
    return rows


def faults_of(
    rows: pd.DataFrame, arms: Sequence[str], covariates: Sequence[Covariate]
) -> list[str]:
    """Count rows that repeat a person, and persons whom no model can use.

    Args:
        rows: One row per person: `person_id`, `arm` and the covariates.
        arms: Arms and groups of the analysis.
        covariates: Covariates that must be known, in the plan's categories.

    Returns:
        One sentence per fault, with its count.
    """
    unassigned = int(rows["arm"].isna().sum())
    faults = row_faults(
        repeated=int(rows["person_id"].duplicated().sum()),
        unassigned=unassigned,
        unknown=len(rows) - unassigned - int(rows["arm"].isin(arms).sum()),
    )
    for covariate in covariates:
        missing = int(rows[covariate.name].isna().sum())
        listed = int(rows[covariate.name].isin(covariate.categories).sum())
        unlisted = len(rows) - missing - listed if covariate.categories else 0
        faults += value_faults(covariate, missing=missing, unlisted=unlisted)
    return faults


def code_covariate(rows: pd.DataFrame, covariate: Covariate) -> Floats:
    """Turn a covariate into columns of numbers.

    Args:
        rows: One row per person, with the covariate.
        covariate: Covariate of the plan.

    Returns:
        Shape (n, k), columns as `column_names`: the number itself, or zeros and ones;
        NaN: not known.
    """
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
