"""Timing of events: the best fit, what it says, refusals, known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize

from estimators.durations.timing_data import estimate, simulate, some
from rctspark.contracts.durations import InterviewSpells
from rctspark.errors import EstimationError
from rctspark.estimators.durations import Baseline, centre_whole_units
from rctspark.estimators.durations.timing.exposure import expose
from rctspark.estimators.durations.timing.likelihood import (
    NEVER,
    Parameters,
    evaluate,
)
from rctspark.estimators.durations.timing.peaks import find_kinds


@pytest.fixture(scope="module")
def spells() -> InterviewSpells:
    return simulate(np.random.default_rng(1), 500)


@pytest.fixture(scope="module")
def fitted(spells):
    return estimate(spells)


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
    reversed_ = some(whole, np.arange(500)[::-1])
    one, two = estimate(whole, with_kinds=False), estimate(reversed_, with_kinds=False)
    assert one == two
    assert one.cells < 400 < one.n == 500


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
    """Full trials: benchmarks/coverage/timing.py.

    The mean of four has an error of 0.07: half of the bias that is left when everyone
    counts as alike (0.5) would be found.
    """
    random, trials = np.random.default_rng(8), 4
    errors, alike, held = [], [], 0
    for _ in range(trials):
        drawn = simulate(random, 2000)
        fit = estimate(drawn)
        errors.append(fit.effects[0].estimate - 0.3)
        held += fit.effects[0].ci_lower <= 0.3 <= fit.effects[0].ci_upper
        alike.append(estimate(drawn, with_kinds=False).effects[0].estimate - 0.3)
    assert np.mean(alike) > 0.3
    assert abs(np.mean(errors)) < np.mean(alike) / 3
    assert all(e < a for e, a in zip(errors, alike, strict=True))
    assert held >= 3


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
