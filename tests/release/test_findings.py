"""Findings in words beside ours: agreement, what stays inside, for twins alone."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pytest

from rctspark.release.labels import Labels
from rctspark.release.page import write_report
from rctspark.release.publication.finding_documents import (
    PublishedFindings,
    read_findings,
)
from rctspark.release.publication.findings import (
    NOT_SHOWN,
    Results,
    shown_findings,
)
from rctspark.release.publication.twin import (
    IN_WORDS,
    compare_twin,
    findings_file,
)
from rctspark.release.record_screening import screen_record
from release import published_trial as trial
from release.subgroup_record import FOUND, make_record


def test_findings_in_words_stand_beside_what_may_be_shown_of_ours():
    told = PublishedFindings.model_validate(FOUND)
    lines = screen_record(make_record(findings=told)).findings.lines
    # The second effect stays inside; whether the sentence holds was looked at before.
    assert [line.agrees for line in lines] == ["yes", "no", ""]
    assert "+2.6 percentage points" in lines[0].value
    assert (lines[1].value, lines[1].p) == (NOT_SHOWN, "")
    assert lines[2].value == "the plan does not estimate it"


def beside(ours, **finding):
    """The one line of a finding beside these effects."""
    told = {"about": "Leaving", "published": "a sentence", **finding}
    findings = PublishedFindings.model_validate({"source": "r", "findings": [told]})
    found = Results(ours, ())
    plan = make_record().plan
    (line,) = shown_findings(findings, found, Results((), ()), Labels(plan)).lines
    return line


def exits(*numbers):
    """Effects on leaving by month 6 and 12: estimate, p and the mean of control."""
    plan = make_record().plan
    made = trial.found(plan, "all", ("exit", 12), (0.5, 0.03, 0.21))
    return [
        replace(made, horizon=h, estimate=effect, p_value=p, mean_against=mean)
        for h, (effect, p, mean) in zip((6, 12), numbers, strict=True)
    ]


MANY = {
    "population": "all",
    "outcomes": ["exit"],
    "between": [6, 12],
    "but": [7, 8, 9, 10, 11],
    "model": "plain",
    "arms": ["more"],
}


def test_a_sentence_is_held_against_what_stays_inside_and_shows_no_number_of_it():
    one = {"population": "all", "outcome": "exit", "horizon": 12}
    named = [one | {"model": "plain", "arm": "more"}]
    found = exits((0.02, 0.5, 0.4), (0.0345, 0.01, 0.4))
    line = beside(found, is_significant=True, sign="positive", effects=named)
    assert (line.agrees, line.p) == ("yes", "")
    assert line.value == NOT_SHOWN
    assert beside(found, sign="negative", effects=named).agrees == "no"


def test_the_file_of_findings_shows_no_number_that_stays_inside():
    told = PublishedFindings.model_validate(FOUND)
    release = screen_record(make_record(findings=told))
    text = findings_file(release)[IN_WORDS].decode()
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["agrees"] for row in rows] == ["yes", "no", ""]
    assert "+2.6 percentage points" in rows[0]["value"]
    assert (rows[1]["value"], rows[1]["p"]) == (NOT_SHOWN, "")
    assert findings_file(screen_record(make_record())) == {}


def test_many_effects_are_counted_in_one_line():
    found = exits((0.02, 0.5, 0.4), (-0.03, 0.01, 0.4))
    line = beside(found, is_significant=False, many=[MANY])
    assert (line.value, line.agrees) == ("1 of 2 significant, 1 positive", "no")
    assert beside(found, is_significant=False, at_most=0.5, many=[MANY]).agrees == "yes"
    assert beside(found, sign="positive", many=[MANY]).agrees == "no"
    assert beside([], sign="positive", many=[MANY]).agrees == ""


def test_the_mean_of_every_arm_lies_in_the_range_that_a_sentence_names():
    found = exits((0.02, 0.5, 0.40), (0.03, 0.5, 0.40))
    assert beside(found, mean=[0.4, 0.44], many=[MANY]).agrees == "yes"
    assert beside(found, mean=[0.41, 0.44], many=[MANY]).agrees == "no"
    assert beside(found, mean=[0.4, 0.42], many=[MANY]).agrees == "no"


def test_the_same_conclusions_elsewhere_are_the_same_verdicts():
    found = exits((0.02, 0.5, 0.4), (0.03, 0.01, 0.4))
    there = [replace(e, population="men", p_value=0.01) for e in found]
    line = beside([*found, *there], many=[MANY | {"also_in": ["men", "plain"]}])
    assert line.value == "1 of 2 with the same verdict in both"
    assert line.agrees == "no"


def test_findings_are_read_for_twins_alone(tmp_path, root):
    folder = root / "conf" / "published" / "ww"
    told = read_findings(folder)
    assert told is not None
    made, _ = compare_twin(make_record(), folder)
    assert made.findings == told
    real = make_record(is_synthetic=False, is_all_synthetic=False)
    kept, files = compare_twin(real, folder)
    assert (kept.findings, files) == (None, {})
    assert read_findings(tmp_path) is None


@pytest.mark.parametrize("name", ["ww", "www"])
def test_every_finding_names_effects_that_the_plan_estimates(root, name):
    from rctspark.config import read_plan

    plan = read_plan(root / "conf" / "experiments" / f"{name}.yaml")
    told = read_findings(root / "conf" / "published" / name)
    analyses = {a.population: a for a in plan.analyses}
    outcomes = {o.name: o for o in plan.outcomes}
    each = [e for f in told.findings for e in f.effects]
    each += [e for f in told.findings for m in f.many for e in m.each]
    for named in each:
        analysis = analyses[named.population.split(":")[0]]
        assert named.outcome in analysis.outcomes
        assert named.model in analysis.models
        assert not analysis.horizons or named.horizon in analysis.horizons
        assert named.arm in plan.arms.treatments
        outcome = outcomes[named.outcome]
        if outcome.kind == "panel":
            assert named.horizon in plan.horizons(outcome)
    durations = {d.name for d in plan.durations}
    assert {d.duration for f in told.findings for d in f.durations} <= durations


def test_the_page_shows_subgroups_services_and_findings_and_says_whose(tmp_path):
    told = PublishedFindings.model_validate(FOUND)
    page = write_report(tmp_path / "report", make_record(findings=told))
    html = page.read_text()
    for part in ("subgroups", "published", "figure-services-by_month"):
        assert f'id="{part}"' in html
    assert "Synthetic data." in html.split('id="published"')[1][:200]
    assert html.count("Of this twin: its table adds up") == 1
    assert (page.parent / "figures" / "services-by_month.csv").is_file()
    assert "known:age" not in html
