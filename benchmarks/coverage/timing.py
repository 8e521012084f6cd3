"""Timing of events where the truth is known: bias, coverage, seconds.

Two kinds of person who cannot be told apart: one finds jobs and is interviewed sooner
than the other. An interview raises the hazard of leaving for a job by 0.3 and does
nothing to other exits; arm moves the interview alone. Times are drawn and then known by
the day. Run beside each other, with kinds and without: without, the effect must come
out too large. Each trial gives bools (whether the 90 % interval held the truth) and
floats (estimate minus truth, seconds of processor time).

    python benchmarks/coverage/timing.py 1000 20    # persons, trials
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.durations import InterviewSpells
from rctspark.errors import EstimationError
from rctspark.estimators.durations import (
    Baseline,
    centre_whole_units,
    estimate_timing_of_events,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MONTH = 30.0
LAST_DAY = 16 * MONTH
EFFECTS = (0.3, 0.0)
RATES = (0.08 / MONTH, 0.03 / MONTH, 0.08 / MONTH)
KINDS = np.array([[0.9, 0.3, 0.7], [-0.9, -0.3, -0.7]])
SLOPES = np.array([[0.3, -0.2], [-0.2, 0.0], [0.2, 0.0]])
OF_ARM = 1.0
INTERVIEW_AT, WITHIN = 3 * MONTH, 12 * MONTH
BASELINE = Baseline(
    breaks=tuple(MONTH * m for m in (2, 4, 6, 9, 12)),
    interview_breaks=tuple(MONTH * m for m in (2, 4, 6, 9)),
)
PERSONS = {"1000": (1_000, 300), "9237": (9_237, 50), "50000": (50_000, 5)}
"""Persons and trials of the full run."""


def simulate_spells(random: np.random.Generator, n: int) -> InterviewSpells:
    """Draw persons, their exits and interviews.

    Args:
        random: Source of randomness.
        n: Persons.

    Returns:
        Their spells, by the day.
    """
    covariates = random.integers(0, 2, (n, 2)).astype(float)
    arm = random.integers(0, 2, n).astype(float)
    logs = covariates @ SLOPES.T + KINDS[random.integers(0, 2, n)]
    logs[:, 2] += OF_ARM * arm
    hazards = np.array(RATES) * np.exp(logs)
    interview = random.exponential(1 / hazards[:, 2])
    job, other = (
        _leave(random, hazards[:, j], EFFECTS[j], interview) for j in range(2)
    )
    leaves = np.minimum(job, other)
    cause = np.where(leaves > LAST_DAY, 0, np.where(job < other, 1, 2))
    end = np.minimum(leaves, LAST_DAY)
    return centre_whole_units(
        InterviewSpells(
            time=np.ceil(end),
            cause=cause,
            causes=("job", "other"),
            interview=np.where(interview < end, np.ceil(interview), np.nan),
            covariates=covariates,
            names=("a", "b"),
            interview_covariates=arm[:, None],
            interview_names=("arm",),
            unit="day",
        )
    )


def _leave(
    random: np.random.Generator, hazard: Floats, effect: float, interview: Floats
) -> Floats:
    """Draw times of a hazard that changes at the interview."""
    alone = random.exponential(size=hazard.size) / hazard
    later = interview + (alone - interview) * np.exp(-effect)
    return np.where(alone < interview, alone, later)


def true_points() -> float:
    """Return what an interview at three months adds to exit to a job within twelve."""
    total = 0.0
    cells = [(a, b) for a in (0.0, 1.0) for b in (0.0, 1.0)]
    for cell in cells:
        for kind in KINDS:
            logs = SLOPES[:2] @ np.array(cell) + kind[:2]
            job, other = np.array(RATES[:2]) * np.exp(logs)
            stay = np.exp(-(job + other) * INTERVIEW_AT)
            left = WITHIN - INTERVIEW_AT
            treated = job * np.exp(EFFECTS[0])
            gain = _share(treated, other, left) - _share(job, other, left)
            total += stay * gain / (len(cells) * len(KINDS))
    return float(total)


def _share(job: float, other: float, within: float) -> float:
    return job / (job + other) * -float(np.expm1(-(job + other) * within))


def try_timing(
    random: np.random.Generator, *, n: int, with_kinds: bool
) -> Mapping[str, bool | float]:
    """Fit one simulated population.

    Args:
        random: Source of randomness.
        n: Persons.
        with_kinds: Whether persons may differ in what is not seen.

    Returns:
        Whether intervals held the truth, errors, and seconds; `is_refused` alone where
        the estimator refused.
    """
    spells = simulate_spells(random, n)
    begin = time.process_time()
    try:
        fit = estimate_timing_of_events(
            spells,
            baseline=BASELINE,
            within=(WITHIN,),
            interview_at=INTERVIEW_AT,
            with_kinds=with_kinds,
        )
    except EstimationError:
        return {"is_refused": True}
    seconds = time.process_time() - begin
    job, other = fit.effects
    points, truth = fit.exit_points[0], true_points()
    return {
        "is_refused": False,
        "job_held": job.ci_lower <= EFFECTS[0] <= job.ci_upper,
        "other_held": other.ci_lower <= EFFECTS[1] <= other.ci_upper,
        "points_held": points.ci_lower <= truth <= points.ci_upper,
        "job_error": job.estimate - EFFECTS[0],
        "other_error": other.estimate - EFFECTS[1],
        "points_error": points.estimate - truth,
        "kinds": float(len(fit.points)),
        "seconds": seconds,
    }


CASES: dict[str, Callable[[np.random.Generator], Mapping[str, bool | float]]] = {
    f"timing of events, {name} persons{'' if kinds else ', everyone alike'}": partial(
        try_timing, n=n, with_kinds=kinds
    )
    for name, (n, _) in PERSONS.items()
    for kinds in (True, False)
}
TRIALS = {case: PERSONS[case.split()[3]][1] for case in CASES}
"""Trials of the full run, by case."""


def main(n: int, trials: int) -> None:
    """Print means over a few trials, seeds 0, 1, ...

    Args:
        n: Persons.
        trials: Trials.
    """
    for kinds in (True, False):
        found = [
            try_timing(np.random.default_rng(seed), n=n, with_kinds=kinds)
            for seed in range(trials)
        ]
        fitted = [f for f in found if not f["is_refused"]]
        print(f"{n} persons, {'kinds' if kinds else 'alike'}: {len(fitted)} fitted")
        for name in fitted[0]:
            values = np.array([float(f[name]) for f in fitted])
            error = values.std(ddof=1) / np.sqrt(values.size)
            print(f"  {name:13s} {values.mean():8.4f} ({error:.4f})")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
