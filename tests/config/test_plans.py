"""Every plan can be read, and no experiment is known to the code but as a twin."""

import re

import pytest

from conftest import ROOT
from rctspark.config import read_mapping, read_plan

PLANS = sorted((ROOT / "conf" / "experiments").glob("*.yaml"))
SOURCES = ("*.py", "*.html", "*.css")


def own_words(plan):
    """Name and delivered files of an experiment: what only its plan may say."""
    return {plan.name, plan.registers.root, *plan.registers.mappings}


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_every_plan_can_be_read_under_its_own_name(path):
    plan = read_plan(path)
    assert plan.name == path.stem
    for name in plan.registers.mappings:
        mapping = read_mapping(ROOT / "conf" / "mappings" / f"{name}.yaml")
        assert mapping.name == name


def test_no_experiment_is_named_outside_its_twin():
    words = set().union(*(own_words(read_plan(path)) for path in PLANS))
    assert {path.stem for path in PLANS} <= words
    named = re.compile(rf"\b({'|'.join(sorted(words))})\b")
    source = ROOT / "src" / "rctspark"
    found = [
        f"{path.relative_to(source)}: {', '.join(sorted(set(hits)))}"
        for kind in SOURCES
        for path in sorted(source.rglob(kind))
        if path.relative_to(source).parts[0] != "twin"
        and (hits := named.findall(path.read_text(encoding="utf-8")))
    ]
    assert found == []
