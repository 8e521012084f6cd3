"""What lets a reader check: how it is laid out, and what of it may leave."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from rctspark.config import Thresholds
from rctspark.contracts import Coefficient, Descriptive, JudgedTest
from rctspark.contracts.power import DetectableEffect
from rctspark.release.design import DesignCounts
from rctspark.release.joint import joint_table, screen_joint, shown_joint
from rctspark.release.labels import Labels
from rctspark.release.power import power_table, shown_power
from rctspark.release.publication.checks_screening import screen_fit
from rctspark.release.publication.layout import lay_out, with_small_p
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import screen_table
from rctspark.release.publication.shown_as_released import as_released
from rctspark.release.publication.shown_models import models_side_by_side
from release.checked_trial import plan_with
from release.sample_records import effect

PLAN = plan_with()
THRESHOLDS = Thresholds()
MARK, PERSONS = ("mark", "2", "more"), ("150", "150")
NO_DESIGN = DesignCounts((), (), "", None, "")


def described(subject, category, arm, persons, base=None, horizon=0, **rest):
    numbers = dict.fromkeys(
        ("total", "largest_share", "rest_ratio", "statistic", "df", "p_value")
    )
    return Descriptive(
        experiment="trial",
        population="all",
        subject=subject,
        category=category,
        horizon=horizon,
        arm=arm,
        persons=persons,
        base_persons=base or persons,
        data_version="v",
        plan_hash="h",
        **({"method": ""} | numbers | rest),
    )


def counts(reference_women=40):
    """Everyone, the reference group, and the tests against the target."""
    rows = []
    for arm, men, women in (
        ("usual", 60, 90),
        ("more", 70, 80),
        ("less", 75, 75),
        ("reference", 100 - reference_women, reference_women),
        ("target", 500, 500),
    ):
        n = men + women
        rows += [
            described("enrolled", "all", arm, n),
            described("sex", "man", arm, men, n),
            described("sex", "woman", arm, women, n),
            described(
                "pay", "all", arm, n, total=9.0 * n, largest_share=0.1, rest_ratio=5.0
            ),
        ]
    for subject in ("sex", "pay"):
        for group in ("all", "reference"):
            test = {"statistic": 2.345, "df": 1, "p_value": 0.1257, "method": "a test"}
            rows.append(described(subject, "fit", group, 450, **test))
    words = ("lower", "upper", "low", "high", "trimmed")
    for method, values in (
        ("Lee", (0.1234, 0.567, -0.2, 0.9, 0.21)),
        ("Manski", (-3.0, 4.0, -3.2, 4.2, 0.0)),
    ):
        rows += [
            described("mark", f"{method} {w}", "more", 90, 150, 2, total=v)
            for w, v in zip(words, values, strict=True)
        ]
    return rows


def term(name, place, model="adjusted", n_behind=450, **changes):
    numbers = {
        "experiment": "trial",
        "population": "all" if model == "adjusted" else "late",
        "outcome": "job",
        "horizon": 2,
        "model": model,
        "place": place,
        "term": name,
        "estimate": -0.1237,
        "std_error": 0.0511,
        "df": 440.0,
        "p_value": 0.0157,
        "n_behind": n_behind,
        "n_total": 453,
        "rank": 5,
        "r_squared": 0.0314,
        "adjusted_r_squared": 0.0271,
        "covariance": "HC1",
        "data_version": "v",
        "plan_hash": "h",
    }
    return Coefficient(**(numbers | changes))


def terms():
    names = ("constant", "more", "less", "sex=woman", "pay")
    found = [term(name, place) for place, name in enumerate(names)]
    return found + [term(name, i, "plain") for i, name in enumerate(names[:3])]


def effects(outcome="job", population="all", model="adjusted", horizon=2):
    own = {"outcome": outcome, "population": population, "model": model}
    return [
        effect(
            arm=arm, against="usual", horizon=horizon, n_arm=150, n_against=150, **own
        )
        for arm in ("more", "less")
    ]


def laid(name, book):
    (table,) = [t for t in PLAN.tables if t.name == name]
    return lay_out(table, book)


def screened(name, book, shown=()):
    return screen_table(
        laid(name, book),
        book,
        THRESHOLDS,
        design=NO_DESIGN,
        shown=Book(PLAN, shown, ()),
    )


def lines(table):
    return [list(table.line(row).values()) for row in table.rows]


def test_a_fit_shows_statistic_degrees_of_freedom_p_and_n():
    assert lines(laid("fit", Book(PLAN, (), counts()))) == [
        ["sex", "all", "a test", "2.3", "1", "0.126", "450"],
        ["sex", "reference", "a test", "2.3", "1", "0.126", "450"],
        ["pay", "all", "a test", "2.3", "1", "0.126", "450"],
        ["pay", "reference", "a test", "2.3", "1", "0.126", "450"],
    ]


def fits(book):
    groups = {"groups": screened("groups", book)}
    return screen_fit(laid("fit", book), laid("fit", book).plan, groups)


def test_a_fit_leaves_where_the_shares_that_it_compares_do():
    assert not any("x" in line for line in lines(fits(Book(PLAN, (), counts()))))


def test_a_fit_that_would_give_a_hidden_share_away_stays_inside():
    found = fits(Book(PLAN, (), counts(reference_women=4)))
    by_key = {tuple(line[:2]): line[3:] for line in lines(found)}
    assert by_key["sex", "reference"] == ["x"] * 4
    assert by_key["pay", "reference"] == ["2.3", "1", "0.126", "450"]
    assert "not shown" in found.legend


def test_bounds_stand_beside_the_effect_that_they_are_of():
    own = effects("mark", "late", "plain")[:1]
    found = screened("bounds", Book(PLAN, own, counts()), own)
    assert lines(found) == [
        [*MARK, "Lee", "0.03", "0.12", "0.57", "-0.20", "0.90", "21", *PERSONS],
        [*MARK, "Manski", "0.03", "-3.00", "4.00", "-3.20", "4.20", "", *PERSONS],
    ]


def test_bounds_of_an_effect_that_stays_inside_stay_inside():
    own = effects("mark", "late", "plain")
    found = screened("bounds", Book(PLAN, own, counts()))
    assert {text for line in lines(found) for text in line[4:]} == {"x"}
    assert found.legend


def test_a_regression_is_laid_out_term_by_term():
    found = lines(laid("models", Book(PLAN, (), (), terms())))
    numbers = ["-0.124", "0.051", "0.016", "**", "453", "0.031", "0.027"]
    assert found[0] == ["job", "2", "plain", "constant", *numbers]
    assert [line[3] for line in found[3:]] == [
        *("constant", "more", "less", "sex=woman", "pay")
    ]


def test_a_regression_leaves_where_its_effects_leave():
    book = Book(PLAN, (), (), terms())
    shown = effects() + effects(population="late", model="plain")[:1]
    found = screened("models", book, shown)
    hidden = {(line[2], line[3]) for line in lines(found) if line[4] == "x"}
    # The error of any coefficient would give the variance, and that the share.
    assert hidden == {(line[2], line[3]) for line in lines(found) if line[2] == "plain"}
    veiled = [replace(e, mean_against=nan) for e in shown]
    again = screened("models", book, veiled)
    shown_terms = {line[3] for line in lines(again) if line[4] != "x"}
    assert "constant" not in shown_terms
    assert {"more", "less", "pay"} <= shown_terms
    told = {line[2]: line[8] for line in lines(found)}
    # As many as the effects say; where these are not shown, to the nearest ten.
    assert told == {"plain": "450", "adjusted": "450"}


@pytest.mark.parametrize(
    ("sizes", "n"), [((150, 150, 153), "453"), ((152, 152, 153), "450")]
)
def test_the_n_of_a_regression_is_that_of_its_arms_and_never_above_the_enrolled(
    sizes, n
):
    """453 in the regression: everyone, or all but four of those enrolled."""
    enrolled = [
        described("enrolled", "all", arm, size)
        for arm, size in zip(PLAN.arms.all, sizes, strict=True)
    ]
    plan = PLAN.model_copy(
        update={
            "tables": (
                *(
                    t.model_copy(
                        update={
                            "columns": {**t.columns, **{a: a for a in PLAN.arms.all}},
                            "sizes": ("persons", "n"),
                        }
                    )
                    if t.name == "groups"
                    else t
                    for t in PLAN.tables
                ),
            )
        }
    )
    book = Book(plan, (), enrolled, terms())
    assert {line[8] for line in lines(screened("models", book, effects()))} == {n}
    near = [replace(t, n_total=sum(sizes) - 1) for t in terms()]
    told = lines(screened("models", Book(plan, (), enrolled, near), effects()))
    assert {int(line[8]) for line in told} == {450}


def test_a_coefficient_of_few_persons_stays_inside():
    own = [replace(t, n_behind=9) if t.term == "sex=woman" else t for t in terms()]
    book = Book(PLAN, (), (), own)
    assert all(line[4] == "x" for line in lines(screened("models", book)))
    found = screened("models", book, effects())
    adjusted = [line for line in lines(found) if line[2] == "adjusted"]
    assert {line[3] for line in adjusted if line[4] == "x"} == {"sex=woman"}
    assert len(adjusted) > 1


def test_a_regression_with_too_few_degrees_of_freedom_stays_inside():
    own = [replace(t, n_total=14, n_behind=10) for t in terms()]
    found = screened("models", Book(PLAN, (), (), own), effects())
    assert {line[4] for line in lines(found)} == {"x"}


def test_models_stand_side_by_side_with_errors_and_signs():
    table = laid("models", Book(PLAN, (), (), terms()))
    head, ((title, rows),) = models_side_by_side(table, table.plan, Labels(PLAN))
    assert head == ("Term", "Plain", "Adjusted")
    assert title == "Job, month 2"
    cell = "\N{MINUS SIGN}0.124** (0.051)"
    assert rows[1] == ("More", cell, cell)
    assert rows[3] == ("Sex: Woman", "", cell)
    assert rows[-3:] == (
        ("Persons", "453", "453"),
        ("R\N{SUPERSCRIPT TWO}", "0.031", "0.031"),
        ("R\N{SUPERSCRIPT TWO}, adjusted", "0.027", "0.027"),
    )


def joint(outcome="job", arm="more", **changes):
    numbers = {
        "experiment": "trial",
        "family": "before",
        "tests": "effects",
        "population": "all",
        "outcome": outcome,
        "horizon": -3,
        "arm": arm,
        "model": "adjusted",
        "by": "",
        "statistic": 1.2345,
        "df_numerator": 3,
        "df_denominator": 440.0,
        "p_value": 0.29712,
        "p_holm": 0.5942,
        "p_benjamini_hochberg": 0.5942,
        "p_step_down": None,
        "family_size": 2,
        "n_total": 453,
        "data_version": "v",
        "plan_hash": "h",
    }
    return JudgedTest(**(numbers | changes))


MONTHS = [e for h in (-3, -2, -1) for e in effects(horizon=h)]
COUNT = joint("all", "all", statistic=2.0, df_numerator=6, p_holm=None, p_value=0.34)


def joined(tests, kept, found=MONTHS):
    return screen_joint(tests, PLAN, THRESHOLDS, effects=found, kept=kept)


@pytest.mark.parametrize("shown", [0, 1, 3])
def test_a_joint_test_leaves_unless_one_effect_would_follow_from_it(shown):
    kept = [e for e in MONTHS if e.arm == "more"][:shown]
    (found,) = joined([joint()], kept)
    assert (found.test.statistic, found.test.p_value) == (1.23, 0.297)
    assert (found.n, found.horizons) == (450, (-3, -1))


def test_with_all_months_but_one_shown_the_joint_test_stays_inside():
    kept = [e for e in MONTHS if e.arm == "more"][:2]
    assert joined([joint()], kept) == ()


def test_a_joint_test_on_few_persons_stays_inside():
    few = [replace(e, n_arm=9) for e in MONTHS]
    assert joined([joint()], (), few) == ()


def test_tests_of_other_families_are_not_joint_ones():
    assert joined([joint(family="main")], ()) == ()


def test_joint_tests_read_as_a_row_per_outcome_with_the_count_below():
    found = joined([joint(), joint(arm="less"), COUNT], ())
    (table,) = shown_joint(found, Labels(PLAN))
    assert table.groups[0].rows == (("Job", *("1.23 (3)", "0.297", "0.594") * 2),)
    words = " ".join(table.notes)
    assert "months \N{MINUS SIGN}3 to \N{MINUS SIGN}1 together" in words
    assert "2 of 6 effects have p below 0.10, where 1 are expected" in words
    assert "34.0 % of 99 draws" in words
    assert "draws of the arms within the categories of stratum" in words


def test_joint_tests_are_released_with_what_they_test_and_n():
    tidy = joint_table(joined([joint(), COUNT], ()))
    assert list(tidy["outcome"]) == ["job", "all"]
    assert list(tidy["first_horizon"]) == [-3, -3]
    assert list(tidy["last_horizon"]) == [-1, -1]
    assert list(tidy["n"]) == [450, 450]


POWER = [
    DetectableEffect("tenth", arm, 0.0912, 0.8, 0.1, n, 150.0)
    for arm, n in (("more", 150.0), ("less", 100.0))
] + [
    DetectableEffect("marks", arm, 0.7, 0.8, 0.05, 0.8 * n, 120.0)
    for arm, n in (("more", 150.0), ("less", 100.0))
]


def test_power_reads_as_a_row_per_assumption_in_points_or_units():
    table = shown_power(POWER, Labels(PLAN))
    assert table.groups[0].rows == (
        ("Tenth", "10.0 %", "0", "0.100", "9.1 pp", "9.1 pp", "100"),
        ("Marks", "SD 2.00", "20", "0.050", "0.70", "0.70", "80"),
    )
    assert "150 usual, 150 more, 100 less" in table.notes[0]


def test_power_is_released_with_what_was_assumed():
    tidy = power_table(POWER, Labels(PLAN))
    assert list(tidy["control_share"].dropna()) == [0.1, 0.1]
    assert list(tidy["n_arm"]) == [150.0, 100.0, 120.0, 80.0]


def test_a_plan_without_power_has_no_table_of_it():
    assert shown_power((), Labels(plan_with(power=None))) is None


def test_a_p_value_that_rounds_to_nothing_leaves_as_small_in_every_table():
    own = [
        replace(d, p_value=0.0002) if d.p_value and d.arm == "all" else d
        for d in counts()
    ]
    found = with_small_p(laid("fit", Book(PLAN, (), own)))
    assert [line[5] for line in lines(found)] == ["<0.001", "0.126"] * 2
    head, (group,) = as_released(found, Labels(PLAN))
    assert [row[list(head).index("P")] for row in group.rows][:2] == ["<0.001", "0.126"]
    # A statistic that rounds to nothing is a number like any other.
    of_none = [replace(d, statistic=0.01) if d.statistic else d for d in counts()]
    assert lines(with_small_p(laid("fit", Book(PLAN, (), of_none))))[0][3] == "0.0"
