"""What a plan may say of effects for its target population."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from grouped_plan import in_shares, plan_of
from rctspark.config import Plan
from rctspark.config.plan import plan_faults, read_plan
from rctspark.errors import PlanError

ONE = {
    "population": "like_target",
    "of": "all",
    "margins": ["sex"],
    "models": ["plain"],
}
TABLES = [
    {
        "name": "weights",
        "kind": "weights",
        "of": "like_target",
        "columns": {"what": "characteristic", "which": "category", "n": "n"},
    },
    {
        "name": "effects_for_target",
        "kind": "weighted_effects",
        "of": "like_target",
        "model": "plain",
        "columns": {"what": "label", "effect": "effect", "n": "n arm"},
        "lines": {"Job": "job"},
        "horizons": [2],
    },
]


def plan_with(tables=TABLES, **parts):
    own = parts.pop("one", {})
    return plan_of(
        outcomes=[in_shares("job"), in_shares("home")],
        reweighted=[ONE | own],
        tables=tables,
        **parts,
    )


def faults_of(**parts):
    plan = Plan.model_validate(plan_with(**parts))
    return [f"{key}: {words}" for key, words in plan_faults(plan)]


def test_a_reweighting_with_its_table_of_weights_has_no_faults():
    assert faults_of() == []


def test_the_hash_is_of_the_margins_and_a_plan_without_reweighting_keeps_its_own():
    plain = Plan.model_validate(plan_of(outcomes=[in_shares("job")]))
    said = Plan.model_validate(plan_of(outcomes=[in_shares("job")], reweighted=[]))
    assert plain.hash == said.hash
    hashes = {
        Plan.model_validate(plan_with(one=one)).hash
        for one in ({}, {"method": "entropy"}, {"method": "entropy", "horizons": [2]})
    }
    assert len(hashes) == 3


def test_weighted_effects_do_not_go_without_their_weights():
    (fault,) = faults_of(tables=[])
    assert fault.startswith("reweighted.0: weighted effects are read beside their")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"of": "gone"}, "reweighted.0.of: no analysis is called gone"),
        ({"margins": ["hair"]}, "reweighted.0.margins: no covariate is called hair"),
        ({"margins": ["sex", "sex"]}, "reweighted.0.margins: sex stands here twice"),
        (
            {"margins": ["pay"]},
            "reweighted.0.margins: pay is a number: raking has categories; say entropy",
        ),
        (
            {"missing": {"sex": "none"}},
            "reweighted.0.missing: sex is no margin with a category none",
        ),
        ({"outcomes": ["x"]}, "reweighted.0.outcomes: no outcome is called x"),
    ],
)
def test_a_reweighting_names_what_there_is(one, words):
    assert words in faults_of(one=one)


def test_persons_are_weighted_in_least_squares_alone():
    models = [
        {"name": "plain"},
        {"name": "odds", "estimator": "logit"},
        {"name": "by_sex", "by": "sex"},
    ]
    faults = faults_of(
        models=models, one={"models": ["plain", "odds", "by_sex", "gone"]}
    )
    assert [f.split(": ", 1)[1] for f in faults] == [
        (
            "model odds: persons are weighted in least squares alone, without by, strata "
            "and baseline"
        ),
        (
            "model by_sex: persons are weighted in least squares alone, without by, "
            "strata and baseline"
        ),
        "no model is called gone",
    ]


def test_its_label_is_no_analysis_and_its_persons_are_those_of_the_arms():
    analyses = [
        {"population": "all"},
        {"population": "like_target", "groups": ["reference"]},
    ]
    faults = faults_of(analyses=analyses, one={"of": "like_target"})
    assert [f.split(": ")[0] for f in faults] == [
        "reweighted.0.population",
        "reweighted.0.of",
    ]


def test_only_what_its_analysis_has_is_weighted():
    analyses = [{"population": "all", "outcomes": ["job"], "horizons": [2]}]
    faults = faults_of(
        analyses=analyses, one={"outcomes": ["home"], "horizons": [1, 2]}
    )
    assert "reweighted.0.outcomes: analysis all does not have outcome home" in faults
    assert "reweighted.0.horizons: analysis all does not have horizon 1" in faults


def test_without_a_target_population_or_robust_errors_nothing_is_weighted():
    parts = plan_with(inference={"covariance": "classical"})
    parts["population"]["groups"] = ["reference"]
    faults = [words for _, words in plan_faults(Plan.model_validate(parts))]
    assert any("there is no target population" in words for words in faults)
    assert any("no covariance classical, only HC" in words for words in faults)


def test_tables_name_a_reweighting_its_models_and_outcomes():
    strange = [
        TABLES[0],
        TABLES[1] | {"model": "gone", "lines": {"x": "other"}},
        TABLES[1] | {"name": "second", "of": "all"},
    ]
    assert faults_of(tables=strange) == [
        "tables.1.model: like_target is not estimated by model gone",
        "tables.1.lines.x: like_target does not have outcome other",
        "tables.2.of: nothing that is reweighted is called all",
    ]


def test_all_faults_are_told_at_once_with_line_and_key(tmp_path: Path):
    path = tmp_path / "trial.yaml"
    text = yaml.safe_dump(
        plan_with(one={"of": "gone", "margins": ["hair"]}), sort_keys=False
    )
    path.write_text(text)
    lines = text.splitlines()
    of = next(i for i, line in enumerate(lines, 1) if line == "  of: gone")
    margins = next(i for i, line in enumerate(lines, 1) if line == "  margins:")
    with pytest.raises(PlanError) as refused:
        read_plan(path)
    words = str(refused.value)
    assert f"{path}:{of}: reweighted.0.of: no analysis is called gone" in words
    assert f"{path}:{margins}: reweighted.0.margins: no covariate is called" in words
    assert "2 fault(s)" in words
