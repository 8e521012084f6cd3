"""Tables about a study: funnel by site, groups side by side, findings."""

from __future__ import annotations

import pytest
from scipy.stats import chi2_contingency

from grouped_plan import in_shares, plan_of
from rctspark.config import Plan, Thresholds
from rctspark.config.plan import plan_faults
from rctspark.contracts import Descriptive
from rctspark.release.design import DesignCounts
from rctspark.release.publication.comparison import compare_with_published
from rctspark.release.publication.layout import as_printed, lay_out
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import screen_table

PLAN = plan_of(
    population={"sites": ["here", "there"]},
    outcomes=[in_shares("left")],
    covariates=[
        {"name": "sex", "value": "sex", "categories": ["man", "woman"]},
        {"name": "pay", "value": "sum(wage_eur)", "panel": [-2, -1]},
    ],
    tables=[
        {
            "name": "funnel",
            "kind": "funnel",
            "columns": {"stage": "label", "here": "here", "there": "there"},
            "lines": {
                "screened": {"left": "screened"},
                "young": {"leaving": ["young"]},
                "asked": {"left": "asked"},
                "withdrew": {"leaving": ["withdrew"]},
                "drawn": {"left": "drawn"},
                "usual": {"arm": "usual"},
                "more": {"arm": "more"},
            },
        },
        {
            "name": "groups",
            "kind": "groups",
            "columns": {
                "what": "characteristic",
                "which": "category",
                "all": "all",
                "usual": "usual",
                "more": "more",
                "p_more": "p more",
            },
            "show": "percent",
            "sizes": ["persons", "n"],
            "lines": {
                "sex": {"covariate": "sex", "categories": {"m": "man", "w": "woman"}},
                "pay": {"covariate": "pay"},
            },
        },
        {
            "name": "findings",
            "kind": "findings",
            "columns": {
                "who": "population",
                "arm": "arm",
                "what": "label",
                "effect": "effect",
                "sure": "is_significant",
            },
            "rows": [
                {
                    "population": "all",
                    "of": "all",
                    "model": "plain",
                    "arm": "more",
                    "outcomes": ["left"],
                    "horizon": 2,
                }
            ],
        },
    ],
)
THRESHOLDS = Thresholds()
NO_DESIGN = DesignCounts((), (), "", None, "")


def described(subject, category, arm, persons, base=None, **rest):
    numbers = {
        "total": None,
        "largest_share": None,
        "rest_ratio": None,
        "statistic": None,
        "df": None,
        "p_value": None,
        "method": "",
    }
    return Descriptive(
        experiment="trial",
        population="all",
        subject=subject,
        category=category,
        horizon=0,
        arm=arm,
        persons=persons,
        base_persons=base or persons,
        data_version="v",
        plan_hash="h",
        **(numbers | rest),
    )


@pytest.fixture
def book():
    made = Plan.model_validate(PLAN)
    assert plan_faults(made) == []
    steps = {
        "here": (1000, 400, 600, 32, 368, 180, 188),
        "there": (200, 100, 100, 6, 94, 50, 44),
    }
    rows = []
    for site, (screened, young, asked, withdrew, drawn, usual, more) in steps.items():
        rows += [
            described("funnel", "screened", site, screened),
            described("leaving", "young", site, young),
            described("funnel", "asked", site, asked),
            described("leaving", "withdrew", site, withdrew),
            described("funnel", "drawn", site, drawn),
            described("enrolled", "usual", site, usual),
            described("enrolled", "more", site, more),
        ]
    for arm, men, women, pay in (("usual", 225, 5, 2300.0), ("more", 116, 116, 4640.0)):
        n = men + women
        rows += [
            described("enrolled", "all", arm, n),
            described("sex", "man", arm, men, n),
            described("sex", "woman", arm, women, n),
            described(
                "pay",
                "all",
                arm,
                n,
                n,
                total=pay,
                largest_share=0.1,
                rest_ratio=5.0,
                p_value=0.031 if arm == "more" else None,
            ),
        ]
    rows.append(described("sex", "all", "more", 232, p_value=0.004))
    return Book(made, (), rows)


def laid(book, name):
    (table,) = [t for t in book.plan.tables if t.name == name]
    return lay_out(table, book)


def lines(table):
    return [list(table.line(row).values()) for row in table.rows]


def screened(book, name):
    return as_printed(
        screen_table(
            laid(book, name),
            book,
            THRESHOLDS,
            design=NO_DESIGN,
            shown=Book(book.plan, (), ()),
        )
    )


def test_a_table_of_groups_shows_per_cent_means_sizes_and_tests(book):
    assert lines(as_printed(laid(book, "groups"))) == [
        ["sex", "m", "73.8", "97.8", "50.0", "0.00"],
        ["sex", "w", "26.2", "2.2", "50.0", ""],
        ["pay", "mean", "15.0", "10.0", "20.0", "0.03"],
        ["persons", "n", "462", "230", "232", ""],
    ]


def test_a_small_count_stays_inside_and_so_does_what_gives_it_away(book):
    (men, women, pay, sizes) = lines(screened(book, "groups"))
    assert women[3] == "x"
    assert men[3] == "x"
    assert pay[2:5] == ["15.0", "10.0", "20.0"]
    assert sizes[2:5] == ["462", "230", "232"]
    # With the sizes known, a total less the other arm would give it.
    assert women[2] == "x" or women[4] == "x"


def chi_square_p(women):
    """p-value of a test of both arms, were so many women in the first."""
    counts = [[230 - women, women], [116, 116]]
    return f"{chi2_contingency(counts, correction=False)[1]:.2f}"


def test_a_test_stays_inside_with_a_count_that_it_gives_away(book):
    sex, women, pay, _ = lines(screened(book, "groups"))
    assert "x" in (sex[3], women[3])
    assert [sex[5], pay[5]] == ["x", "0.03"]
    # With one arm shown, few counts of the other give a printed p-value.
    printed = chi_square_p(100)
    assert sum(chi_square_p(n) == printed for n in range(100, 231)) <= 2


def test_a_mean_of_one_and_the_same_amount_stays_inside(book):
    some = {"total": 2300.0, "largest_share": 0.1, "rest_ratio": 5.0}
    rows = [
        described("pay", "all", "usual", 230, **some),
        described("pay", "all", "more", 0, 232, total=0.0),
    ]
    found = screened(Book(book.plan, (), rows), "groups")
    (pay,) = [line for line in lines(found) if line[0] == "pay"]
    assert pay[2:5] == ["x", "10.0", "x"]


def test_a_mean_to_which_one_person_gives_most_stays_inside(book):
    rows = [
        described(
            "pay", "all", "more", 232, total=4640.0, largest_share=0.6, rest_ratio=0.5
        ),
        described(
            "pay", "all", "usual", 230, total=2300.0, largest_share=0.1, rest_ratio=5.0
        ),
    ]
    dominated = Book(book.plan, (), [*rows])
    (table,) = [t for t in book.plan.tables if t.name == "groups"]
    found = screen_table(
        lay_out(table, dominated),
        dominated,
        THRESHOLDS,
        design=NO_DESIGN,
        shown=dominated,
    )
    (pay,) = [line for line in lines(found) if line[0] == "pay"]
    assert pay[2:5] == ["x", "10.0", "x"]


def test_a_funnel_by_site_adds_up_leaving_by_leaving(book):
    assert lines(laid(book, "funnel"))[:3] == [
        ["screened", "1000", "200"],
        ["young", "400", "100"],
        ["asked", "600", "100"],
    ]


def test_a_small_step_of_one_site_can_not_be_had_from_the_other_site(book):
    found = {line[0]: line[1:] for line in lines(screened(book, "funnel"))}
    assert found["withdrew"][1] in {"<10", "x"}
    # The sum over the sites stands in the flow of persons.
    assert found["withdrew"][0] == "x"
    assert "x" in found["asked"] + found["drawn"] + found["usual"] + found["more"]
    assert found["screened"] == ["1000", "200"]


def test_an_effect_that_stays_inside_is_no_finding(book):
    assert lines(screened(book, "findings")) == [["all", "more", "left", "", ""]]


def test_a_number_that_was_not_printed_is_not_compared(book, tmp_path):
    (tmp_path / "groups.csv").write_text(
        "what,which,all,usual,more,p_more\n"
        "sex,m,73.8,97.8,50.1,0.00\n"
        "sex,w,26.2,2.2,50.0,\n"
    )
    found = compare_with_published(tmp_path, [as_printed(laid(book, "groups"))])
    assert len(found) == 7
    assert [c.column for c in found if c.agrees == "no"] == ["more"]


def test_an_answer_that_was_not_printed_is_not_compared(book, tmp_path):
    (tmp_path / "findings.csv").write_text(
        "who,arm,what,effect,sure\nall,more,left,,\nall,other,left,1.0,no\n"
    )
    found = compare_with_published(tmp_path, [as_printed(laid(book, "findings"))])
    assert [(c.row, c.column, c.agrees) for c in found] == [
        ("all | other | left", "effect", "no"),
        ("all | other | left", "sure", "no"),
    ]
