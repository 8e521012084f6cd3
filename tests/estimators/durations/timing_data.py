"""Made-up months of benefit, interviews and exits, with a known effect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rctspark.contracts.durations import InterviewSpells
from rctspark.estimators.durations import Baseline, estimate_timing_of_events

KINDS = np.array([[0.9, 0.3, 0.7], [-0.9, -0.3, -0.7]])
BASELINE = Baseline(breaks=(4.0, 8.0), interview_breaks=(4.0, 8.0))


def simulate(random, n, *, effect=0.3, is_mixed=True) -> InterviewSpells:
    """Months of 30 days, exit to a job sooner for those interviewed sooner."""
    x = random.integers(0, 2, (n, 1)).astype(float)
    arm = random.integers(0, 2, (n, 1)).astype(float)
    kind = KINDS[random.integers(0, 2, n)] * is_mixed
    rates = np.array([0.08, 0.04, 0.08]) * np.exp(kind + 0.3 * x)
    interview = random.exponential(1 / (rates[:, 2] * np.exp(arm[:, 0])))

    def leave(rate, change):
        alone = random.exponential(1 / rate)
        later = interview + (alone - interview) * np.exp(-change)
        return np.where(alone < interview, alone, later)

    job, other = leave(rates[:, 0], effect), leave(rates[:, 1], 0.0)
    first = np.minimum(job, other)
    end = np.minimum(first, 16.0)
    return InterviewSpells(
        time=end,
        cause=np.where(first > 16, 0, np.where(job < other, 1, 2)),
        causes=("job", "other"),
        interview=np.where(interview < end, interview, np.nan),
        covariates=x,
        names=("x",),
        interview_covariates=arm,
        interview_names=("arm",),
    )


def estimate(spells, **changes):
    given = {"baseline": BASELINE, "within": (6.0, 12.0), "interview_at": 3.0}
    return estimate_timing_of_events(spells, **given | changes)


def some(spells, persons):
    """These persons alone."""
    return replace(
        spells,
        time=spells.time[persons],
        cause=spells.cause[persons],
        interview=spells.interview[persons],
        covariates=spells.covariates[persons],
        interview_covariates=spells.interview_covariates[persons],
    )
