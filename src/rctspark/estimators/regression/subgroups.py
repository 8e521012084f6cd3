"""Effects by category of a covariate, and whether they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from rctspark.contracts.regression import JointTest
from rctspark.contracts.sums import ARM
from rctspark.errors import EstimationError
from rctspark.estimators.regression.engine import fit_regressions
from rctspark.estimators.regression.linear import (
    arm_check,
    make_contrast,
    regression_of,
    spreads,
)
from rctspark.estimators.regression.regressions import CLUSTERED, in_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.contrast import Contrast
    from rctspark.estimators.regression.regressions import Fit

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Subgroups:
    """Effects by category, and whether they differ.

    Attributes:
        contrasts: One per outcome, category and arm.
        tests: One per outcome and arm, and one over all arms where there are more.
    """

    contrasts: tuple[Contrast, ...]
    tests: tuple[JointTest, ...]


def estimate_subgroups(
    source: SourceOfSums,
    *,
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
    reference: str,
) -> Subgroups:
    """Estimate an effect per category of a covariate, and test that they differ.

    One regression with arms, categories and their products, so the covariates have
    the same coefficients in every category.

    Args:
        source: Persons, cells, or a table; not weighted.
        model: A model with `by`.
        inference: Covariance, cluster, level, fewest persons per arm and category.
        thresholds: The data owner's; they hold where they are stricter.
        reference: The category without a column, the first in the plan.

    Returns:
        Effects and joint Wald tests; with CR2 effects have Satterthwaite's degrees of
        freedom, and tests are HTZ (Pustejovsky and Tipton 2018,
        doi:10.1080/07350015.2016.1247004).

    Raises:
        EstimationError: As `estimate_itt`; or an arm has too few persons in a
            category, with its name and the count.
    """
    if model.by is None or model.estimator != "ols" or source.is_weighted:
        raise EstimationError(
            f"model {model.name}: effects by category need `by`, estimator ols, and "
            "persons without weights"
        )
    regression = regression_of(source, model, inference)
    fits = fit_regressions(
        source,
        [regression],
        covariance=inference.covariance,
        check=arm_check(source, inference, thresholds),
    )
    fewest = max(inference.minimum_persons, thresholds.minimum_persons)
    contrasts: dict[int, list[Contrast]] = {}
    tests: dict[int, list[JointTest]] = {}
    faults: list[str] = []
    for fit in fits:
        of = _Categories(source, model, inference, fit, reference)
        faults += of.faults(fewest)
        if faults:
            continue
        for j, place in enumerate(fit.outcomes):
            contrasts[int(place)] = of.contrasts(j)
            tests[int(place)] = of.tests(j)
    if faults:
        raise EstimationError(f"model {model.name}: {'; '.join(faults)}")
    every = range(len(source.outcomes))
    return Subgroups(
        contrasts=tuple(c for place in every for c in contrasts[place]),
        tests=tuple(t for place in every for t in tests[place]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Categories:
    """The categories of one fit."""

    source: SourceOfSums
    model: Model
    inference: Inference
    fit: Fit
    reference: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the categories but the first."""
        return self.source.columns[self.model.by or ""]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the categories, the first one included."""
        return (f"{self.model.by}={self.reference}", *self.columns)

    def df(self, contrast: Floats) -> float:
        """Degrees of freedom of contrasts; CR1: clusters minus one; CR2: HTZ's."""
        if self.fit.working is not None:
            return self.fit.working.joint_df(contrast)
        if self.inference.covariance in CLUSTERED:
            return float((self.fit.group.weight > 0).sum() - 1)
        return float(self.fit.df[0, 0])

    def count(self) -> tuple[Floats, Floats]:
        """Persons by category and arm, and control's mean by category."""
        group, arms = self.fit.group, self.source.arms
        raw = group.weight @ group.means
        inner = group.term_y.reshape(-1, *group.term_y.shape[-2:]).sum(axis=0)
        raw_y = inner + (group.means * group.weight[:, None]).T @ group.y_means
        terms = dict.fromkeys(self.fit.regression.terms)
        place = {term: i for i, term in enumerate(terms)}
        counts = np.zeros((len(self.names), len(arms)))
        totals = np.zeros((*counts.shape, len(self.fit.outcomes)))
        for c, name in enumerate(self.columns, start=1):
            for a, arm in enumerate(arms[1:], start=1):
                at = place[ARM + arm, name]
                counts[c, a], totals[c, a] = raw[at], raw_y[at]
            at = place[name,]
            counts[c, 0] = raw[at] - counts[c, 1:].sum()
            totals[c, 0] = raw_y[at] - totals[c, 1:].sum(axis=0)
        counts[0] = group.arm_persons - counts[1:].sum(axis=0)
        everyone = group.arm_y * group.arm_weight[:, None]
        totals[0] = everyone - totals[1:].sum(axis=0)
        means = totals[:, 0] / np.maximum(counts[:, 0], 1)[:, None]
        return np.round(counts), means

    def faults(self, fewest: int) -> list[str]:
        """Name categories that have too few persons in an arm."""
        counts, _ = self.count()
        where = in_words(self.source, self.fit.outcomes)
        return [
            f"{where}: {counts[c, a]:.0f} person(s) of {name} in arm {arm}, needed "
            f"are {fewest}"
            for c, name in enumerate(self.names)
            for a, arm in enumerate(self.source.arms)
            if counts[c, a] < fewest
        ]

    def contrasts(self, j: int) -> list[Contrast]:
        """Effect of each arm in each category."""
        counts, means = self.count()
        fit, treatments = self.fit, len(self.source.arms) - 1
        found = []
        for c, name in enumerate(self.names):
            for i in range(treatments):
                pick = np.zeros(fit.estimates.shape[1])
                pick[[i, c * treatments + i]] = 1.0
                contrast = make_contrast(
                    self.source,
                    fit,
                    self.model,
                    self.inference,
                    outcome=int(fit.outcomes[j]),
                    arm=i + 1,
                    estimate=float(pick @ fit.estimates[j]),
                    variance=float(pick @ fit.covariance[j] @ pick),
                    df=self.df(pick[:, None]),
                    spread=float(spreads(fit)[j]),
                    persons=(counts[c, i + 1], counts[c, 0]),
                    mean_against=float(means[c, j]),
                    subgroup=name,
                )
                found.append(contrast)
        return found

    def tests(self, j: int) -> list[JointTest]:
        """Whether effects differ between categories, by arm and over all."""
        treatments = len(self.source.arms) - 1
        coefficients = self.fit.estimates.shape[1]
        tested = {
            arm: list(range(treatments + i, coefficients, treatments))
            for i, arm in enumerate(self.source.arms[1:])
        }
        if treatments > 1:
            tested["all"] = list(range(treatments, coefficients))
        return [self._test(j, arm, places) for arm, places in tested.items()]

    def _test(self, j: int, arm: str, places: list[int]) -> JointTest:
        apart = self.fit.estimates[j, places]
        spread = self.fit.covariance[j][np.ix_(places, places)]
        if np.linalg.matrix_rank(spread, hermitian=True) < len(places):
            raise EstimationError(
                f"{in_words(self.source, [int(self.fit.outcomes[j])])}: effects by "
                f"{self.model.by} have no joint test: their covariance is singular"
            )
        q = len(places)
        statistic = float(apart @ np.linalg.solve(spread, apart)) / q
        df = self.df(np.eye(len(self.fit.estimates[j]))[:, places])
        if self.fit.working is not None:
            # Hotelling's T-squared as an F: exact were the covariance a Wishart's.
            statistic *= (df - q + 1) / df
            df += 1 - q
        if df <= 0:
            raise EstimationError(
                f"{in_words(self.source, [int(self.fit.outcomes[j])])}: effects by "
                f"{self.model.by} have no joint test with CR2: {q} differences at "
                "once ask for more clusters. Use CR1, or join categories"
            )
        outcome, horizon = self.source.outcomes[int(self.fit.outcomes[j])]
        return JointTest(
            outcome=outcome,
            horizon=horizon,
            arm=arm,
            by=self.model.by or "",
            model=self.model.name,
            statistic=statistic,
            df_numerator=q,
            df_denominator=df,
            p_value=float(stats.f.sf(statistic, q, df)),
            covariance=self.inference.covariance,
            n_total=self.fit.group.n,
        )
