"""The hazard models that a plan asks of one duration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.config.plan.durations import CoxModel, DiscreteModel, TimingModel
from rctspark.contracts.duration_tables import DurationEstimate
from rctspark.contracts.durations import InterviewSpells, RiskRows
from rctspark.estimators.durations.cox import estimate_cox
from rctspark.estimators.durations.discrete import estimate_discrete_hazard
from rctspark.estimators.durations.periods import expand_person_periods
from rctspark.estimators.durations.timing.exposure import centre_whole_units
from rctspark.estimators.durations.timing.fit import (
    Baseline,
    estimate_timing_of_events,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.config.plan.durations import DurationPlan, HazardModel
    from rctspark.contracts.duration_results import Coefficient, ExitPoints, HazardFit
    from rctspark.contracts.duration_sample import DurationSample
    from rctspark.contracts.durations import PersonPeriods

    Floats = NDArray[np.float64]

ANY = "any"
INTERVIEW = "interview"


def count_exits(sample: DurationSample, duration: DurationPlan, cause: str) -> int:
    """Count the persons who leave in one way, or in any.

    Args:
        sample: The duration of everyone enrolled.
        duration: What the plan asks.
        cause: Way of leaving, or `any`.

    Returns:
        Persons.
    """
    if cause == ANY:
        return int((sample.cause > 0).sum())
    return int((sample.cause == duration.causes.index(cause) + 1).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Hazards:
    """One duration, and the models of its hazard.

    Attributes:
        sample: The duration of everyone enrolled.
        duration: What the plan asks.
        arms: The arms, control first.
        level: Level of the intervals.
    """

    sample: DurationSample
    duration: DurationPlan
    arms: tuple[str, ...]
    level: float

    def _exits(self, cause: str) -> int:
        return count_exits(self.sample, self.duration, cause)

    def fit(self, model: HazardModel) -> list[DurationEstimate]:
        """Fit one model.

        Args:
            model: A model of the duration.

        Returns:
            Its coefficients; of timing also the points of exit.

        Raises:
            EstimationError: As its estimator.
        """
        if isinstance(model, TimingModel):
            return self._timing(model)
        kind = None if model.cause is None else self.duration.causes.index(model.cause)
        left = self.sample.cause > 0 if kind is None else self.sample.cause == kind + 1
        if isinstance(model, DiscreteModel):
            rows = self._periods(model, left)
            fit = estimate_discrete_hazard(
                rows,
                link=model.link,
                pieces=model.pieces,
                covariance=model.covariance,
                level=self.level,
            )
        else:
            fit = estimate_cox(
                self._risk_rows(model, left),
                covariance=model.covariance,
                level=self.level,
            )
        return [self._coefficient(model, fit, c) for c in fit.coefficients]

    def _periods(
        self, model: CoxModel | DiscreteModel, left: NDArray[np.bool_]
    ) -> PersonPeriods:
        """Make the person-periods of one model."""
        names, columns = self._design(model)
        made = expand_person_periods(
            self.sample.time,
            left,
            covariates=columns,
            names=names,
            unit=self.duration.unit,
        )
        person = made.person if made.person is not None else np.arange(0)
        changing = [
            self.sample.varying[v][person, made.period - 1] for v in model.varying
        ]
        changing_names = [*model.varying]
        if isinstance(model, DiscreteModel) and model.interview:
            # Held and left in one period: which came first is not known.
            is_after = made.period > self.sample.interview[person]
            changing.append(is_after.astype(np.float64))
            changing_names.append(INTERVIEW)
        kept = made.period >= model.first_period
        return type(made)(
            period=made.period[kept],
            at_risk=made.at_risk[kept],
            exits=made.exits[kept],
            covariates=np.column_stack([made.covariates, *changing])[kept],
            names=(*names, *changing_names),
            person=person[kept],
            unit=made.unit,
        )

    def _design(self, model: HazardModel) -> tuple[tuple[str, ...], Floats]:
        """Columns of the arms and of what was known before."""
        names = [f"arm={arm}" for arm in self.arms[1:]]
        columns = [(self.sample.arm == arm)[:, None] for arm in self.arms[1:]]
        for covariate in model.covariates:
            names += self.sample.columns[covariate]
            columns.append(self.sample.covariates[covariate])
        return tuple(names), np.column_stack(columns).astype(np.float64)

    def _risk_rows(self, model: CoxModel, left: NDArray[np.bool_]) -> RiskRows:
        """One row per person; one per period where something changes."""
        if not model.varying and model.first_period == 1:
            names, columns = self._design(model)
            return RiskRows(
                person=np.arange(self.sample.n),
                start=np.zeros(self.sample.n),
                stop=self.sample.time.astype(np.float64),
                cause=left.astype(np.int64),
                causes=(model.cause or ANY,),
                covariates=columns,
                names=names,
            )
        made = self._periods(model, left)
        return RiskRows(
            person=made.person if made.person is not None else np.arange(0),
            start=(made.period - 1).astype(np.float64),
            stop=made.period.astype(np.float64),
            cause=made.exits.astype(np.int64),
            causes=(model.cause or ANY,),
            covariates=made.covariates,
            names=made.names,
        )

    def _coefficient(
        self, model: HazardModel, fit: HazardFit, found: Coefficient
    ) -> DurationEstimate:
        return DurationEstimate(
            method=fit.model,
            model=model.name,
            cause=model.cause or ANY,
            term=found.name,
            p_value=found.p_value,
            n_persons=fit.clusters,
            n_exits=fit.exits,
            estimate=found.estimate,
            std_error=found.std_error,
            ci_lower=found.ci_lower,
            ci_upper=found.ci_upper,
            level=fit.level,
            covariance=fit.covariance_kind,
            n_rows=fit.rows,
            log_likelihood=fit.log_likelihood,
        )

    def _timing(self, model: TimingModel) -> list[DurationEstimate]:
        names, columns = self._design(model)
        arms = len(self.arms) - 1
        fit = estimate_timing_of_events(
            centre_whole_units(
                InterviewSpells(
                    time=self.sample.time.astype(np.float64),
                    cause=self.sample.cause,
                    causes=self.duration.causes,
                    interview=self.sample.interview,
                    covariates=columns[:, arms:],
                    names=names[arms:],
                    interview_covariates=columns[:, :arms],
                    interview_names=names[:arms],
                    unit=self.duration.unit,
                )
            ),
            baseline=Baseline(model.breaks, model.interview_breaks),
            within=model.within,
            interview_at=model.interview_at,
            level=self.level,
        )
        rows = [
            self._timed(model, cause, INTERVIEW, found, fit.log_likelihood)
            for cause, found in zip(fit.causes, fit.effects, strict=True)
        ]
        for found in fit.coefficients:
            hazard, _, term = found.name.partition(":")
            rows.append(self._timed(model, hazard, term, found, fit.log_likelihood))
        return rows + [self._points(model, p) for p in fit.exit_points]

    def _timed(
        self,
        model: TimingModel,
        hazard: str,
        term: str,
        found: Coefficient,
        log_likelihood: float,
    ) -> DurationEstimate:
        is_exit = hazard in self.duration.causes
        held = int(np.isfinite(self.sample.interview).sum())
        return DurationEstimate(
            method="timing",
            model=model.name,
            cause=hazard,
            term=term,
            p_value=found.p_value,
            n_persons=self.sample.n,
            n_exits=self._exits(hazard) if is_exit else held,
            estimate=found.estimate,
            std_error=found.std_error,
            ci_lower=found.ci_lower,
            ci_upper=found.ci_upper,
            level=self.level,
            covariance="model",
            n_rows=self.sample.n,
            log_likelihood=log_likelihood,
        )

    def _points(self, model: TimingModel, found: ExitPoints) -> DurationEstimate:
        return DurationEstimate(
            method="timing_points",
            model=model.name,
            cause=found.cause,
            term=INTERVIEW,
            p_value=found.p_value,
            n_persons=found.n,
            n_exits=self._exits(found.cause),
            horizon=round(found.within),
            estimate=found.estimate,
            std_error=found.std_error,
            ci_lower=found.ci_lower,
            ci_upper=found.ci_upper,
            level=self.level,
        )
