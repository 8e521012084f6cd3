"""The description names the covariance that effects have, and its degrees of freedom."""

from types import SimpleNamespace

import pytest

from rctspark.config.plan import Inference
from rctspark.runtime.tracking_errors import covariance_words
from runtime.test_tracking import effect


def plan_with(covariance):
    cluster = "office" if covariance.startswith("CR") else None
    return SimpleNamespace(inference=Inference(covariance=covariance, cluster=cluster))


def test_cr2_is_named_with_its_clusters_and_satterthwaites_degrees_of_freedom():
    words = covariance_words(plan_with("CR2"), [effect(df=7.25), effect(df=21.9)])
    assert "persons of one office (CR2, Bell and McCaffrey 2002)" in words
    assert "Satterthwaite's for each effect" in words
    assert "(7.2 to 21.9)" in words


@pytest.mark.parametrize(
    ("covariance", "degrees"),
    [("HC1", "n minus rank"), ("CR1", "the number of offices minus one")],
)
def test_other_covariances_have_theirs(covariance, degrees):
    words = covariance_words(plan_with(covariance), [])
    assert f"({covariance}" in words
    assert f"degrees of freedom {degrees}." in words
