"""Effects by category, families of tests, services by month, findings in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rctspark.config.plan import plan_faults
from rctspark.contracts import JudgedTest
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
from rctspark.release.publication.layout import Book, lay_out
from rctspark.release.publication.screening import screen_table
from rctspark.release.publication.twin import compare_twin
from rctspark.release.record_screening import screen_record
from rctspark.release.services import service_figures
from rctspark.release.subgroup_figures import subgroup_figures
from rctspark.release.subgroups import family_tables, subgroup_tables
from rctspark.release.tables import released_tables
from release import published_trial as trial

MODELS = [{"name": "plain"}, {"name": "by_age", "by": "age"}]
ANALYSES = [
    {"population": "all", "models": ["plain"], "outcomes": ["exit", "wage"]},
    {
        "population": "known",
        "where": "age <> 'unknown'",
        "models": ["by_age"],
        "outcomes": ["exit"],
    },
    {"population": "men", "where": "sex = 'man'", "models": ["plain"]},
]
FAMILIES = [
    {
        "name": "parts",
        "tests": "equality",
        "populations": ["known"],
        "models": ["by_age"],
    },
    {"name": "main", "tests": "effects", "populations": ["all"], "models": ["plain"]},
]
SIZES = {"young": (405, 420), "middle": (203, 180), "old": (404, 391)}
MONTHS = {
    "name": "by_month",
    "kind": "course",
    "columns": {
        "m": "horizon",
        "k": "label",
        "b": "basic",
        "i": "more",
        "n": "n basic",
    },
    "lines": {"talks": "talks_in_month"},
}
TALKS = {
    "name": "talks_in_month",
    "kind": "panel",
    "value": "talks",
    "unit": "contacts",
}
BY_MONTH = {0: ((0, 0), (0, 0)), 1: ((4, 9), (120, 160)), 2: None}
"""Month to persons and contacts by arm; the last is not observed."""


def by_category(plan, category, horizon, *, mean=0.5):
    """The effect of one category of age on having left by a horizon."""
    n_arm, n_against = SIZES[category]
    made = trial.found(plan, "all", ("exit", horizon), (mean, 0.031234567, 0.21))
    return replace(
        made,
        population=f"known:age={category}",
        model="by_age",
        n_arm=n_arm,
        n_against=n_against,
        rank=6,
        columns=6,
    )


def test_of(plan, horizon, **changes):
    made = JudgedTest(
        experiment=plan.name,
        family="parts",
        tests="equality",
        population="known",
        outcome="exit",
        horizon=horizon,
        arm="more",
        model="by_age",
        by="age",
        statistic=1.23456,
        df_numerator=2,
        df_denominator=1994.0,
        p_value=0.2912345,
        p_holm=0.5824690,
        p_benjamini_hochberg=0.4,
        p_step_down=None,
        family_size=2,
        n_total=2003,
        data_version="v1",
        plan_hash=plan.hash,
    )
    return replace(made, **changes)


test_of.__test__ = False


def make_record(*, old_mean=0.5, by_month=BY_MONTH, **changes):
    outcomes = [*trial.PLAN["outcomes"], TALKS]
    plan = trial.make_plan(
        models=MODELS,
        analyses=ANALYSES,
        families=FAMILIES,
        outcomes=outcomes,
        tables=[*trial.PLAN["tables"], MONTHS],
    )
    means = {"old": old_mean}
    effects = [
        by_category(plan, category, horizon, mean=means.get(category, 0.5))
        for horizon in (6, 12)
        for category in SIZES
    ]
    main = replace(
        test_of(plan, 12),
        family="main",
        tests="effects",
        population="all",
        model="plain",
        by="",
        p_value=0.04,
        p_holm=0.12,
        p_step_down=0.0876,
        family_size=3,
    )
    monthly = [
        trial.counted(
            plan,
            "talks_in_month",
            "all",
            arm,
            cells[0][side] if cells else 0,
            trial.SIZES[arm] if cells else 0,
            total=float(cells[1][side]) if cells else 0.0,
            horizon=month,
        )
        for month, cells in by_month.items()
        for side, arm in enumerate(trial.SIZES)
    ]
    parts = {
        "plan": plan,
        "plan_hash": plan.hash,
        "effects": (*trial.effects(plan), *effects),
        "tests": (test_of(plan, 6), test_of(plan, 12), main),
        "descriptives": (*trial.descriptives(plan), *monthly),
    }
    return trial.record(**(parts | changes))


def categories_of(release):
    return [e.population for e in release.effects if ":" in e.population]


def test_categories_stand_with_their_test_and_its_adjusted_p_values():
    release = screen_record(make_record())
    (table,) = subgroup_tables(release.effects, release.tests, Labels(release.plan))
    assert [len(group.rows) for group in table.groups] == [3, 3]
    assert [row.category for row in table.groups[0].rows] == ["Young", "Middle", "Old"]
    (words,) = table.groups[1].tests
    assert "F 1.23, 2 df, p 0.291" in words
    assert "over the 2 tests" in words
    assert "Holm 0.582" in words
    assert "Benjamini-Hochberg 0.400" in words


def test_where_one_category_stays_inside_all_do_and_so_does_their_test():
    # 97 per cent of the old have left: nobody may learn it from the others either.
    release = screen_record(make_record(old_mean=0.97))
    assert categories_of(release) == []
    assert [t.test.tests for t in release.tests] == ["effects"]
    few = make_record()
    small = tuple(
        replace(e, n_arm=7) if e.population.endswith("old") and e.horizon == 6 else e
        for e in few.effects
    )
    release = screen_record(replace(few, effects=small))
    assert len(categories_of(release)) == 3
    assert {t.test.horizon for t in release.tests} == {12}


def test_numbers_of_categories_are_rounded_and_no_rank_or_total_leaves():
    release = screen_record(make_record())
    kept = [e for e in release.effects if ":" in e.population]
    assert all(e.n_arm % 10 == e.n_against % 10 == 0 for e in kept)
    table = released_tables(release)["tests"]
    assert not {"df_denominator", "n_total"} & set(table.columns)
    assert list(table["p_value"]) == [0.291, 0.291, 0.04]
    behind = [e for e in kept if e.horizon == 12]
    expected = sum(e.n_arm + e.n_against for e in behind)
    assert list(table["n"])[:2] == [expected, expected]


def test_a_family_of_effects_lists_each_with_its_p_values():
    release = screen_record(make_record())
    (table,) = family_tables(release.tests, Labels(release.plan))
    assert "3 tests" in table.title
    ((what, *told),) = table.rows
    assert "Exit" in what
    assert told == ["0.040", "0.120", "0.400", "0.088", "2,010"]


def test_a_month_of_few_persons_is_hidden_and_one_not_observed_is_no_zero():
    record = make_record()
    (plan,) = [t for t in record.plan.tables if t.name == "by_month"]
    laid = lay_out(plan, record.book)
    release = screen_record(record)
    shown = screen_table(
        laid,
        record.book,
        record.thresholds,
        design=release.design,
        shown=Book(record.plan, release.effects, ()),
    )
    lines = [shown.line(row) for row in shown.rows]
    assert lines[0] == {"m": "0", "k": "talks", "b": "0", "i": "0", "n": "1000"}
    # Four persons had 120 contacts, nine had 160.
    assert (lines[1]["b"], lines[1]["i"]) == ("x", "x")
    assert (lines[2]["b"], lines[2]["i"]) == ("", "")
    assert "x: not shown" in shown.legend


def test_services_are_drawn_with_their_data_and_gaps():
    (figure,) = service_figures(screen_record(make_record()))
    assert figure.name == "services-by_month"
    assert figure.svg.startswith("<svg")
    assert figure.png[:4] == b"\x89PNG"
    assert "gap" in figure.caption
    assert set(figure.data["contacts"]) == {"0", "x", ""}
    assert list(figure.data["per_100_persons"])[:2] == ["0.00", "0.00"]


def test_rates_are_contacts_per_hundred_persons():
    many = {0: ((300, 420), (330, 500)), 1: ((12, 15), (20, 31)), 2: None}
    (figure,) = service_figures(screen_record(make_record(by_month=many)))
    rates = figure.data.set_index(["horizon", "arm"])["per_100_persons"]
    assert rates["0", "basic"] == "33.00"
    assert rates["1", "more"] == "3.07"


def test_subgroups_are_drawn_at_their_last_month_from_what_may_leave():
    release = screen_record(make_record())
    (figure,) = subgroup_figures(release)
    assert figure.name == "subgroups-known-age"
    own = [e for e in release.effects if e.population.startswith("known:")]
    last = [e for e in own if e.horizon == 12]
    assert list(figure.data["estimate"]) == [e.estimate for e in last]
    assert list(figure.data["p_value"]) == [round(e.p_value, 6) for e in last]
    assert set(figure.data["horizon"]) == {12}
    assert "* p < 0.10, ** p < 0.05, *** p < 0.01" in figure.caption
    assert "may not be shown" not in figure.caption


def test_no_subgroup_figure_is_drawn_of_effects_that_stay_inside():
    hidden = make_record(old_mean=0.001)
    assert not subgroup_figures(screen_record(hidden))


FOUND = {
    "source": "A report",
    "findings": [
        {
            "about": "Leaving",
            "published": "significant",
            "is_significant": True,
            "effects": [
                {"population": "all", "outcome": "exit", "horizon": 12}
                | {"model": "plain", "arm": "more"},
                {"population": "all", "outcome": "exit", "horizon": 6}
                | {"model": "plain", "arm": "more"},
            ],
        },
        {"about": "Something else", "published": "not said"}
        | {"reason": "its table adds up to less"},
    ],
}


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


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ({"populations": ["nobody"]}, "no analysis is called nobody"),
        ({"models": ["plain"]}, "model plain has no effects by category"),
        ({"outcomes": ["luck"]}, "no outcome is called luck"),
    ],
)
def test_a_family_of_what_the_plan_lacks_is_refused(family, words):
    plan = make_record().plan
    wrong = plan.families[0].model_copy(update={k: tuple(v) for k, v in family.items()})
    faults = plan_faults(plan.model_copy(update={"families": (wrong,)}))
    assert any(words in told for _, told in faults)


def test_the_page_shows_subgroups_services_and_findings_and_says_whose(tmp_path):
    told = PublishedFindings.model_validate(FOUND)
    page = write_report(tmp_path / "report", make_record(findings=told))
    html = page.read_text()
    for part in ("subgroups", "published", "figure-services-by_month"):
        assert f'id="{part}"' in html
    assert "Synthetic data." in html.split('id="published"')[1][:200]
    assert html.count("No room in the published tables: its table adds up") == 1
    assert (page.parent / "figures" / "services-by_month.csv").is_file()
    assert "known:age" not in html
