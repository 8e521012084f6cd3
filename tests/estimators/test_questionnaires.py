"""Indices and alpha: recodes, all items, R's interval, refusals, coverage."""

from __future__ import annotations

import numpy as np
import pytest

from estimators.formula_trial import NUMBER, PRINTED, N, noise, within
from rctspark.contracts.questionnaires import Index, Item
from rctspark.errors import EstimationError
from rctspark.estimators.questionnaires import estimate_reliability, score_index

HEALTH = Index(
    name="health",
    items=(
        Item("general", 0.5, 1, 5),
        *(Item(n, 0.1, 1, 5, is_turned=True) for n in ("nervous", "down", "gloomy")),
        *(Item(n, 0.1, 1, 5) for n in ("calm", "happy")),
    ),
)
WELLBEING = Index(
    name="wellbeing",
    items=tuple(Item(n, 0.5, 0, 10, is_rescaled=False) for n in ("life", "useful")),
)
FOUR = Index(name="four", items=tuple(Item(f"q{i}", 0.25, 1, 5) for i in range(4)))
FOUR_ANSWERS = {
    f"q{i}": 1 + np.floor(5 * (0.6 * NUMBER + 0.4 * noise(N, k)))
    for i, k in enumerate((2.2, 3.1, 4.7, 8.3))
}


def answers(**given):
    return {name: np.array(values, dtype=float) for name, values in given.items()}


def test_the_best_answers_score_ten_the_worst_none_and_weights_count():
    found = score_index(
        answers(
            general=[5, 1, 3, 5],
            nervous=[1, 5, 3, 5],
            down=[1, 5, 3, 5],
            gloomy=[1, 5, 3, 5],
            calm=[5, 1, 3, 1],
            happy=[5, 1, 3, 1],
        ),
        HEALTH,
    )
    np.testing.assert_allclose(found, [10, 0, 5, 5], atol=1e-12)


def test_an_index_that_is_not_recoded_is_the_weighted_mean():
    found = score_index(answers(life=[8, 3], useful=[5, 10]), WELLBEING)
    np.testing.assert_allclose(found, [6.5, 6.5])


def test_an_index_needs_all_its_items():
    found = score_index(answers(life=[8, np.nan, 2], useful=[5, 9, np.nan]), WELLBEING)
    assert np.isnan(found).tolist() == [False, True, True]


def test_alpha_and_feldt_s_interval_are_r_s():
    found = estimate_reliability(FOUR_ANSWERS, FOUR)
    r = PRINTED["alpha"]
    np.testing.assert_allclose(
        [found.alpha, found.ci_lower, found.ci_upper],
        [r["alpha"], r["lower"], r["upper"]],
        rtol=1e-12,
    )
    assert (found.items, found.n, found.n_incomplete) == (4, N, 0)


def test_the_distribution_free_error_is_that_of_leaving_persons_out():
    found = estimate_reliability(FOUR_ANSWERS, FOUR, method="distribution free")
    left_out = np.array(
        [
            estimate_reliability(
                {k: np.delete(v, i) for k, v in FOUR_ANSWERS.items()}, FOUR
            ).alpha
            for i in range(N)
        ]
    )
    jackknife = np.sqrt((N - 1) / N * ((left_out - left_out.mean()) ** 2).sum())
    assert found.std_error == pytest.approx(jackknife, rel=0.05)


def test_persons_without_all_answers_are_counted_and_not_in_alpha():
    gaps = {k: v.copy() for k, v in FOUR_ANSWERS.items()}
    gaps["q1"][:5] = np.nan
    for values in gaps.values():
        values[5:8] = np.nan
    found = estimate_reliability(gaps, FOUR)
    rest = {k: v[8:] for k, v in FOUR_ANSWERS.items()}
    assert found.alpha == pytest.approx(estimate_reliability(rest, FOUR).alpha)
    assert (found.n, found.n_incomplete) == (N - 8, 5)


def test_copies_of_one_question_have_alpha_one():
    same = {f"q{i}": FOUR_ANSWERS["q0"] for i in range(4)}
    assert estimate_reliability(same, FOUR).alpha == pytest.approx(1)


def test_answers_out_of_range_and_wrong_weights_are_refused_at_once():
    with pytest.raises(EstimationError) as refused:
        score_index(answers(life=[11, -1, 3], useful=[2, 3, 12]), WELLBEING)
    assert "life: 2 answer(s) outside 0 to 10" in str(refused.value)
    assert "useful: 1 answer(s)" in str(refused.value)
    wrong = Index(name="w", items=(Item("life", 0.5, 0, 10), Item("x", 0.6, 0, 10)))
    with pytest.raises(EstimationError) as refused:
        score_index(answers(life=[1]), wrong)
    assert "no answers to x" in str(refused.value)
    assert "weights add up to 1.1" in str(refused.value)
    with pytest.raises(EstimationError, match=r"2 person.s. answered all"):
        estimate_reliability(answers(life=[8, 2], useful=[5, 1]), WELLBEING)
    with pytest.raises(EstimationError, match="the same sum"):
        estimate_reliability(answers(life=[5] * 20, useful=[5] * 20), WELLBEING)


def test_intervals_of_alpha_hold_it_as_often_as_they_say():
    random = np.random.default_rng(84)
    index = Index("x", tuple(Item(f"q{i}", 0.25, -99, 99) for i in range(4)))
    truth = 4 / 3 * (1 - 4 * 2 / (4 * 2 + 12))
    trials = 300
    held = {"Feldt": 0, "distribution free": 0}
    for _ in range(trials):
        block = random.normal(size=(200, 1)) + random.normal(size=(200, 4))
        given = {f"q{i}": block[:, i] for i in range(4)}
        for method in held:
            found = estimate_reliability(given, index, method=method)
            held[method] += found.ci_lower <= truth <= found.ci_upper
    for count in held.values():
        assert within(count / trials, 0.90, trials), held
