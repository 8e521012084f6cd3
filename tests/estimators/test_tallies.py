"""What describes persons is the same however the persons are cut into parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimators.regression_data import Scattered, cells, persons, trial
from rctspark.contracts.questionnaires import Index, Item
from rctspark.errors import EstimationError
from rctspark.estimators.categories import count_categories
from rctspark.estimators.questionnaires import (
    AnswerTally,
    estimate_reliability,
    reliability_of,
)
from rctspark.estimators.tallies import Amounts, Tallies, add_tallies

NUMBERS = st.one_of(
    st.just(float("nan")),
    st.sampled_from([0.0, 1.0, -3.0, 1e9]),
    st.floats(-1e6, 1e6, allow_nan=False),
)


def assert_same(one, other):
    assert one.persons == other.persons
    for name in ("known", "filled", "others", "infinite", "lowest", "highest"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert np.array_equal(np.sort(one.largest, 0), np.sort(other.largest, 0))
    scale = max(float(one.size[0]), 1.0)
    for name in ("total", "size", "mean"):
        expected = getattr(other, name)[0]
        assert getattr(one, name)[0] == pytest.approx(expected, abs=1e-12 * scale)
    assert one.variance()[0] == pytest.approx(
        other.variance()[0], rel=1e-9, abs=1e-12 * scale**2
    )


@settings(deadline=None, derandomize=True)
@given(values=st.lists(NUMBERS, max_size=30), cut=st.integers(0, 30))
def test_amounts_of_two_parts_are_those_of_all(values, cut):
    column = np.array(values).reshape(-1, 1)
    merged = Amounts.of(column[:cut]).with_other(Amounts.of(column[cut:]))
    whole = Amounts.of(column)
    assert_same(merged, whole)
    # And those of counting one by one.
    known = [v for v in values if not np.isnan(v)]
    assert whole.known[0] == len(known)
    assert whole.filled[0] == sum(v != 0 for v in known)
    two = sorted((abs(v) for v in known), reverse=True)[:2]
    assert sorted(whole.largest[:, 0], reverse=True) == [*two, 0.0, 0.0][:2]
    if len(known) > 1:
        expected = np.var(known, ddof=1)
        assert whole.variance()[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_categories_are_counted_alike_in_parts():
    whole = persons(trial())
    parts = Scattered(whole, [3, 50, 51])
    assert np.array_equal(
        count_categories(parts, "office"), count_categories(whole, "office")
    )


ITEMS = tuple(Item(n, 1 / 3, 0, 10, is_turned=n == "b") for n in "abc")


def answers(n=200):
    rng = np.random.default_rng(8)
    taste = rng.integers(2, 8, n)
    wide = {name: taste + rng.integers(-2, 3, n).astype(float) for name in "abc"}
    wide["b"] = 10 - wide["b"]
    wide["c"][:20] = np.nan
    return wide


def test_alpha_from_parts_is_that_of_persons():
    index = Index("mood", ITEMS)
    wide = answers()
    sample = trial(outcomes=("y",))
    n = sample.n
    cut = {name: np.resize(values, n) for name, values in wide.items()}
    sample.outcomes.update({(name, 0): values for name, values in cut.items()})
    (told,) = add_tallies(
        Scattered(persons(sample), [1, 7, 90]), [AnswerTally(index, 0)]
    )
    expected = estimate_reliability(cut, index)
    assert told.n == expected.n
    assert reliability_of(told) == pytest.approx(
        (expected.alpha, expected.ci_lower, expected.ci_upper), rel=1e-12
    )


def test_an_answer_outside_its_range_is_refused_with_the_count():
    index = Index("mood", ITEMS)
    sample = trial(outcomes=("y",))
    cut = {name: np.resize(values, sample.n) for name, values in answers().items()}
    cut["a"][:2] = 11.0
    sample.outcomes.update({(name, 0): values for name, values in cut.items()})
    (told,) = add_tallies(persons(sample), [AnswerTally(index, 0)])
    with pytest.raises(EstimationError, match="a: 2 answer"):
        reliability_of(told)


def test_cells_can_not_be_described():
    source = cells(trial())
    with pytest.raises(EstimationError, match="one by one"):
        source.add_up(Tallies(source, [], source.outcomes))
