"""Counts of the plan's tables, against counting person by person."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from rctspark.contracts.sample import AnalysisSample
from rctspark.estimators.descriptives import describe_amounts, describe_tables
from rctspark.estimators.regression.sources import PersonSums
from release import published_trial as trial

NAN = float("nan")
N = 400
ARMS = ("basic", "more")


@pytest.fixture(scope="module")
def persons():
    """Persons as rows: arm, categories, contacts, interviews."""
    rng = np.random.default_rng(20260119)
    rows = []
    for _ in range(N):
        age = rng.choice(
            ["young", "middle", "old", "unknown"], p=[0.4, 0.2, 0.38, 0.02]
        )
        rows.append(
            {
                "arm": str(rng.choice(["basic", "more"])),
                "sex": str(
                    rng.choice(["man", "woman", "unknown"], p=[0.5, 0.49, 0.01])
                ),
                "age": str(age),
                "due": float(rng.choice([0.0, 1.0, NAN], p=[0.2, 0.7, 0.1])),
                "alone": float(rng.choice([0.0, 1.0, NAN], p=[0.5, 0.45, 0.05])),
                "group": float(rng.choice([0.0, 1.0])),
                "talks": float(rng.poisson(2)),
                "tests": float(rng.poisson(0.1)),
                "rare": float(rng.choice([0.0, 7.0, NAN], p=[0.8, 0.1, 0.1])),
                "wage": float(rng.choice([NAN, rng.lognormal(2)])),
            }
        )
    return rows


@pytest.fixture(scope="module")
def sample(persons):
    plan = trial.make_plan()
    covariates = {
        c.name: np.array(
            [[float(p[c.name] == name) for name in c.categories[1:]] for p in persons]
        )
        for c in plan.covariates
    }
    horizons = {"due": 4, "alone": 4, "group": 4}
    names = ("due", "alone", "group", "talks", "tests", "rare", "wage")
    return AnalysisSample(
        arm=np.array([p["arm"] for p in persons]),
        covariates=covariates,
        columns={
            c.name: tuple(f"{c.name}={n}" for n in c.categories[1:])
            for c in plan.covariates
        },
        outcomes={
            (name, horizons.get(name, 0)): np.array([p[name] for p in persons])
            for name in names
        },
    )


@pytest.fixture(scope="module")
def counts(sample):
    found = describe_tables(
        PersonSums(sample, ARMS), trial.make_plan(), population="all", data_version="v1"
    )
    return {(d.subject, d.category, d.horizon, d.arm): d for d in found}


def test_arms_and_categories_are_counted_person_by_person(counts, persons):
    arms = Counter(p["arm"] for p in persons)
    for arm, size in arms.items():
        assert counts["enrolled", "all", 0, arm].persons == size
        for sex in ("man", "woman", "unknown"):
            number = sum(p["arm"] == arm and p["sex"] == sex for p in persons)
            assert counts["sex", sex, 0, arm].persons == number
        for age in ("young", "middle", "old"):
            number = sum(p["arm"] == arm and p["age"] == age for p in persons)
            assert counts["age", age, 0, arm].persons == number
        unknown = sum(p["arm"] == arm and p["age"] == "unknown" for p in persons)
        assert counts["age", "", 0, arm].persons == unknown
        assert counts["age", "young", 0, arm].base_persons == size - unknown


def test_balance_is_pearson_without_correction_over_what_is_shown(counts, persons):
    for name, categories in (
        ("sex", ("man", "woman", "unknown")),
        ("age", ("young", "middle", "old")),
    ):
        table = [
            [sum(p["arm"] == a and p[name] == c for p in persons) for c in categories]
            for a in ("basic", "more")
        ]
        expected = stats.chi2_contingency(np.array(table), correction=False)
        found = counts[name, "all", 0, "all"]
        assert found.method == "Pearson chi-square"
        assert found.df == len(categories) - 1
        assert found.statistic == pytest.approx(expected.statistic)
        assert found.p_value == pytest.approx(expected.pvalue)


def form_of(person):
    if person["due"] != 1 or np.isnan(person["alone"]):
        return None
    if person["alone"] == 1:
        return "alone"
    return "group" if person["group"] == 1 else "none"


def test_a_round_counts_those_in_benefit_once_by_their_first_form(counts, persons):
    for arm in ("basic", "more"):
        forms = Counter(form_of(p) for p in persons if p["arm"] == arm)
        base = sum(n for form, n in forms.items() if form)
        for form in ("none", "alone", "group"):
            found = counts["due", form, 4, arm]
            assert (found.persons, found.base_persons) == (forms[form], base)


def test_contacts_are_summed_and_their_persons_counted(counts, persons):
    for arm in ("basic", "more"):
        known = [
            p["rare"] for p in persons if p["arm"] == arm and not np.isnan(p["rare"])
        ]
        found = counts["rare", "all", 0, arm]
        assert found.total == sum(known)
        assert found.persons == sum(value > 0 for value in known)
        assert found.base_persons == len(known)


def test_the_largest_contributions_to_a_sum_are_told(sample, persons):
    found = describe_amounts(
        PersonSums(sample, ARMS), trial.make_plan(), population="all", data_version="v1"
    )
    amounts = {(d.subject, d.arm): d for d in found}
    assert {d.subject for d in found} == {"talks", "tests", "rare", "wage"}
    for arm in ("basic", "more"):
        values = sorted((p["talks"] for p in persons if p["arm"] == arm), reverse=True)
        one = amounts["talks", arm]
        assert one.largest_share == pytest.approx(values[0] / sum(values))
        assert one.rest_ratio == pytest.approx(sum(values[2:]) / values[0])
