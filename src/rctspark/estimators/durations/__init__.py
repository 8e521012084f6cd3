"""Durations: how long until exit, in which way, and what an interview changes."""

from __future__ import annotations

from rctspark.estimators.durations.cox import estimate_cause_specific, estimate_cox
from rctspark.estimators.durations.discrete import estimate_discrete_hazard
from rctspark.estimators.durations.incidence import (
    contrast_incidence,
    estimate_gray,
    estimate_incidence,
)
from rctspark.estimators.durations.periods import (
    count_cells,
    estimate_period_hazards,
    expand_person_periods,
)
from rctspark.estimators.durations.survival import (
    contrast_restricted_means,
    estimate_log_rank,
    estimate_restricted_mean,
    estimate_survival,
)
from rctspark.estimators.durations.timing.exposure import centre_whole_units
from rctspark.estimators.durations.timing.fit import (
    Baseline,
    estimate_timing_of_events,
)

__all__ = [
    "Baseline",
    "centre_whole_units",
    "contrast_incidence",
    "contrast_restricted_means",
    "count_cells",
    "estimate_cause_specific",
    "estimate_cox",
    "estimate_discrete_hazard",
    "estimate_gray",
    "estimate_incidence",
    "estimate_log_rank",
    "estimate_period_hazards",
    "estimate_restricted_mean",
    "estimate_survival",
    "estimate_timing_of_events",
    "expand_person_periods",
]
