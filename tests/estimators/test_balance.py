"""Balance over arms: R's figures, the published table, identities, refusals, size."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from scipy import stats

from estimators.formula_trial import (
    ARM,
    NUMBER,
    OUTCOME,
    PRINTED,
    STRATUM,
    TREATED,
    WEIGHT,
    N,
    noise,
    within,
)
from rctspark.errors import EstimationError
from rctspark.estimators.balance.arms import (
    ExactTest,
    compare_counts,
    estimate_category_balance,
    estimate_mean_balance,
)
from rctspark.estimators.balance.exact_tables import exact_p_value
from rctspark.estimators.balance.joint_balance import estimate_joint_balance

R = PRINTED["tables"]
PAIR = ("treated", "control")


def compared(table, **changes):
    counts = np.array(table)
    given = {
        "arms": [f"arm {i}" for i in range(len(counts))],
        "categories": [f"c{i}" for i in range(counts.shape[1])],
        "characteristic": "level",
    }
    return compare_counts(counts, **given | changes)


def test_pearson_is_r_s_without_correction():
    found = compared([[50, 43, 18, 77], [46, 54, 24, 65]])
    np.testing.assert_allclose(
        [found.statistic, found.df, found.p_value], R["pearson"], rtol=1e-12
    )
    assert found.method == "Pearson chi-square"


def test_of_two_categories_the_difference_shown_is_the_one_tested():
    found = compared([[96, 92], [100, 89]])
    np.testing.assert_allclose(
        [found.statistic, found.df, found.p_value], R["two"], rtol=1e-12
    )
    first = found.differences[0]
    assert first.difference == pytest.approx(96 / 188 - 100 / 189)
    assert (first.difference / first.std_error) ** 2 == pytest.approx(found.statistic)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ([[3, 12], [9, 4]], "fisher_2x2"),
        ([[3, 9, 20], [8, 2, 30]], "fisher_2x3"),
        ([[3, 1, 6], [0, 5, 4], [2, 2, 9]], "fisher_3x3"),
        ([[50, 43, 18, 77], [46, 54, 24, 65]], "fisher_2x4"),
    ],
)
def test_the_exact_test_is_fisher_s_as_r_has_it(table, name):
    found = compared(table, exact=ExactTest(when="always"))
    assert found.p_value == pytest.approx(R[name], rel=1e-7)
    assert found.method == "exact"


def test_small_expected_counts_ask_for_the_exact_test_and_it_says_so():
    assert compared([[3, 9, 20], [8, 2, 30]]).method == "exact"
    never = compared([[3, 9, 20], [8, 2, 30]], exact=ExactTest(when="never"))
    assert never.method == "Pearson chi-square"
    assert never.smallest_expected < 5


def test_random_tables_come_near_the_exact_test_and_are_called_that():
    random = np.random.default_rng(4)
    found = compared(
        [[3, 9, 20], [8, 2, 30]],
        exact=ExactTest(when="always", draws=20_000, random=random),
    )
    assert found.method == "exact by 20000 draws"
    assert found.p_value == pytest.approx(R["fisher_2x3"], abs=0.004)


def test_a_table_too_large_to_go_through_asks_for_draws():
    table = np.full((4, 6), 40)
    with pytest.raises(EstimationError, match="ask for draws"):
        exact_p_value(table)


def test_shares_of_the_published_trial_give_back_its_p_values(shared):
    path = shared / "spec" / "published" / "www" / "table_1_and_5_balance_pct.csv"
    if not path.is_file():
        pytest.skip("the published table is not in ../shared/spec")
    rows = list(csv.DictReader(path.open()))
    sizes = {"control": 188, "zia": 189, "hia": 188, "wl": 187}

    def counts(name, arm):
        of_name = [r for r in rows if r["characteristic"] == name]
        found = [round(float(r[arm]) * sizes[arm] / 100) for r in of_name]
        if len(found) == 1:
            found.append(sizes[arm] - found[0])
        return found

    for name in ("sex", "age", "education", "migration_background", "benefit_norm"):
        first = next(r for r in rows if r["characteristic"] == name)
        for arm in ("zia", "hia", "wl"):
            table = [counts(name, arm), counts(name, "control")]
            found = compared(table, exact=ExactTest(when="never"))
            assert found.p_value == pytest.approx(float(first[f"p_{arm}"]), abs=0.0101)


def test_persons_of_unknown_category_are_counted_and_not_a_category():
    values = np.where(np.arange(N) < 7, "", STRATUM)
    found = estimate_category_balance(ARM, values, arms=PAIR, characteristic="region")
    assert sum(found.n_missing) == 7
    assert sum(found.n) == N - 7
    assert found.categories == ("a", "b", "c")
    assert sum(map(sum, found.counts)) == N - 7


@pytest.mark.parametrize("kind", ["welch", "pooled"])
def test_t_tests_are_r_s(kind):
    found = estimate_mean_balance(
        ARM, OUTCOME, arms=PAIR, characteristic="wage", variance=kind
    )
    d = found.difference
    np.testing.assert_allclose(
        [d.estimate / d.std_error, d.df, d.p_value], PRINTED["t"][kind], rtol=1e-9
    )
    y1, y0 = OUTCOME[TREATED == 1], OUTCOME[TREATED == 0]
    spread = np.sqrt((y1.var(ddof=1) + y0.var(ddof=1)) / 2)
    assert found.normalised == pytest.approx((y1.mean() - y0.mean()) / spread)


REGION = np.column_stack([STRATUM == "b", STRATUM == "c"]).astype(float)
COLUMNS = {"x": NUMBER, "w": WEIGHT, "region": REGION}


def test_the_joint_test_of_a_pair_is_the_f_of_regressing_the_arm():
    found = estimate_joint_balance(ARM, COLUMNS, arms=PAIR)
    numbers = [
        found.f_statistic,
        found.df_numerator,
        found.df_denominator,
        found.p_value,
    ]
    np.testing.assert_allclose(numbers, PRINTED["joint"]["pair"], rtol=1e-9)


def test_the_joint_test_over_all_arms_is_r_s_wilks():
    arm = np.array(["c", "p", "q"])[np.floor(noise(N, 5.77) * 3).astype(int)]
    found = estimate_joint_balance(arm, COLUMNS, arms=("c", "p", "q"))
    numbers = [
        found.wilks,
        found.f_statistic,
        found.df_numerator,
        found.df_denominator,
        found.p_value,
    ]
    np.testing.assert_allclose(numbers, PRINTED["joint"]["all"], rtol=1e-9)


def test_columns_that_say_the_same_change_nothing():
    once = estimate_joint_balance(ARM, COLUMNS, arms=PAIR)
    rest = (STRATUM == "a").astype(float)
    twice = estimate_joint_balance(
        ARM, COLUMNS | {"cents": NUMBER * 1e6, "rest": rest}, arms=PAIR
    )
    assert (twice.columns, twice.rank) == (6, 4)
    assert twice.p_value == pytest.approx(once.p_value, rel=1e-9)


def test_what_can_not_be_compared_is_refused():
    missing = np.where(np.arange(N) == 0, np.nan, NUMBER)
    with pytest.raises(EstimationError, match="x is missing or infinite for 1"):
        estimate_joint_balance(ARM, {"x": missing}, arms=PAIR)
    with pytest.raises(EstimationError, match="which arm"):
        estimate_joint_balance(ARM, {"x": TREATED * 2.0}, arms=PAIR)
    few = np.where(np.arange(N) < 5, "treated", "control")
    with pytest.raises(EstimationError, match="in arm treated, needed are 10"):
        estimate_mean_balance(few, NUMBER, arms=PAIR, characteristic="x")
    with pytest.raises(EstimationError, match="is no known category"):
        estimate_category_balance(
            ARM, STRATUM, arms=PAIR, characteristic="r", categories=("a", "b")
        )
    with pytest.raises(EstimationError, match="within neither"):
        estimate_mean_balance(ARM, TREATED * 1.0, arms=PAIR, characteristic="x")


def test_under_the_draw_each_test_rejects_as_often_as_it_says():
    random = np.random.default_rng(1)
    arm = np.repeat(["a", "b", "c", "d"], 47)
    level = random.choice(list("uvw"), 188, p=[0.5, 0.3, 0.2])
    columns = {"x": random.exponential(1, 188), "y": random.normal(size=188)}
    trials = 500
    rejected = np.zeros(4)
    for _ in range(trials):
        drawn = random.permutation(arm)
        tests = (
            estimate_category_balance(
                drawn, level, arms=("a", "b", "c", "d"), characteristic="l"
            ).p_value,
            estimate_mean_balance(
                drawn, columns["y"], arms=("a", "b"), characteristic="y"
            ).difference.p_value,
            estimate_joint_balance(drawn, columns, arms=("a", "b", "c", "d")).p_value,
            estimate_joint_balance(drawn, columns, arms=("a", "b")).p_value,
        )
        rejected += np.array(tests) <= 0.10
    for share in rejected / trials:
        assert within(share, 0.10, trials)


def test_the_exact_test_never_rejects_more_often_than_it_says():
    chance = 0.0
    for k in range(9):
        table = np.array([[k, 10 - k], [8 - k, k + 4]])
        p_value, _ = exact_p_value(table)
        chance += stats.hypergeom.pmf(k, 22, 8, 10) * (p_value <= 0.10)
    assert 0 < chance <= 0.10
