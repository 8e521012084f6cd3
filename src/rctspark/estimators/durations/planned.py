"""Everything that a plan asks of one duration: curves, tests and hazards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.config.plan.durations import CoxModel, DiscreteModel, TimingModel
from rctspark.contracts.duration_tables import DurationEstimate
from rctspark.contracts.durations import Durations, InterviewSpells, RiskRows
from rctspark.errors import EstimationError
from rctspark.estimators.durations.cox import estimate_cox
from rctspark.estimators.durations.curve_points import curve_points
from rctspark.estimators.durations.discrete import estimate_discrete_hazard
from rctspark.estimators.durations.incidence import (
    contrast_incidence,
    estimate_gray,
    estimate_incidence,
)
from rctspark.estimators.durations.periods import expand_person_periods
from rctspark.estimators.durations.survival import (
    contrast_restricted_means,
    estimate_log_rank,
    estimate_restricted_mean,
)
from rctspark.estimators.durations.timing.exposure import centre_whole_units
from rctspark.estimators.durations.timing.fit import (
    Baseline,
    estimate_timing_of_events,
)
from rctspark.estimators.refusals import arm_faults, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan.durations import DurationPlan, HazardModel
    from rctspark.contracts.duration_sample import DurationSample
    from rctspark.contracts.duration_tables import CurvePoint
    from rctspark.contracts.durations import (
        Coefficient,
        CurveTest,
        ExitPoints,
        HazardFit,
        PersonPeriods,
    )
    from rctspark.estimators.contrast import Contrast

    Floats = NDArray[np.float64]

ANY = "any"


@dataclass(frozen=True, slots=True)
class DurationResults:
    """What a plan asked of one duration.

    Attributes:
        estimates: Coefficients, contrasts and tests.
        points: Points of curves.
    """

    estimates: tuple[DurationEstimate, ...]
    points: tuple[CurvePoint, ...]


def estimate_duration(
    sample: DurationSample,
    *,
    duration: DurationPlan,
    arms: Sequence[str],
    level: float,
    minimum_persons: int,
) -> DurationResults:
    """Estimate every curve, test and model that a plan asks of one duration.

    Args:
        sample: The duration of everyone enrolled.
        duration: What the plan asks.
        arms: The arms, control first.
        level: Level of the intervals.
        minimum_persons: Fewest persons per arm.

    Returns:
        The results. Models hold a column `arm=<arm>` per treatment, but for timing,
        where the arms are in the interview's hazard alone.

    Raises:
        EstimationError: An arm has too few persons, someone is in another arm, what
            changes is not known in a period at risk; and as the estimators.
    """
    faults = arm_faults(sample.arm, arms, minimum_persons=minimum_persons)
    refuse(f"Duration {duration.name}", faults)
    asked = _Asked(sample, duration, tuple(arms), level, minimum_persons)
    estimates = [*asked.tests(), *asked.contrasts()]
    for model in duration.models:
        try:
            estimates += asked.model(model)
        except EstimationError as refused:
            raise EstimationError(
                f"duration {duration.name}: model {model.name}: {refused}"
            ) from None
    points = curve_points(
        asked.durations(),
        curves=duration.curves,
        level=level,
        minimum_persons=minimum_persons,
    )
    return DurationResults(tuple(estimates), points)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One duration and what is asked of it."""

    sample: DurationSample
    duration: DurationPlan
    arms: tuple[str, ...]
    level: float
    minimum_persons: int

    def durations(self) -> Durations:
        """Return the duration of every person."""
        return Durations(
            time=self.sample.time.astype(np.float64),
            cause=self.sample.cause,
            causes=self.duration.causes,
            arm=self.sample.arm,
            stratum=self.sample.stratum,
            unit=self.duration.unit,
            outcome=self.duration.name,
        )

    def exits(self, cause: str) -> int:
        """Count the persons who leave in one way, or in any."""
        if cause == ANY:
            return int((self.sample.cause > 0).sum())
        kind = self.duration.causes.index(cause) + 1
        return int((self.sample.cause == kind).sum())

    def tests(self) -> list[DurationEstimate]:
        """Test that arms leave alike."""
        durations, fewest = self.durations(), self.minimum_persons
        found: list[DurationEstimate] = []
        if "log_rank" in self.duration.tests:
            test = estimate_log_rank(durations, minimum_persons=fewest)
            found.append(self._tested("log_rank", test))
        if "gray" in self.duration.tests:
            gray = estimate_gray(durations, minimum_persons=fewest)
            found += [self._tested("gray", test) for test in gray]
        return found

    def _tested(self, method: str, test: CurveTest) -> DurationEstimate:
        return DurationEstimate(
            method=method,
            model="",
            cause=test.cause,
            term="arms",
            p_value=test.p_value,
            n_persons=sum(test.n),
            n_exits=self.exits(test.cause),
            statistic=test.statistic,
            df=test.df,
        )

    def contrasts(self) -> list[DurationEstimate]:
        """Compare incidence and mean time with control's."""
        durations, control = self.durations(), self.arms[0]
        found: list[DurationEstimate] = []
        if self.duration.within:
            curves = estimate_incidence(durations, minimum_persons=self.minimum_persons)
            for cause in self.duration.causes:
                gaps = contrast_incidence(
                    [c for c in curves if c.cause == cause],
                    control=control,
                    horizons=self.duration.within,
                )
                found += [self._gap("incidence_difference", cause, g) for g in gaps]
        for until in self.duration.mean_until:
            means = estimate_restricted_mean(
                durations, until=until, minimum_persons=self.minimum_persons
            )
            gaps = contrast_restricted_means(means, control=control, level=self.level)
            found += [self._gap("restricted_mean_difference", ANY, g) for g in gaps]
        return found

    def _gap(self, method: str, cause: str, gap: Contrast) -> DurationEstimate:
        return DurationEstimate(
            method=method,
            model="",
            cause=cause,
            term=gap.arm,
            p_value=gap.p_value,
            n_persons=gap.n_total,
            n_exits=self.exits(cause),
            horizon=gap.horizon,
            estimate=gap.estimate,
            std_error=gap.std_error,
            ci_lower=gap.ci_lower,
            ci_upper=gap.ci_upper,
            level=gap.level,
        )

    def model(self, model: HazardModel) -> list[DurationEstimate]:
        """Fit one model."""
        if isinstance(model, TimingModel):
            return self._timing(model)
        kind = None if model.cause is None else self.duration.causes.index(model.cause)
        left = self.sample.cause > 0 if kind is None else self.sample.cause == kind + 1
        if isinstance(model, DiscreteModel):
            rows = self.periods(model, left)
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

    def periods(
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
        kept = made.period >= model.first_period
        return type(made)(
            period=made.period[kept],
            at_risk=made.at_risk[kept],
            exits=made.exits[kept],
            covariates=np.column_stack([made.covariates, *changing])[kept],
            names=(*names, *model.varying),
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
        made = self.periods(model, left)
        return RiskRows(
            person=made.person if made.person is not None else np.arange(0),
            start=made.period - 1.0,
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
            self._timed(model, cause, "interview", found, fit.log_likelihood)
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
            n_exits=self.exits(hazard) if is_exit else held,
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
            term="interview",
            p_value=found.p_value,
            n_persons=found.n,
            n_exits=self.exits(found.cause),
            horizon=round(found.within),
            estimate=found.estimate,
            std_error=found.std_error,
            ci_lower=found.ci_lower,
            ci_upper=found.ci_upper,
            level=self.level,
        )
