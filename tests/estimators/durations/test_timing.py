"""Timing of events: exact derivatives, a second computation, refusals, known truth."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate as quadrature
from scipy import optimize

from rctspark.contracts.durations import InterviewSpells
from rctspark.errors import EstimationError
from rctspark.estimators.durations import (
    Baseline,
    centre_whole_units,
    estimate_timing_of_events,
)
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
from rctspark.estimators.durations.timing.peaks import find_kinds

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


@pytest.fixture(scope="module")
def spells() -> InterviewSpells:
    return simulate(np.random.default_rng(1), 500)


@pytest.fixture(scope="module")
def fitted(spells):
    return estimate(spells)


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
    part = _some(spells, few)
    alone = expose_as(part, exposure)
    assert evaluate(alone, parameters).log_likelihood == pytest.approx(total, rel=1e-7)


def _some(spells, persons):
    return replace(
        spells,
        time=spells.time[persons],
        cause=spells.cause[persons],
        interview=spells.interview[persons],
        covariates=spells.covariates[persons],
        interview_covariates=spells.interview_covariates[persons],
    )


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


def test_one_kind_is_what_a_general_optimiser_finds(spells):
    exposure = expose(spells, breaks=(4.0, 8.0), interview_breaks=(4.0, 8.0))
    start = Parameters(
        coefficients=tuple(np.zeros(r.size) for r in exposure.risks),
        log_hazards=np.full((1, 3), -2.5),
        shares=np.ones(1),
    )
    size = start.as_vector().size

    def loss(step):
        return -evaluate(exposure, start.moved(step)).log_likelihood

    best = optimize.minimize(loss, np.zeros(size), method="BFGS")
    fit = estimate(spells, with_kinds=False)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    assert fit.log_likelihood == fit.log_likelihood_without
    place = exposure.risks[0].size - 1
    assert fit.effects[0].estimate == pytest.approx(best.x[place], abs=1e-3)


def test_no_kind_on_a_fine_grid_or_at_random_adds_to_the_best(spells, fitted):
    assert fitted.is_proved
    assert fitted.gain_left < 0.01
    assert fitted.log_likelihood > fitted.log_likelihood_without
    exposure = expose(spells, breaks=(4.0, 8.0), interview_breaks=(4.0, 8.0))
    parameters = _parameters(fitted, exposure)
    at = evaluate(exposure, parameters)
    assert at.log_likelihood == pytest.approx(fitted.log_likelihood, abs=1e-6)
    random = np.random.default_rng(3)
    places = random.uniform(-10, 3, (20_000, 3))
    places[random.random(places.shape) < 0.1] = NEVER
    logs = (
        at.integrated.happened @ places.T
        - at.integrated.total @ np.exp(places).T
        - at.log_scale[:, None]
    )
    gains = (exposure.count / at.density) @ np.exp(logs) - exposure.count.sum()
    assert gains.max() < 0.01
    largest = max(g for g, _ in find_kinds(exposure, parameters, at, places[0] * 0 - 3))
    assert largest < 0.02


def _parameters(fit, exposure):
    own = {c.name: c.estimate for c in (*fit.coefficients, *fit.effects)}
    found = []
    for risk in exposure.risks:
        pieces = [own[f"{risk.name}:piece {i}"] for i in range(2, risk.pieces + 1)]
        slopes = [
            own[f"{risk.name}:{n}"] * s
            for n, s in zip(risk.names, risk.scale, strict=True)
        ]
        found.append(
            np.array([*pieces, *slopes, *([own[risk.name]] if risk.has_effect else [])])
        )
    logs = np.array([p.log_hazards for p in fit.points])
    return Parameters(
        coefficients=tuple(found),
        log_hazards=np.where(np.isfinite(logs), logs, NEVER),
        shares=np.array([p.share for p in fit.points]),
    )


def test_the_same_data_give_the_same_digits(spells, fitted):
    assert estimate(spells) == fitted


def test_the_order_of_persons_hardly_matters_and_equal_persons_are_one_cell(spells):
    whole = replace(
        spells, time=np.ceil(spells.time), interview=np.ceil(spells.interview)
    )
    reversed_ = _some(whole, np.arange(500)[::-1])
    one, two = estimate(whole, with_kinds=False), estimate(reversed_, with_kinds=False)
    assert one == two
    assert one.cells < 400 < one.n == 500


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


def test_an_effect_is_treatment_minus_none_with_error_interval_and_n(fitted):
    assert [(p.cause, p.within) for p in fitted.exit_points] == [
        ("job", 6.0),
        ("job", 12.0),
        ("other", 6.0),
        ("other", 12.0),
    ]
    for points in fitted.exit_points:
        assert points.estimate == points.share_with - points.share_without
        assert points.ci_lower < points.estimate < points.ci_upper
        assert points.n == 500
    assert fitted.exit_points[1].share_with < 1


def test_whole_days_are_placed_where_events_are_expected():
    spells = InterviewSpells(
        time=np.array([3.0, 5.0, 7.0]),
        cause=np.array([1, 1, 0]),
        causes=("job",),
        interview=np.array([3.0, 2.0, np.nan]),
        covariates=np.empty((3, 0)),
        names=(),
        interview_covariates=np.empty((3, 0)),
        interview_names=(),
    )
    placed = centre_whole_units(spells)
    np.testing.assert_allclose(placed.time, [3 - 1 / 3, 4.5, 7])
    np.testing.assert_allclose(placed.interview, [3 - 2 / 3, 1.5, np.nan])
    with pytest.raises(EstimationError, match=r"4 time.s. are not whole"):
        centre_whole_units(placed)


def test_unusable_spells_are_refused_with_every_fault_and_count(spells):
    time, x = spells.time.copy(), spells.covariates.copy()
    time[:3], x[4:6] = -1.0, np.nan
    broken = replace(spells, time=time, covariates=x)
    with pytest.raises(EstimationError) as refused:
        estimate(broken)
    for part in ("time is missing.* 3 person", "x is missing .* 2 person"):
        assert refused.match(f"(?s).*{part}")


def test_too_few_exits_in_a_piece_or_after_an_interview_are_refused(spells):
    fine = Baseline(breaks=(0.001, 8.0), interview_breaks=(4.0,))
    with pytest.raises(EstimationError, match="in piece 1 of the baseline"):
        estimate(spells, baseline=fine)
    none = replace(
        spells, interview=np.where(spells.cause == 2, np.nan, spells.interview)
    )
    with pytest.raises(EstimationError, match="other: 0 after an interview"):
        estimate(none)


def test_a_horizon_or_a_covariate_that_says_nothing_is_refused(spells):
    with pytest.raises(EstimationError, match="horizons must lie in what is observed"):
        estimate(spells, within=(99.0,))
    same = replace(spells, covariates=np.ones((500, 1)))
    with pytest.raises(EstimationError, match="2 covariates of rank 1"):
        estimate(same)


def test_kinds_take_most_of_the_bias_away_and_alike_has_it():
    """Full trials: benchmarks/coverage/timing.py."""
    random, trials = np.random.default_rng(8), 4
    errors, alike, held = [], [], 0
    for _ in range(trials):
        drawn = simulate(random, 2000)
        fit = estimate(drawn)
        errors.append(fit.effects[0].estimate - 0.3)
        held += fit.effects[0].ci_lower <= 0.3 <= fit.effects[0].ci_upper
        alike.append(estimate(drawn, with_kinds=False).effects[0].estimate - 0.3)
    assert np.mean(alike) > 0.3
    assert abs(np.mean(errors)) < 3.5 * 0.2 / np.sqrt(trials)
    assert held >= 2


def test_where_everyone_is_alike_the_interval_without_kinds_covers():
    random, trials = np.random.default_rng(9), 100
    held = points = 0
    for _ in range(trials):
        fit = estimate(
            simulate(random, 400, is_mixed=False), with_kinds=False, within=(12.0,)
        )
        held += fit.effects[0].ci_lower <= 0.3 <= fit.effects[0].ci_upper
        points += (
            fit.exit_points[0].ci_lower <= _true_points() <= fit.exit_points[0].ci_upper
        )
    error = 3.5 * np.sqrt(0.09 / trials)
    assert abs(held / trials - 0.90) < error
    assert abs(points / trials - 0.90) < error


def _true_points():
    total = 0.0
    for x in (0.0, 1.0):
        job, other = np.array([0.08, 0.04]) * np.exp(0.3 * x)
        treated = job * np.exp(0.3)

        def left(rate, other=other):
            return rate / (rate + other) * -np.expm1(-(rate + other) * 9)

        total += np.exp(-3 * (job + other)) * (left(treated) - left(job)) / 2
    return total
