"""Everything that a plan asks of one duration: curves, tests and hazards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.duration_tables import DurationEstimate
from rctspark.contracts.durations import Durations
from rctspark.errors import EstimationError
from rctspark.estimators.durations.curve_points import curve_points
from rctspark.estimators.durations.hazard_models import ANY, Hazards, count_exits
from rctspark.estimators.durations.incidence import (
    contrast_incidence,
    estimate_gray,
    estimate_incidence,
)
from rctspark.estimators.durations.survival import (
    contrast_restricted_means,
    estimate_log_rank,
    estimate_restricted_mean,
)
from rctspark.estimators.refusals import arm_faults, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config.plan.durations import DurationPlan
    from rctspark.contracts.duration_results import CurveTest
    from rctspark.contracts.duration_sample import DurationSample
    from rctspark.contracts.duration_tables import CurvePoint
    from rctspark.estimators.contrast import Contrast


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
    hazards = Hazards(sample, duration, tuple(arms), level)
    estimates = [*asked.tests(), *asked.contrasts()]
    for model in duration.models:
        try:
            estimates += hazards.fit(model)
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

    def _exits(self, cause: str) -> int:
        return count_exits(self.sample, self.duration, cause)

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
            n_exits=self._exits(test.cause),
            statistic=test.statistic,
            df=test.df,
        )

    def contrasts(self) -> list[DurationEstimate]:
        """Compare incidence and mean time with control's."""
        durations, control = self.durations(), self.arms[0]
        found: list[DurationEstimate] = []
        if self.duration.within:
            curves = estimate_incidence(
                durations, level=self.level, minimum_persons=self.minimum_persons
            )
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
            n_exits=self._exits(cause),
            horizon=gap.horizon,
            estimate=gap.estimate,
            std_error=gap.std_error,
            ci_lower=gap.ci_lower,
            ci_upper=gap.ci_upper,
            level=gap.level,
        )
