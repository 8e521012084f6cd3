"""The likelihood of timing of events: value, gradient and observed information.

Given its kind m, a person's contribution is, over the hazards j, with d_j whether it
happened, A_j the integrated hazard of someone whose v is 1 and a_j the hazard when it
happened,

    product of (a_j v_mj)^d_j exp(-A_j v_mj),

so kinds meet a person only through d and A. That makes second derivatives sums of
products of few matrices, and the directional derivative a product of one-dimensional
functions (Abbring and Van den Berg 2003, doi:10.1111/1468-0262.00456; Heckman and
Singer 1984, doi:10.2307/1911491).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.estimators.durations.timing.exposure import Exposure, Risk

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

NEVER = -40.0
"""Log of a hazard that is zero for every purpose, and still a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Coefficients and kinds.

    Attributes:
        coefficients: Per hazard: pieces but the first, covariates, effect.
        log_hazards: Shape (kinds, hazards): log of v.
        shares: Shape (kinds,): positive, adding up to 1.
    """

    coefficients: tuple[Floats, ...]
    log_hazards: Floats
    shares: Floats

    @property
    def is_free(self) -> Bools:
        """Shape (kinds, hazards): whether a log hazard is above never."""
        free: Bools = self.log_hazards > NEVER
        return free

    def as_vector(self) -> Floats:
        """Return what is free as one vector; shares as log odds to the first."""
        odds = np.log(self.shares[1:] / self.shares[0])
        free = self.log_hazards[self.is_free]
        return np.concatenate([*self.coefficients, free, odds])

    def moved(self, step: Floats) -> Parameters:
        """Return the parameters after a step of their vector."""
        sizes = [c.size for c in self.coefficients]
        ends = np.cumsum([*sizes, int(self.is_free.sum())])
        *own, free, odds = np.split(step, ends)
        log_hazards = self.log_hazards.copy()
        log_hazards[self.is_free] += free
        log_shares = np.log(self.shares) + np.concatenate([[0.0], odds])
        shares = np.exp(log_shares - log_shares.max())
        return Parameters(
            coefficients=tuple(
                c + s for c, s in zip(self.coefficients, own, strict=True)
            ),
            log_hazards=log_hazards,
            shares=shares / shares.sum(),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Integrated:
    """What coefficients make of the exposures, before kinds.

    Attributes:
        total: Shape (n, hazards): integrated hazards where v is 1.
        happened: Shape (n, hazards).
        log_rates: Sum over persons of log hazards of what happened, where v is 1.
        by_piece: Per hazard, shape (n, pieces): `total` by piece.
        after: Per hazard, shape (n, pieces): the part after the interview.
    """

    total: Floats
    happened: Floats
    log_rates: float
    by_piece: tuple[Floats, ...]
    after: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The likelihood at some parameters.

    Attributes:
        log_likelihood: Its logarithm.
        integrated: Integrated hazards.
        density: Shape (n,): of each cell, without the rates in `log_rates`, divided
            by exp(`log_scale`).
        log_scale: Shape (n,).
        posterior: Shape (n, kinds): chance of each kind given what is seen.
    """

    log_likelihood: float
    integrated: Integrated
    density: Floats
    log_scale: Floats
    posterior: Floats


def split_coefficients(risk: Risk, own: Floats) -> tuple[Floats, Floats, float]:
    """Return log baseline by piece, coefficients of covariates, and the effect."""
    ends = [risk.pieces - 1, risk.pieces - 1 + len(risk.names)]
    pieces, slopes, effect = np.split(own, ends)
    return np.append(0.0, pieces), slopes, float(effect.sum())


def integrate(exposure: Exposure, parameters: Parameters) -> Integrated:
    """Integrate the hazards of every cell at some coefficients."""
    totals, by_piece, afters, log_rates = [], [], [], 0.0
    for risk, own in zip(exposure.risks, parameters.coefficients, strict=True):
        pieces, slopes, effect = split_coefficients(risk, own)
        shift = risk.covariates @ slopes
        rate = np.exp(shift)[:, None] * np.exp(pieces)
        after = np.exp(effect) * rate * risk.after
        every = rate * risk.before + after
        by_piece.append(every)
        afters.append(after)
        totals.append(every.sum(axis=1))
        log_rate = pieces[risk.piece] + shift + effect * risk.is_after
        log_rates += float((exposure.count * risk.happened) @ log_rate)
    return Integrated(
        total=np.column_stack(totals),
        happened=np.column_stack([risk.happened for risk in exposure.risks]),
        log_rates=log_rates,
        by_piece=tuple(by_piece),
        after=tuple(afters),
    )


def log_densities(integrated: Integrated, log_hazards: Floats) -> Floats:
    """Return log densities by cell and kind, without the rates: shape (n, kinds)."""
    found: Floats = (
        integrated.happened @ log_hazards.T - integrated.total @ np.exp(log_hazards).T
    )
    return found


def evaluate(exposure: Exposure, parameters: Parameters) -> Evaluation:
    """Evaluate the likelihood.

    Args:
        exposure: The data.
        parameters: Where.

    Returns:
        The likelihood and what its derivatives are made from.
    """
    integrated = integrate(exposure, parameters)
    logs = log_densities(integrated, parameters.log_hazards)
    scale = logs.max(axis=1)
    joint = np.exp(logs - scale[:, None]) * parameters.shares
    density = joint.sum(axis=1)
    value = integrated.log_rates + float(exposure.count @ (np.log(density) + scale))
    return Evaluation(
        log_likelihood=value,
        integrated=integrated,
        density=density,
        log_scale=scale,
        posterior=joint / density[:, None],
    )


def differentiate(
    exposure: Exposure, parameters: Parameters, at: Evaluation
) -> tuple[Floats, Floats]:
    """Return gradient and observed information (minus the second derivatives).

    Args:
        exposure: The data.
        parameters: Where.
        at: The likelihood there.

    Returns:
        Gradient, shape (free parameters,), and information, square.
    """
    integrated, posterior, count = at.integrated, at.posterior, exposure.count
    hazards = np.exp(parameters.log_hazards)
    mean = posterior @ hazards
    slopes = _slopes(exposure, integrated)
    linear = _linear_parts(exposure)
    gradient_own = [
        line - slope.T @ (count * mean[:, j])
        for j, (line, slope) in enumerate(zip(linear, slopes, strict=True))
    ]
    # Score of the log hazards, given the kind: shape (n, kinds, hazards).
    score = integrated.happened[:, None] - integrated.total[:, None] * hazards
    weighted = (count[:, None] * posterior)[:, :, None] * score
    free = parameters.is_free
    gradient_odds = (count @ posterior - count.sum() * parameters.shares)[1:]
    gradient = np.concatenate(
        [*gradient_own, weighted.sum(axis=0)[free], gradient_odds]
    )
    own = _own_block(exposure, integrated, slopes, (posterior, hazards, mean))
    cross = _cross_block(exposure, slopes, (posterior, hazards, mean), score, free)
    mixing = _mixing_block(exposure, parameters, integrated, posterior, score)
    information = -np.block([[own, cross], [cross.T, mixing]])
    return gradient, information


def _slopes(exposure: Exposure, integrated: Integrated) -> list[Floats]:
    """Return derivatives of each integrated hazard in its coefficients."""
    found = []
    for j, risk in enumerate(exposure.risks):
        parts = [
            integrated.by_piece[j][:, 1:],
            integrated.total[:, j, None] * risk.covariates,
        ]
        if risk.has_effect:
            parts.append(integrated.after[j].sum(axis=1, keepdims=True))
        found.append(np.column_stack(parts))
    return found


def _linear_parts(exposure: Exposure) -> list[Floats]:
    """Return derivatives of `log_rates`, which is linear in the coefficients."""
    found = []
    for risk in exposure.risks:
        events = exposure.count * risk.happened
        pieces = np.bincount(risk.piece, weights=events, minlength=risk.pieces)[1:]
        parts = [pieces, events @ risk.covariates]
        if risk.has_effect:
            parts.append(np.array([events @ risk.is_after]))
        found.append(np.concatenate(parts))
    return found


Kinds = tuple["Floats", "Floats", "Floats"]
"""Posterior (n, kinds), hazards (kinds, hazards), mean hazards (n, hazards)."""


def _own_block(
    exposure: Exposure, integrated: Integrated, slopes: list[Floats], kinds: Kinds
) -> Floats:
    """Return second derivatives in the coefficients."""
    posterior, hazards, mean = kinds
    count = exposure.count
    rows = []
    for j, first in enumerate(slopes):
        row = []
        for k, second in enumerate(slopes):
            product = posterior @ (hazards[:, j] * hazards[:, k])
            spread = product - mean[:, j] * mean[:, k]
            block = first.T @ ((count * spread)[:, None] * second)
            if j == k:
                block = block - _curvature(
                    exposure.risks[j], j, integrated, count * mean[:, j]
                )
            row.append(block)
        rows.append(row)
    found: Floats = np.block(rows)
    return found


def _curvature(risk: Risk, j: int, integrated: Integrated, weight: Floats) -> Floats:
    """Return the weighted sum of an integrated hazard's second derivatives."""
    pieces = integrated.by_piece[j][:, 1:]
    x = risk.covariates
    by_slope = x.T @ (weight[:, None] * pieces)
    rows = [
        [np.diag(weight @ pieces), by_slope.T],
        [by_slope, x.T @ ((weight * integrated.total[:, j])[:, None] * x)],
    ]
    if risk.has_effect:
        after = integrated.after[j]
        total = after.sum(axis=1)
        column = [(weight @ after[:, 1:])[:, None], (x.T @ (weight * total))[:, None]]
        rows = [[*row, part] for row, part in zip(rows, column, strict=True)]
        rows.append([*(part.T for part in column), np.array([[weight @ total]])])
    found: Floats = np.block(rows)
    return found


def _cross_block(
    exposure: Exposure,
    slopes: list[Floats],
    kinds: Kinds,
    score: Floats,
    free: Bools,
) -> Floats:
    """Return second derivatives in coefficients and in kinds."""
    posterior, hazards, mean = kinds
    weight = exposure.count[:, None] * posterior
    rows = []
    for j, slope in enumerate(slopes):
        apart = weight * (hazards[:, j] - mean[:, j, None])
        in_hazards = apart[:, :, None] * score
        in_hazards[:, :, j] += weight * hazards[:, j]
        flat = slope.T @ in_hazards.reshape(weight.shape[0], -1)
        both = [flat[:, free.reshape(-1)], slope.T @ apart[:, 1:]]
        rows.append(-np.column_stack(both))
    return np.concatenate(rows)


def _mixing_block(
    exposure: Exposure,
    parameters: Parameters,
    integrated: Integrated,
    posterior: Floats,
    score: Floats,
) -> Floats:
    """Return second derivatives in log hazards and log odds of the kinds."""
    count = exposure.count
    hazards = np.exp(parameters.log_hazards)
    kinds, risks = hazards.shape
    weight = count[:, None] * posterior
    flat = (posterior[:, :, None] * score).reshape(count.size, -1)
    in_hazards = -(flat.T @ (count[:, None] * flat))
    for m in range(kinds):
        part = slice(m * risks, (m + 1) * risks)
        in_hazards[part, part] += score[:, m].T @ (weight[:, m, None] * score[:, m])
        in_hazards[part, part] -= np.diag(
            (weight[:, m] @ integrated.total) * hazards[m]
        )
    both = -(flat.T @ weight)
    by_kind = (weight[:, :, None] * score).sum(axis=0)
    for m in range(kinds):
        both[m * risks : (m + 1) * risks, m] += by_kind[m]
    shares = parameters.shares
    odds = np.diag(weight.sum(axis=0)) - posterior.T @ weight
    odds -= count.sum() * (np.diag(shares) - np.outer(shares, shares))
    free = parameters.is_free.reshape(-1)
    both = both[free][:, 1:]
    found: Floats = np.block(
        [[in_hazards[np.ix_(free, free)], both], [both.T, odds[1:, 1:]]]
    )
    return found
