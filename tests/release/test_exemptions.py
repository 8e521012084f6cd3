"""What the data owner lets leave as it is, and for which experiment alone."""

from __future__ import annotations

from dataclasses import replace

from rctspark.config import Exemption, read_settings
from rctspark.release.labels import Labels
from rctspark.release.publication.screening import is_of_counts
from rctspark.release.record_screening import screen_record
from release.subgroup_record import make_record

RULE = {"rule": "rule 9", "reason": "counts by design"}


def course(*exemptions, unit):
    """Numbers of control by month: of contacts, or of persons who withdrew."""
    record = make_record(by_month={0: ((0, 0), (0, 0)), 1: ((4, 4), (4, 4)), 2: None})
    outcomes = tuple(
        o.model_copy(update={"unit": unit}) if o.name == "talks_in_month" else o
        for o in record.plan.outcomes
    )
    plan = record.plan.model_copy(update={"outcomes": outcomes})
    release = screen_record(replace(record, plan=plan, exemptions=exemptions))
    (table,) = (t for t in release.tables if t.name == "by_month")
    return [row.numbers["basic"] for row in table.rows]


def test_an_exempted_table_of_persons_leaves_as_it_is():
    assert course(unit="share") == ["0", "x", ""]
    assert course(Exemption(table="by_month", **RULE), unit="share") == ["0", "4", ""]
    assert course(Exemption(table="another", **RULE), unit="share") == ["0", "x", ""]


def test_numbers_that_are_no_counts_of_persons_are_never_exempt():
    exempt = Exemption(table="by_month", **RULE)
    assert course(exempt, unit="contacts") == ["0", "x", ""]


def test_rounds_of_interviews_are_counts_by_design_and_contacts_are_not():
    plan = make_record().plan
    counts = {table.name: is_of_counts(table, plan) for table in plan.tables}
    assert counts["rounds"]
    assert not counts["contacts"]
    assert not counts["results"]


def test_an_exemption_can_hold_for_one_experiment_alone(root):
    settings = read_settings(root).model_copy(
        update={
            "exemptions": (
                Exemption(table="funnel", experiment="trial", **RULE),
                Exemption(table="arms", **RULE),
            )
        }
    )
    assert [e.table for e in settings.exempted("trial")] == ["funnel", "arms"]
    assert [e.table for e in settings.exempted("other")] == ["arms"]


def test_no_share_and_no_effect_is_exempt_unless_the_data_owner_says_so(root):
    settings = read_settings(root)
    named = {
        (e.table, e.experiment)
        for e in settings.exemptions
        if e.table in {"outcome_shares", "adjusted_effects"}
    }
    # The report of 2020 publishes such effects; whoever signs reads what follows.
    assert named == {("adjusted_effects", "www")}
    (signed,) = (e for e in settings.exemptions if e.table == "adjusted_effects")
    assert "follow nearly from effects and standard errors" in signed.reason
    assert "adjusted_effects" not in {e.table for e in settings.exempted("ww")}


def test_a_step_of_the_funnel_reads_as_the_plan_words_it():
    plan = make_record().plan
    words = {"without_under_27": {"en": "Aged 27 or older"}}
    labels = Labels(plan.model_copy(update={"labels": words}))
    assert labels.stage("without under 27") == "Aged 27 or older"
    assert labels.stage("still there") == "Still there"
