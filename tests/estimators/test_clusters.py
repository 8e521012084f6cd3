"""Arms that were drawn by cluster are compared only where clusters can carry it."""

import numpy as np
import pytest

from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError
from rctspark.estimators.categories import count_categories
from rctspark.estimators.clusters import require_clusters
from rctspark.estimators.regression.sources import PersonSums

ARMS = ("control", "help")


def sample(offices, arms):
    """One person per office given, in the arm given."""
    names = ("a", "b", "c", "d")
    coded = np.array([[o == name for name in names[1:]] for o in offices], dtype=float)
    columns = tuple(f"office={name}" for name in names[1:])
    persons = AnalysisSample(
        arm=np.array(arms),
        covariates={"office": coded},
        columns={"office": columns},
        outcomes={},
    )
    return PersonSums(persons, ARMS)


def require(made, *, is_drawn=True):
    require_clusters(made, cluster="office", arms=ARMS, is_drawn=is_drawn)


def test_the_first_category_is_a_cluster_as_well():
    made = sample("aabcd", ["control"] * 5)
    assert count_categories(made, "office").tolist() == [[2, 1, 1, 1], [0, 0, 0, 0]]


def test_two_clusters_in_each_arm_are_enough():
    require(sample("abcd", ["control", "control", "help", "help"]))


def test_an_arm_of_one_cluster_is_refused_with_the_reason():
    made = sample("abc", ["control", "control", "help"])
    with pytest.raises(EstimationError, match=r"arm help has 1 office.*can't be told"):
        require(made)


def test_a_drawn_cluster_with_persons_of_two_arms_is_refused():
    made = sample("abcdd", ["control", "control", "help", "help", "control"])
    with pytest.raises(EstimationError, match=r"1 office.* more than one arm"):
        require(made)
    require(made, is_drawn=False)
