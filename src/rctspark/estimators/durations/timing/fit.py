"""Timing of events: does an interview change when, and how, people leave?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.contracts.duration_results import MassPoint, TimingFit
from rctspark.errors import EstimationError
from rctspark.estimators.durations.normal import as_coefficients
from rctspark.estimators.durations.risk_sets import refuse
from rctspark.estimators.durations.timing.exit_points import Request, find_exit_points
from rctspark.estimators.durations.timing.exposure import Exposure, expose
from rctspark.estimators.durations.timing.likelihood import (
    NEVER,
    Parameters,
    differentiate,
)
from rctspark.estimators.durations.timing.mixing import fit_alone, fit_mixture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.duration_results import Coefficient
    from rctspark.contracts.durations import InterviewSpells

    Floats = NDArray[np.float64]

TOLERANCE = 0.01
"""Gain in log likelihood that another distribution of kinds may still have."""
SINGULAR = 1e-11
"""Curvatures below this share of the largest count as none."""
MOST_CAUSES = 3
MOST_UNCERTAIN = 10.0
"""A standard error of an effect on a log hazard beyond this means no maximum."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Pieces over which hazards stay the same, in the spells' unit of time.

    Attributes:
        breaks: Where a new piece of the exits' hazards begins, after 0, rising.
        interview_breaks: The same for the interview's hazard.
    """

    breaks: tuple[float, ...]
    interview_breaks: tuple[float, ...]


def estimate_timing_of_events(  # noqa: PLR0913  # each a choice of the plan
    spells: InterviewSpells,
    *,
    baseline: Baseline,
    within: Sequence[float],
    interview_at: float,
    level: float = 0.90,
    tolerance: float = TOLERANCE,
    starts: Sequence[float] = (0.0,),
    with_kinds: bool = True,
) -> TimingFit:
    """Estimate what an interview changes in the hazards of leaving, from then on.

    Exits and the interview are modelled jointly. Each hazard is a piecewise-constant
    baseline times covariates times v, a person's own and never seen; the v of the
    hazards may go together, so those whom caseworkers see soon may leave soon anyway.
    Because the moment of the interview varies within kinds of person and cannot be
    foreseen, its effect can be told from selection (Abbring and Van den Berg 2003,
    doi:10.1111/1468-0262.00456). The distribution of v is whatever fits best: kinds
    (mass points) are added until the directional derivative of the likelihood shows
    that no other distribution, of however many kinds, could add more than `tolerance`
    to the log likelihood at the coefficients found. Standard errors are of the
    observed information with the number of kinds taken as found, as Gaure, Roed and
    Zhang (2007, doi:10.1016/j.jeconom.2007.01.015) show to be right in large samples.

    Nothing is random: the same data give the same digits.

    Args:
        spells: One row per person.
        baseline: Pieces of the baseline hazards.
        within: Horizons, from the start, for points of exit.
        interview_at: When everyone still in is interviewed, for points of exit.
        level: Level of the intervals.
        tolerance: Gain in log likelihood that may be left.
        starts: Where the search begins: effects that are by so much larger than
            with everyone alike; the likeliest end is taken. More are more certain,
            and take as many times longer.
        with_kinds: False: everyone alike, which is wrong where v differs; for
            comparison only.

    Returns:
        The fit.

    Raises:
        EstimationError: Times, causes or covariates can't be used; a piece has too
            few exits; a horizon lies beyond what is observed; an effect is infinite;
            or the distribution could not be proved to be the best.
    """
    _require_request(spells, baseline, within, interview_at)
    exposure = expose(
        spells, breaks=baseline.breaks, interview_breaks=baseline.interview_breaks
    )
    # One thread gives the same digits on every machine, and is faster at this size.
    with threadpool_limits(limits=1, user_api="blas"):
        if with_kinds:
            mixture = fit_mixture(exposure, tolerance=tolerance, starts=starts)
        else:
            mixture = fit_alone(exposure)
        gradient, information = differentiate(exposure, mixture.parameters, mixture.at)
        covariance = _invert(information)
        request = Request(within, interview_at, baseline.breaks, level)
        points = find_exit_points(exposure, mixture.parameters, covariance, request)
    if with_kinds and not mixture.is_proved:
        raise EstimationError(
            f"Timing of events: after {mixture.parameters.shares.size} kinds of person "
            f"another could add up to {mixture.gain_left:.3g} to the log likelihood, "
            f"more than {tolerance:g}; the best distribution was not found."
        )
    coefficients, effects = _named(exposure, mixture.parameters, covariance, level)
    _require_determined(effects)
    held = np.isfinite(spells.interview)
    return TimingFit(
        causes=spells.causes,
        unit=spells.unit,
        breaks=tuple(float(b) for b in baseline.breaks),
        effects=effects,
        coefficients=coefficients,
        points=_mass_points(mixture.parameters),
        exit_points=points,
        log_likelihood=mixture.at.log_likelihood,
        log_likelihood_without=mixture.alone.log_likelihood,
        gain_left=mixture.gain_left,
        gradient_left=float(np.abs(gradient * np.sqrt(np.diag(covariance))).max()),
        is_proved=mixture.is_proved,
        n=spells.time.size,
        cells=exposure.count.size,
        n_exits=tuple(
            int((spells.cause == kind).sum())
            for kind in range(1, len(spells.causes) + 1)
        ),
        n_interviews=int(held.sum()),
        level=level,
    )


def _require_request(
    spells: InterviewSpells,
    baseline: Baseline,
    within: Sequence[float],
    interview_at: float,
) -> None:
    last = float(np.nanmax(spells.time, initial=0.0))
    faults = []
    for name, breaks in (
        ("breaks", baseline.breaks),
        ("interview_breaks", baseline.interview_breaks),
    ):
        edges = np.array([0.0, *breaks])
        if (np.diff(edges) <= 0).any() or edges[-1] >= last:
            faults.append(f"{name} must rise, from after 0 to before {last:g}")
    beyond = [x for x in within if not 0 < x <= last]
    if beyond or not within:
        faults.append(f"horizons must lie in what is observed, 0 to {last:g}")
    if not 0 <= interview_at < max(within, default=0.0):
        faults.append("interview_at must lie before the last horizon")
    if not 1 <= len(spells.causes) <= MOST_CAUSES:
        faults.append(
            f"{len(spells.causes)} kinds of exit; 1 to {MOST_CAUSES} can be told apart"
        )
    refuse(faults, "The request")


def _require_determined(effects: tuple[Coefficient, ...]) -> None:
    faults = [
        f"the effect on {effect.name} is not determined: kinds of person that leave "
        "only after, or only before, an interview fit best"
        for effect in effects
        if not effect.std_error < MOST_UNCERTAIN
    ]
    refuse(faults, "The spells")


def _invert(information: Floats) -> Floats:
    """Invert, leaving out directions in which the likelihood is flat.

    Those are directions among the kinds: kinds that could be moved or joined at no
    cost. What they leave undetermined is not among the effects.
    """
    unit = 1 / np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
    curvature, axes = linalg.eigh(information * np.outer(unit, unit))
    keep = curvature > SINGULAR * curvature[-1]
    scaled = axes[:, keep] / np.sqrt(curvature[keep])
    half = unit[:, None] * scaled
    covariance: Floats = half @ half.T
    return covariance


def _named(
    exposure: Exposure, parameters: Parameters, covariance: Floats, level: float
) -> tuple[tuple[Coefficient, ...], tuple[Coefficient, ...]]:
    """Return coefficients and effects by name, covariates in their own units."""
    names: list[str] = []
    units: list[Floats] = []
    effects: list[int] = []
    for risk in exposure.risks:
        names += [f"{risk.name}:piece {i}" for i in range(2, risk.pieces + 1)]
        names += [f"{risk.name}:{name}" for name in risk.names]
        units += [np.ones(risk.pieces - 1), 1 / risk.scale]
        if risk.has_effect:
            effects.append(len(names))
            names.append(risk.name)
            units.append(np.ones(1))
    unit = np.concatenate(units)
    values = np.concatenate(parameters.coefficients) * unit
    size = unit.size
    own = covariance[:size, :size] * np.outer(unit, unit)
    found = as_coefficients(names, values, own, level)
    return (
        tuple(c for i, c in enumerate(found) if i not in effects),
        tuple(found[i] for i in effects),
    )


def _mass_points(parameters: Parameters) -> tuple[MassPoint, ...]:
    order = np.argsort(-parameters.shares, kind="stable")
    logs = np.where(parameters.log_hazards > NEVER, parameters.log_hazards, -np.inf)
    return tuple(
        MassPoint(
            share=float(parameters.shares[m]), log_hazards=tuple(logs[m].tolist())
        )
        for m in order
    )
