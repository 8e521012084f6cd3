"""Main effects beside their variants, effects of receipt, one code of signs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rctspark.config.plan import plan_faults
from rctspark.release.drawing import publication_style
from rctspark.release.labels import Labels
from rctspark.release.numerals import Scale
from rctspark.release.page import write_report
from rctspark.release.record_screening import screen_record
from rctspark.release.row_plot import PlotRow, plot_rows
from rctspark.release.sensitivity import receipt_groups, sensitivity_figures
from rctspark.release.signs import legend_of, sign_of
from release import published_trial as trial

MODELS = [
    {"name": "plain"},
    {"name": "iv", "estimator": "iv", "receipt": {"more": "got"}},
]
ANALYSES = [
    {"population": "all", "models": ["plain"], "outcomes": ["exit", "wage"]},
    {"population": "men", "where": "sex = 'man'", "models": ["plain"]},
    {"population": "received", "models": ["iv"], "outcomes": ["exit", "got"]},
]
SENSITIVITY = [
    {
        "name": "leaving",
        "outcome": "exit",
        "horizon": 12,
        "model": "plain",
        "variants": [{"population": "men"}, {"population": "received", "model": "iv"}],
    }
]
GOT = {
    "name": "got",
    "kind": "contact_count",
    "measure": "any",
    "kinds": ["alone"],
    "unit": "share",
}


def make_record(*, received=(0.2, 0.6), **parts):
    """A record with effects of receipt; control's and the effect on the share."""
    plan = trial.make_plan(
        outcomes=[*trial.PLAN["outcomes"], GOT],
        models=MODELS,
        analyses=ANALYSES,
        sensitivity=parts.pop("sensitivity", SENSITIVITY),
    )
    (main,) = [
        e
        for e in trial.effects(plan)
        if (e.population, e.outcome, e.horizon) == ("all", "exit", 12)
    ]
    of_receipt = replace(main, population="received", model="iv", estimand="att")
    mean, estimate = received
    stage = replace(
        of_receipt,
        outcome="got",
        horizon=0,
        estimand="first stage",
        mean_against=mean,
        estimate=estimate,
        std_error=0.02,
    )
    effects = (*trial.effects(plan), of_receipt, stage)
    given = {"plan": plan, "plan_hash": plan.hash, "effects": effects}
    return trial.record(**(given | {"descriptives": trial.descriptives(plan)} | parts))


def test_a_main_effect_stands_above_what_becomes_of_it():
    (figure,) = sensitivity_figures(screen_record(make_record()))
    assert figure.name == "sensitivity-leaving"
    assert list(figure.data["population"]) == ["all", "men", "received"]
    assert list(figure.data["model"]) == ["plain", "plain", "iv"]
    assert figure.data[["n_arm", "n_against"]].notna().all().all()
    assert "main effect" in figure.caption


def test_a_variant_that_may_not_leave_says_so_and_shows_no_number():
    record = make_record()
    few = tuple(
        replace(e, n_arm=7) if e.population == "men" else e for e in record.effects
    )
    (figure,) = sensitivity_figures(screen_record(replace(record, effects=few)))
    assert list(figure.data["population"]) == ["all", "received"]


def test_a_variant_without_the_arm_has_no_row_for_it(monkeypatch):
    record = make_record()
    analyses = tuple(
        a.model_copy(update={"arms": ("basic",)}) if a.population == "men" else a
        for a in record.plan.analyses
    )
    drawn = []

    def noted(rows, *given):
        drawn.extend(row.effect.population for row in rows)
        return plot_rows(rows, *given)

    monkeypatch.setattr("rctspark.release.sensitivity.plot_rows", noted)
    plan = record.plan.model_copy(update={"analyses": analyses})
    sensitivity_figures(replace(screen_record(record), plan=plan))
    assert drawn == ["all", "received"]


def test_effects_of_receipt_stand_beside_their_first_stage():
    release = screen_record(make_record())
    (group,) = receipt_groups(release, Labels(release.plan))
    (row,) = group.rows
    assert (row.first_stage, row.f) == ("+60.0", "900.0")
    assert row.n_arm


@pytest.mark.parametrize("received", [(0.02, 0.6), (0.0, 0.6), (0.25, 0.72)])
def test_where_hardly_any_or_nearly_all_received_it_first_stage_and_f_stay_inside(
    received,
):
    release = screen_record(make_record(received=received))
    (group,) = receipt_groups(release, Labels(release.plan))
    assert [(row.first_stage, row.f) for row in group.rows] == [("not shown", "")]


def test_the_page_has_a_section_and_a_place_in_its_contents(tmp_path):
    page = write_report(tmp_path / "out", make_record()).read_text("utf-8")
    assert '<a href="#sensitivity">Sensitivity</a>' in page
    section = page.split('<h2 id="sensitivity">', 1)[1].split("<h2", 1)[0]
    assert "Effects of receipt, with the first stage" in section
    assert "sensitivity-leaving.csv" in section
    assert "*** p" not in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outcome": "luck"}, "no outcome is called luck"),
        ({"variants": [{"model": "magic"}]}, "no model is called magic"),
        ({"variants": [{"population": "nobody"}]}, "no analysis is called nobody"),
    ],
)
def test_a_sensitivity_to_what_the_plan_lacks_is_refused(change, words):
    plan = make_record().plan
    wrong = plan.model_validate(
        plan.model_dump() | {"sensitivity": [SENSITIVITY[0] | change]}
    )
    assert any(words in told for _, told in plan_faults(wrong))


def test_signs_are_those_of_the_plans_own_tables_in_their_populations():
    plan = make_record().plan
    assert sign_of(plan, 0.04, "all") == "**"
    assert sign_of(plan, 0.15, "all") == ""
    assert sign_of(plan, 0.15, "men") == "+"
    assert legend_of(Labels(plan), ["all"]) == "** p < 0.05, two-sided."
    assert "(men only)" in legend_of(Labels(plan), ["men"])
    bare = plan.model_copy(update={"tables": ()})
    assert legend_of(Labels(bare), ["all"]) == (
        "* p < 0.10, ** p < 0.05, *** p < 0.01, two-sided."
    )


def test_no_number_runs_into_the_next_column_and_no_word_is_broken():
    record = make_record()
    e = replace(record.effects[0], estimate=-0.0173, ci_lower=-0.0306, ci_upper=-0.0041)
    rows = [PlotRow("Rotterdam Alexanderplein " * 3, e), PlotRow("Heerenveen", e)]
    with publication_style():
        canvas = plot_rows(rows, Labels(record.plan), Scale(100.0, 2))
        canvas.draw_without_rendering()
        axes, text = canvas.axes
        boxes = [t.get_window_extent() for t in text.texts]
    half = len(boxes) // 2
    for left, right in zip(boxes[:half], boxes[half:], strict=True):
        assert left.x1 < right.x0
    assert max(box.x1 for box in boxes) <= canvas.bbox.x1
    names = [t.get_text() for t in axes.get_yticklabels()]
    assert set(" ".join(names).split()) == {"Rotterdam", "Alexanderplein", "Heerenveen"}
