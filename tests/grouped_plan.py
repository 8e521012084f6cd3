"""The plan of a small trial with groups of persons who are not enrolled."""

from __future__ import annotations

from copy import deepcopy

_PLAN = {
    "name": "trial",
    "title": "A trial",
    "registers": {"root": "town", "as_known_on": "2020-01-01", "mappings": ["any"]},
    "window": {"first": -3, "last": 2},
    "follow_up_until": "2019-09-30",
    "population": {
        "origin": "2018-05-01",
        "benefits": ["PW"],
        "groups": ["reference", "target"],
    },
    "arms": {"control": "usual", "treatments": ["more"]},
    "assignment": {"rule": "list", "analyse": "recorded"},
    "covariates": [
        {"name": "sex", "value": "sex", "categories": ["man", "woman", "unknown"]},
        {"name": "pay", "value": "sum(wage_eur)", "panel": [-2, -1]},
    ],
    "models": [{"name": "plain"}],
    "analyses": [{"population": "all"}],
}
LINES = {
    "sex": {
        "covariate": "sex",
        "categories": {"m": "man", "w": "woman"},
        "missing": "unknown",
    },
    "pay": {"covariate": "pay"},
}
"""Lines of a table of the covariates."""


def plan_of(*, population=(), **parts) -> dict:
    """The plan as its file says it.

    Args:
        population: More about the population.
        parts: Parts of the plan, in place of those that stand here or besides.
    """
    plan = deepcopy(_PLAN) | parts
    plan["population"] |= dict(population)
    return plan


def in_shares(name: str) -> dict:
    """An outcome of the panel that everyone has, at horizon 2."""
    return {"name": name, "kind": "panel", "value": "1", "horizons": [2, 2]}
