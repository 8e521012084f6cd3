"""Persons, cells and a table in parts give one result, on any scale."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from estimators.conftest import sample_of
from estimators.regression_data import (
    ARMS,
    THRESHOLDS,
    Scattered,
    by,
    cells,
    model,
    persons,
)
from rctspark.errors import EstimationError
from rctspark.estimators import estimate_itt
from rctspark.estimators.regression.linear import estimate_linear

COVARIANCES = ("classical", "HC0", "HC1", "HC2", "HC3", "CR1", "CR2")
MODELS = (
    model(name="plain"),
    model(name="adjusted", covariates=("age", "wage_cents", "office")),
    model(
        name="products", covariates=("age", "late", "wage_cents"), products="pairwise"
    ),
    model(name="lin", covariates=("age", "late"), estimator="lin"),
    model(name="strata", covariates=("age",), strata="office"),
)


@st.composite
def trials(draw):
    """What a trial is made from: seed, persons, scales, cuts."""
    return {
        "seed": draw(st.integers(0, 2**32 - 1)),
        "n": draw(st.integers(60, 150)),
        "wages": (
            draw(st.sampled_from([1.0, 1e3])),
            draw(st.sampled_from([0.0, 1e9])),
        ),
        "outcomes": draw(st.sampled_from([(1, 0), (1e6, 1e8), (1e-4, 3)])),
        "cuts": draw(st.lists(st.integers(0, 200), max_size=4)),
    }


def trial_of(seed, n, wages, outcomes, cuts):
    """A trial with ages, wages in cents and gaps."""
    rng = np.random.default_rng(seed)
    arm = np.array(ARMS)[rng.permutation(n) % 3]
    age = rng.integers(18, 67, n).astype(float)
    office = rng.integers(0, 4, n)
    # Few distinct wages, so persons share cells; far from zero, or on a huge scale.
    wage = rng.choice([0, 150_000, 250_000, 1_234_567], n) * wages[0] + wages[1]
    y = 0.1 * age + rng.normal(size=n) * (1 + (arm == "zia"))
    scale, shift = outcomes
    wide = {("y", h): y * scale + shift + h for h in range(2)}
    wide["job", 0] = (y > y.mean()).astype(float)
    seen = rng.random(n) < 0.85
    wide["seen", 1] = np.where(seen, y * scale, np.nan)
    wide["also_seen", 1] = np.where(seen, y**2, np.nan)
    wide["other", 2] = np.where(rng.random(n) < 0.9, y, np.nan)
    columns = {"office": tuple(f"office={i}" for i in (1, 2, 3)), "late": ("late=yes",)}
    sample = sample_of(
        arm,
        wide,
        {
            "age": age,
            "wage_cents": wage,
            "office": office[:, None] == np.arange(1, 4),
            "late": office > 1,
        },
        columns,
    )
    return sample, cuts


def outcome(source, fitted, covariance):
    try:
        return estimate_linear(
            source,
            models=[fitted],
            inference=by(covariance),
            thresholds=THRESHOLDS,
        )
    except EstimationError as refused:
        return str(refused)


@pytest.mark.parametrize("covariance", ["HC1", "HC3", "CR2"])
@pytest.mark.parametrize(
    "fitted", [MODELS[1], MODELS[2]], ids=[MODELS[1].name, MODELS[2].name]
)
def test_what_comes_from_a_part_is_as_large_for_many_persons_as_for_few(
    covariance, fitted
):
    class Weighed:
        """A source that notes how large the sums are that it hands over."""

        def __init__(self, source):
            self.source, self.sizes = source, []
            self.arms, self.columns = source.arms, source.columns
            self.outcomes, self.is_weighted = source.outcomes, False

        def add_up(self, empty, *, outcomes=None):
            found = self.source.add_up(empty, outcomes=outcomes)
            self.sizes.append((type(empty).__name__, len(pickle.dumps(found))))
            return found

    def sizes(n):
        sample, _ = trial_of(4, n, (1.0, 0.0), (1, 0), [])
        weighed = Weighed(persons(sample))
        estimate_linear(
            weighed, models=[fitted], inference=by(covariance), thresholds=THRESHOLDS
        )
        return weighed.sizes

    few, many = sizes(400), sizes(20_000)
    assert [name for name, _ in few] == [name for name, _ in many]
    for (_, small), (_, large) in zip(few, many, strict=True):
        assert abs(large - small) <= 0.01 * small


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    drawn=trials(),
    fitted=st.sampled_from(MODELS),
    covariance=st.sampled_from(COVARIANCES),
)
def test_the_three_ways_agree_to_nine_digits(drawn, fitted, covariance):
    sample, cuts = trial_of(**drawn)
    clustered = covariance.startswith("CR")
    assume(not (clustered and (fitted.estimator == "lin" or fitted.strata)))
    whole = persons(sample)
    ways = [outcome(s, fitted, covariance) for s in (whole, cells(sample))]
    ways.append(outcome(Scattered(whole, cuts), fitted, covariance))
    if fitted.estimator == "ols" and not fitted.strata and covariance.startswith("HC"):
        ways.append(
            estimate_itt(
                sample,
                arms=ARMS,
                model=fitted,
                inference=by(covariance),
                thresholds=THRESHOLDS,
            )
        )
    first, *others = ways
    if isinstance(first, str):
        assert others == [first] * len(others)
        return
    assert len(first) == 12
    for other in others:
        for one, two in zip(first, other, strict=True):
            assert (one.outcome, one.horizon, one.arm) == (
                two.outcome,
                two.horizon,
                two.arm,
            )
            assert (one.rank, one.columns) == (two.rank, two.columns)
            assert (one.n_arm, one.n_against, one.n_total) == (
                two.n_arm,
                two.n_against,
                two.n_total,
            )
            assert two.std_error == pytest.approx(one.std_error, rel=1e-9)
            assert two.df == pytest.approx(one.df, rel=1e-9)
            # An effect can be near nothing; its error says on what scale it lives.
            assert two.estimate == pytest.approx(
                one.estimate, rel=1e-9, abs=1e-9 * one.std_error
            )


def test_a_mean_a_million_times_the_spread_costs_no_digits():
    rng = np.random.default_rng(5)
    arm = np.array(ARMS)[np.arange(300) % 3]
    # Whole numbers, so shifting them is exact.
    y, x = rng.integers(0, 1000, 300), rng.integers(0, 1000, 300)
    near, far = (
        estimate_linear(
            Scattered(
                persons(sample_of(arm, {("y", 0): y + shift}, {"x": x + shift})),
                (7, 100, 101),
            ),
            models=[model(covariates=("x",))],
            inference=by("HC2"),
            thresholds=THRESHOLDS,
        )
        for shift in (0.0, 2.0**30)
    )
    for one, two in zip(near, far, strict=True):
        assert two.estimate == pytest.approx(one.estimate, rel=1e-9)
        assert two.std_error == pytest.approx(one.std_error, rel=1e-9)
