"""Where a plan differs from a registered one: each place by its key."""

import hashlib

import pytest
import yaml

from rctspark.config import read_plan
from rctspark.config.plan.difference import find_differences
from toy import experiment as toy


@pytest.fixture
def plan(tmp_path):
    """Read the small experiment's plan with changes made by a function."""

    def read(change=dict):
        words = yaml.safe_load(toy.PLAN.format(name="toy", last=5, links="true"))
        change(words)
        path = tmp_path / "toy.yaml"
        path.write_text(yaml.safe_dump(words))
        return read_plan(path)

    return read


def differences(plan, change):
    found = find_differences(plan().text, plan(change))
    return {d.key: (d.registered, d.now) for d in found}


def test_the_hash_is_the_digest_of_the_text_that_is_registered(plan):
    one = plan()
    digest = hashlib.sha256(one.text.encode()).hexdigest()
    assert digest.startswith(one.hash)
    assert "A small experiment" not in one.text


def test_a_plan_with_other_labels_does_not_differ(plan):
    assert differences(plan, lambda p: p.update(title="Otherwise")) == {}


def test_a_value_is_shown_as_registered_and_as_it_is_now(plan):
    def change(words):
        words["inference"] = {"level": 0.95}

    assert differences(plan, change) == {"inference.level": ("0.9", "0.95")}


def test_a_part_of_a_list_is_found_by_its_name(plan):
    def change(words):
        added = {"name": "worked", "kind": "panel", "value": "double(jobs > 0)"}
        words["outcomes"].insert(0, added)
        words["outcomes"][1]["value"] = "double(wage_eur) / 100"

    found = differences(plan, change)
    assert set(found) == {"outcomes.worked", "outcomes.wage_eur.value"}
    assert found["outcomes.worked"][0] == ""
    assert found["outcomes.wage_eur.value"] == (
        "double(wage_eur)",
        "double(wage_eur) / 100",
    )


def test_a_part_that_was_left_out_says_what_was_registered(plan):
    def change(words):
        words["models"] = [{"name": "lin", "estimator": "lin"}]

    found = differences(plan, change)
    assert found["models.unadjusted"][1] == ""
    assert "estimator: ols" in found["models.unadjusted"][0]


def test_a_part_that_was_added_says_what_it_says_and_not_what_it_lacks(plan):
    def change(words):
        words["durations"] = [
            {"name": "stay", "until": 12, "interview": {"kinds": ["a", "b"]}}
        ]

    ((_, added),) = differences(plan, change).values()
    assert "name: stay" in added
    assert "until: 12" in added
    assert "interview: {kinds: [a, b]}" in added
    assert "departures" not in added
    assert "title" not in added


def test_the_same_parts_in_another_order_differ_by_their_order(plan):
    def two(words):
        words["models"].append({"name": "lin", "estimator": "lin"})

    def turned(words):
        two(words)
        words["models"].reverse()

    (found,) = find_differences(plan(two).text, plan(turned))
    assert (found.key, found.registered, found.now) == (
        "models",
        "unadjusted, lin",
        "lin, unadjusted",
    )


def test_a_headline_is_told_from_others_by_all_that_it_names(plan):
    def three(words):
        words["headlines"] = [
            {"outcome": "wage_eur", "horizon": month, "model": "unadjusted"}
            for month in (1, 2, 3)
        ]

    def two(words):
        three(words)
        del words["headlines"][0]

    (found,) = find_differences(plan(three).text, plan(two))
    assert found.key == "headlines.wage_eur 1 unadjusted all"
    assert found.now == ""
