"""Timing of events: exact derivatives, and second computations of every integral."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate as quadrature

from estimators.durations.timing_data import simulate, some
from rctspark.contracts.durations import InterviewSpells
from rctspark.estimators.durations.timing.exit_points import (
    Request,
    _share,
    _stretches,
)
from rctspark.estimators.durations.timing.exposure import expose
from rctspark.estimators.durations.timing.likelihood import (
    NEVER,
    Parameters,
    differentiate,
    evaluate,
)


@pytest.fixture(scope="module")
def spells() -> InterviewSpells:
    return simulate(np.random.default_rng(1), 500)


@pytest.fixture(scope="module")
def somewhere(spells):
    """Parameters away from the top, with three kinds, one of which is never seen."""
    exposure = expose(spells, breaks=(4.0, 8.0), interview_breaks=(4.0, 8.0))
    random = np.random.default_rng(2)
    return exposure, Parameters(
        coefficients=tuple(0.2 * random.normal(size=r.size) for r in exposure.risks),
        log_hazards=np.array([[-2.0, -3, -2], [-3, -4, NEVER], [-1.5, -3, -1]]),
        shares=np.array([0.3, 0.5, 0.2]),
    )


def differences(function, parameters, size, step=1e-5):
    axes = step * np.eye(size)
    return np.array(
        [
            (function(parameters.moved(a)) - function(parameters.moved(-a))) / step / 2
            for a in axes
        ]
    )


def test_gradient_and_information_are_the_likelihoods_derivatives(somewhere):
    exposure, parameters = somewhere
    gradient, information = differentiate(
        exposure, parameters, evaluate(exposure, parameters)
    )
    numeric = differences(
        lambda p: evaluate(exposure, p).log_likelihood, parameters, gradient.size
    )
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-6)
    curvature = differences(
        lambda p: differentiate(exposure, p, evaluate(exposure, p))[0],
        parameters,
        gradient.size,
    )
    np.testing.assert_allclose(information, -curvature, rtol=1e-6, atol=1e-5)


def test_the_likelihood_is_the_one_integrated_person_by_person(spells, somewhere):
    exposure, parameters = somewhere
    total = 0.0
    for i in range(0, spells.time.size, 25):
        total += np.log(_density(spells, exposure, parameters, i))
    few = np.arange(0, spells.time.size, 25)
    part = some(spells, few)
    alone = expose_as(part, exposure)
    assert evaluate(alone, parameters).log_likelihood == pytest.approx(total, rel=1e-7)


def expose_as(spells, exposure):
    """Some cells of an exposure: those of these persons."""
    first, last = exposure.risks[0], exposure.risks[-1]
    cells = np.column_stack(
        [
            (first.before + first.after).sum(axis=1),
            last.before.sum(axis=1),
            last.covariates > 0,
        ]
    )
    until = np.fmin(spells.time, spells.interview)
    persons = np.column_stack(
        [spells.time, until, spells.covariates, spells.interview_covariates]
    )
    order = [int(np.argmin(np.abs(cells - p).sum(axis=1))) for p in persons]
    risks = tuple(
        replace(
            r,
            happened=r.happened[order],
            piece=r.piece[order],
            is_after=r.is_after[order],
            before=r.before[order],
            after=r.after[order],
            covariates=r.covariates[order],
        )
        for r in exposure.risks
    )
    return replace(exposure, risks=risks, count=np.ones(len(order)))


def _density(spells, exposure, parameters, i):
    """A second computation: hazards as functions of time, integrated numerically."""
    columns = [
        (spells.covariates, spells.names),
        (np.hstack([spells.covariates, spells.interview_covariates]), ()),
    ]
    held = spells.interview[i]
    end = spells.time[i]
    found = 0.0
    for share, kind in zip(parameters.shares, parameters.log_hazards, strict=True):
        density = share
        for j, risk in enumerate(exposure.risks):
            own, is_exit = parameters.coefficients[j], risk.has_effect
            raw = columns[0 if is_exit else 1][0]
            z = ((raw - raw.mean(axis=0)) / raw.std(axis=0))[i]
            slope = z @ own[2 : 2 + z.size]
            levels = [0.0, own[0], own[1]]

            def hazard(t, levels=levels, slope=slope, own=own, v=kind[j], e=is_exit):
                piece = 0 if t <= 4 else 1 if t <= 8 else 2
                effect = own[-1] if e and t > held else 0.0
                return np.exp(levels[piece] + slope + v + effect)

            until = end if is_exit or np.isnan(held) else held
            cuts = sorted({0.0, until, *(c for c in (4.0, 8.0, held) if c < until)})
            area = sum(
                quadrature.quad(hazard, a + 1e-12, b)[0]
                for a, b in itertools.pairwise(cuts)
            )
            happens = spells.cause[i] == j + 1 if is_exit else not np.isnan(held)
            density *= np.exp(-area) * (hazard(until) if happens else 1.0)
        found += density
    return found


def test_shares_that_have_left_are_the_integral_of_the_hazards(somewhere):
    exposure, parameters = somewhere
    request = Request((9.0,), 3.0, (4.0, 8.0), 0.90)
    for interview in (3.0, np.inf):
        path = _stretches(request, 9.0, interview)
        share, slope = _share(exposure, parameters, 0, path)
        numeric = differences(
            lambda p, path=path: _share(exposure, p, 0, path)[0], parameters, slope.size
        )
        np.testing.assert_allclose(slope, numeric, atol=1e-9)
        assert share == pytest.approx(
            _by_quadrature(exposure, parameters, interview), rel=1e-8
        )


def _by_quadrature(exposure, parameters, interview):
    """A second computation of the share that has left for a job within 9."""
    total = 0.0
    for share, kind in zip(parameters.shares, parameters.log_hazards, strict=True):
        for x in np.unique(exposure.risks[0].covariates):
            weight = exposure.count[exposure.risks[0].covariates[:, 0] == x].sum()

            def change(t, state, x=x, kind=kind):
                rates = []
                for j in range(2):
                    own = parameters.coefficients[j]
                    piece = [0.0, own[0], own[1]][0 if t < 4 else 1 if t < 8 else 2]
                    effect = own[-1] * (t >= interview)
                    rates.append(np.exp(piece + own[2] * x + effect + kind[j]))
                return [-sum(rates) * state[0], rates[0] * state[0]]

            state = [1.0, 0.0]
            cuts = sorted({0.0, 4.0, 8.0, 9.0, min(interview, 9.0)})
            for a, b in itertools.pairwise(cuts):
                solved = quadrature.solve_ivp(
                    change, (a, b - 1e-13), state, rtol=1e-11, atol=1e-13
                )
                state = solved.y[:, -1]
            total += share * weight / exposure.count.sum() * state[1]
    return total
