"""Effects by category, families of tests, services by month."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rctspark.config.plan import plan_faults
from rctspark.release.category_screening import screen_tests
from rctspark.release.labels import Labels
from rctspark.release.publication.layout import Book, lay_out
from rctspark.release.publication.screening import screen_table
from rctspark.release.record_screening import screen_record
from rctspark.release.services import service_figures
from rctspark.release.subgroup_figures import subgroup_figures
from rctspark.release.subgroups import family_tables, subgroup_tables
from rctspark.release.tables import released_tables
from release.subgroup_record import make_record


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
    assert "** p < 0.05, two-sided, each for its own effect alone" in figure.caption
    assert "may not be shown" not in figure.caption


def test_no_subgroup_figure_is_drawn_of_effects_that_stay_inside():
    hidden = make_record(old_mean=0.001)
    assert not subgroup_figures(screen_record(hidden))


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


def test_a_test_over_arms_leaves_with_the_effects_of_all_of_them():
    record = make_record()
    tests = [t for t in record.tests if t.tests == "equality" and t.horizon == 12]
    over_all = [replace(t, arm="all") for t in tests]
    own = [e for e in record.effects if e.horizon == 12 and ":" in e.population]
    every = [*own, *(replace(e, arm="most") for e in own)]
    assert len(screen_tests(over_all, every, effects=every)) == len(tests)
    # With one arm's effects shown, the statistic is an equation for the other's.
    assert screen_tests(over_all, own, effects=every) == ()
    assert len(screen_tests(tests, own, effects=every)) == len(tests)
