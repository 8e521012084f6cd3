"""Regressions with all their coefficients, in the units of outcome and covariates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_expit
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.contracts.coefficients import CONSTANT, Term
from rctspark.contracts.sums import ARM
from rctspark.errors import EstimationError
from rctspark.estimators.design import make_design
from rctspark.estimators.intervals import t_interval
from rctspark.estimators.itt import estimate_itt
from rctspark.estimators.least_squares import fit_outcomes
from rctspark.estimators.regression.logit import fit_logit
from rctspark.estimators.regression.sources import PersonSums

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sample import AnalysisSample

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

Key = tuple[str, int]
LEVEL = 0.90


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Coefficients of one regression on columns as they are, the constant first."""

    names: tuple[str, ...]
    columns: Floats
    coefficients: Floats
    covariance: Floats
    df: float
    r_squared: float | None
    adjusted: float | None


def estimate_coefficients(
    sample: AnalysisSample,
    *,
    arms: Sequence[str],
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
) -> tuple[Term, ...]:
    """Estimate every coefficient of a model for every outcome of a sample.

    The regressions are those of `estimate_itt` and `estimate_logit`: the arms'
    coefficients of least squares are the effects. Strata stand as categories, which
    is the same regression. A column that the others already say is left out.

    Args:
        sample: The analysis sample.
        arms: Arms in the regression, control first.
        model: `ols` or `logit`, with one effect for everyone and no products.
        inference: Covariance HC0 to HC3 (of a logit HC0 and HC1), fewest persons.
        thresholds: The data owner's; they hold where they are stricter.

    Returns:
        Outcomes and horizons in order, and of each the constant, the arms, and the
        columns of covariates.

    Raises:
        EstimationError: The model is of another kind; and as `estimate_itt`.
    """
    if model.by or model.products != "none" or model.baseline:
        raise EstimationError(
            f"model {model.name} is not one regression of columns as they are, so it "
            "has no coefficients to show"
        )
    if model.strata is not None:
        own = (*model.covariates, model.strata)
        model = model.model_copy(update={"covariates": own, "strata": None})
    fits = _of_least_squares if model.estimator == "ols" else _of_logit
    if model.estimator == "ols":
        # It refuses what must not be estimated, person for person the same.
        estimate_itt(
            sample, arms=arms, model=model, inference=inference, thresholds=thresholds
        )
    with threadpool_limits(limits=1, user_api="blas"):
        return tuple(
            term
            for key, fit in fits(sample, tuple(arms), model, inference, thresholds)
            for term in _terms(key, fit)
        )


def _of_least_squares(
    sample: AnalysisSample,
    arms: tuple[str, ...],
    model: Model,
    inference: Inference,
    _: Thresholds,
) -> Iterator[tuple[Key, _Fit]]:
    for key, values in sample.outcomes.items():
        observed = ~np.isnan(values)
        design = make_design(sample, observed, arms=arms, model=model)
        found = next(
            iter(
                fit_outcomes(
                    design, [values[observed]], covariance=inference.covariance
                )
            )
        )
        columns = _columns(sample, observed, arms, design.names[1:])
        back = _back(design.matrix, columns)
        varies = np.ptp(values[observed]) > 0
        yield (
            key,
            _Fit(
                names=design.names,
                columns=columns,
                coefficients=back @ found.params,
                covariance=back @ found.cov_params() @ back.T,
                df=float(found.df_resid),
                r_squared=float(found.rsquared) if varies else None,
                adjusted=float(found.rsquared_adj) if varies else None,
            ),
        )


def _of_logit(
    sample: AnalysisSample,
    arms: tuple[str, ...],
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
) -> Iterator[tuple[Key, _Fit]]:
    for key, values in sample.outcomes.items():
        one = replace(sample, outcomes={key: values})
        found = fit_logit(
            PersonSums(one, arms),
            model=model,
            inference=inference,
            thresholds=thresholds,
        )
        at = found.fitted[0]
        names = tuple(found.terms.names[i].removeprefix(ARM) for i in at.terms)
        observed = ~np.isnan(values)
        columns = _columns(sample, observed, arms, names)
        places = [found.terms.factors[i][0] for i in at.terms]
        shift, scale = found.terms.shift[places], found.terms.scale[places]
        standard = columns.copy()
        standard[:, 1:] = (columns[:, 1:] - shift) / scale
        back = _back(standard, columns)
        coefficients = back @ at.coefficients[:, 0]
        yield (
            key,
            _Fit(
                names=(CONSTANT, *names),
                columns=columns,
                coefficients=coefficients,
                covariance=back @ found.spread[0][0] @ back.T,
                df=float("inf"),
                r_squared=_mcfadden(columns @ coefficients, values[observed]),
                adjusted=None,
            ),
        )


def _columns(
    sample: AnalysisSample,
    persons: Bools,
    arms: tuple[str, ...],
    names: Sequence[str],
) -> Floats:
    """Return columns as they are, the constant in front; arms as zeros and ones."""
    known = {
        name: sample.covariates[covariate][persons, i]
        for covariate, own in sample.columns.items()
        for i, name in enumerate(own)
    }
    known |= {arm: (sample.arm[persons] == arm).astype(np.float64) for arm in arms[1:]}
    ones = np.ones(int(persons.sum()))
    return np.column_stack([ones, *(known[name] for name in names)])


def _back(standard: Floats, columns: Floats) -> Floats:
    """Return what turns coefficients of standardised columns into those of columns.

    Every standardised column is a column less a number, over a number.

    Args:
        standard: Shape (n, k), the constant first.
        columns: Shape (n, k), the same columns as they are.

    Returns:
        Shape (k, k).
    """
    back = np.eye(columns.shape[1])
    for i in range(1, columns.shape[1]):
        low, high = np.argmin(columns[:, i]), np.argmax(columns[:, i])
        rise = standard[high, i] - standard[low, i]
        slope = rise / (columns[high, i] - columns[low, i])
        back[i, i] = slope
        back[0, i] = standard[low, i] - slope * columns[low, i]
    return back


def _mcfadden(log_odds: Floats, values: Floats) -> float | None:
    """Return one less the ratio of the log likelihoods with and without columns."""
    share = float(values.mean())
    if not 0 < share < 1:
        return None
    fitted = float((values * log_expit(log_odds)).sum())
    fitted += float(((1 - values) * log_expit(-log_odds)).sum())
    alone = values.size * (share * np.log(share) + (1 - share) * np.log(1 - share))
    return float(1 - fitted / alone)


def _terms(key: Key, fit: _Fit) -> Iterator[Term]:
    n = len(fit.columns)
    for i, name in enumerate(fit.names):
        estimate = float(fit.coefficients[i])
        error = float(np.sqrt(max(fit.covariance[i, i], 0.0)))
        _, _, p_value = t_interval(estimate, error, df=fit.df, level=LEVEL)
        yield Term(
            outcome=key[0],
            horizon=key[1],
            place=i,
            term=name,
            estimate=estimate,
            std_error=error,
            df=fit.df,
            p_value=p_value,
            n_behind=_behind(fit.columns[:, i], n),
            n_total=n,
            rank=len(fit.names),
            r_squared=fit.r_squared,
            adjusted_r_squared=fit.adjusted,
        )


def _behind(column: Floats, n: int) -> int:
    """Return the fewer of the persons in and outside of a category."""
    inside = int((column == 1).sum())
    is_category = inside + int((column == 0).sum()) == n
    return min(inside, n - inside) if is_category and inside < n else n
