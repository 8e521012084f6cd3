"""Least squares by statsmodels: many outcomes on one design."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from rctspark.estimators.design import Design

    Floats = NDArray[np.float64]

DECOMPOSED = (
    "pinv_wexog",
    "normalized_cov_params",
    "wexog_singular_values",
    "rank",
)
"""What statsmodels works out from the design alone, whatever the outcome."""


def fit_outcomes(
    design: Design, outcomes: Iterable[Floats], *, covariance: str
) -> Iterator[Any]:
    """Fit one regression per outcome, decomposing the design once.

    The results are statsmodels' own (`RegressionResults`), with the robust
    covariance of MacKinnon and White (1985, doi:10.1016/0304-4076(85)90158-7) and
    t distributions with n minus rank degrees of freedom.

    Args:
        design: A design of full rank.
        outcomes: Each of shape (n,), nothing missing.
        covariance: `HC0` to `HC3`.

    Yields:
        One fitted regression per outcome, in the same order.
    """
    # Workers that add up sums import this package too, and need no statsmodels.
    import statsmodels.api as sm  # noqa: PLC0415

    decomposed: dict[str, Any] = {}
    for outcome in outcomes:
        # The constant is said to be there: looking for it costs a decomposition.
        model = sm.OLS(outcome, design.matrix, hasconst=True)
        for name, value in decomposed.items():
            setattr(model, name, value)
        yield model.fit(cov_type=covariance, use_t=True)
        decomposed = {name: getattr(model, name) for name in DECOMPOSED}
