"""The page of a running trial: what is shown adds up, and nothing is fetched."""

import datetime as dt
import re
from dataclasses import replace

import pytest

from rctspark.config import read_plan
from rctspark.contracts.monitoring import Agreement, Inflow, Service, TrialState
from rctspark.estimators.balance.counted import estimate_counted_balance
from rctspark.release.monitoring import (
    arm_inflow,
    month_inflow,
    render_monitoring,
    site_agreement,
    site_inflow,
    sum_sites,
)

JULY, AUGUST = dt.date(2012, 7, 1), dt.date(2012, 8, 1)
COUNTS = {
    ("sex", "male", "basic"): 60,
    ("sex", "female", "basic"): 40,
    ("sex", "male", "intensive"): 45,
    ("sex", "female", "intensive"): 55,
    ("sex", "", "intensive"): 2,
    ("age", "under_35", "basic"): 3,
}


@pytest.fixture(scope="module")
def plan(root):
    return read_plan(root / "conf" / "experiments" / "ww.yaml")


@pytest.fixture
def state():
    balance, too_few = estimate_counted_balance(
        COUNTS,
        characteristics={"sex": ("male", "female"), "age": ("under_35",)},
        arms=("basic", "intensive"),
    )
    return TrialState(
        as_known_on=dt.date(2013, 2, 15),
        known_until=dt.date(2013, 1, 31),
        data_version="known-2013-02-15-abc",
        is_synthetic=True,
        inflow=(
            Inflow(JULY, "maasland", "basic", 40, 0),
            Inflow(JULY, "twente", "intensive", 50, 14),
            Inflow(AUGUST, "maasland", "basic", 50, 28),
            Inflow(AUGUST, "twente", "basic", 10, 7),
        ),
        sample_ratio_p=0.0312,
        agreement=(
            Agreement("maasland", "basic", "basic", 97, 1),
            Agreement("maasland", "basic", "intensive", 3, 2),
            Agreement("twente", "intensive", "", 50, 0),
        ),
        balance=balance,
        too_few=too_few,
        services=(
            Service("maasland", "basic", 4, 80, 50, 10, 15, 5, 7, 4, 2, 46),
            Service("twente", "basic", 4, 20, 10, 0, 0, 10, 1, 3, 0, 9),
            Service("twente", "intensive", 7, 5, 4, 1, 0, 0, 0, 0, 0, 4),
            Service("twente", "basic", 7, 0, 0, 0, 0, 0, 0, 0, 6, 0),
        ),
    )


def test_inflow_and_its_pace_are_held_against_the_numbers_needed(state, plan):
    # 60 days are left from 31 January to 1 April 2013.
    assert [tuple(row) for row in arm_inflow(state, plan)] == [
        ("basic", 100, 35, 4500, 100 + 35 * 60 // 28),
        ("intensive", 50, 14, 4500, 50 + 14 * 60 // 28),
    ]


def test_a_pace_is_known_after_four_weeks_and_nobody_is_expected_after_the_end(
    state, plan
):
    early, late = dt.date(2012, 8, 18), dt.date(2013, 5, 31)
    before = arm_inflow(replace(state, known_until=early), plan)
    after = arm_inflow(replace(state, known_until=late), plan)
    assert [row.expected for row in before] == [None, None]
    assert [row.expected for row in after] == [100, 50]


def test_inflow_is_laid_out_by_month_and_by_site(state, plan):
    assert [tuple(row) for row in month_inflow(state, plan)] == [
        ("2012-07", [40, 50], [40, 50]),
        ("2012-08", [60, 0], [100, 50]),
    ]
    found = {row.site: (row.persons, row.recent) for row in site_inflow(state, plan)}
    assert found["maasland"] == ([90, 0], [28, 0])
    assert found["twente"] == ([10, 50], [7, 14])
    assert found["heerenveen"] == ([0, 0], [0, 0])


def test_lists_are_held_against_the_rule_site_by_site(state):
    assert [tuple(row) for row in site_agreement(state.agreement)] == [
        ("maasland", 100, 3, 3, 0),
        ("twente", 50, 0, 0, 50),
    ]


def test_services_of_all_sites_are_the_sum_of_the_sites(state):
    assert sum_sites(state.services) == [
        Service("all", "basic", 4, 100, 60, 10, 15, 15, 8, 7, 2, 55),
        Service("all", "basic", 7, 0, 0, 0, 0, 0, 0, 0, 6, 0),
        Service("all", "intensive", 7, 5, 4, 1, 0, 0, 0, 0, 0, 4),
    ]
    assert sum_sites(state.services[:1]) == []


def test_balance_from_counts_is_that_of_pearson_and_too_few_are_named(state):
    # (60, 40) against (45, 55): 200 (60 * 55 - 40 * 45)^2 / (105 * 95 * 100 * 100).
    (sex,) = state.balance
    assert sex.statistic == pytest.approx(200 * 1500**2 / (105 * 95 * 1e4))
    assert (sex.n, sex.n_missing) == ((100, 100), (0, 2))
    assert state.too_few == ("age",)


def test_a_category_that_says_not_known_is_left_out_where_the_plan_says_so():
    counts = COUNTS | {("sex", "other", arm): 7 for arm in ("basic", "intensive")}
    tested = {"sex": ("male", "female", "other")}
    arms = ("basic", "intensive")
    (sex,), _ = estimate_counted_balance(
        counts, characteristics=tested, arms=arms, missing={"sex": "other"}
    )
    (plain,), _ = estimate_counted_balance(
        COUNTS, characteristics={"sex": ("male", "female")}, arms=arms
    )
    assert (sex.df, sex.statistic) == (plain.df, plain.statistic)
    assert (sex.n, sex.n_missing) == ((100, 100), (7, 9))


def test_sites_stand_in_the_order_of_the_plan(state, plan):
    turned = replace(
        state,
        agreement=state.agreement[::-1],
        services=state.services[::-1],
    )
    page = render_monitoring(turned, plan)
    for part in page.split("<h2")[2:]:
        assert part.find("Maasland") <= part.find("Twente")


def test_a_rare_category_among_many_persons_is_tested_all_the_same():
    counts = {
        ("sex", name, arm): n
        for arm, sizes in (("a", (2841, 1774, 2)), ("b", (2709, 1910, 1)))
        for name, n in zip(("male", "female", "unknown"), sizes, strict=True)
    }
    (sex,), _ = estimate_counted_balance(
        counts, characteristics={"sex": ("male", "female", "unknown")}, arms=("a", "b")
    )
    # Table 5.1 of the report: significant at 5 %.
    assert sex.method == "Pearson chi-square"
    assert sex.p_value == pytest.approx(0.0142, abs=5e-4)


def test_the_page_says_what_it_rests_on_and_refers_to_nothing_outside(state, plan):
    page = render_monitoring(state, plan)
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for said in (
        "inside only",
        "SYNTHETIC DATA",
        "known-2013-02-15-abc",
        plan.hash,
        "3 person(s) are recorded in another arm",
        "3 person(s) stand on lists of more than one arm; 50 enrolled person(s)",
        "Too few persons for a test yet",
        "As known on 15 February 2013",
        "fit their intended shares (p = 0.031)",
        "nothing due 6",
    ):
        assert said in words, said
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]+"', page) == []


def test_of_those_whose_window_is_over_the_share_held_is_shown(state, plan):
    words = re.sub(r"<[^>]+>", " ", render_monitoring(state, plan))
    # 55 of the 80 whose window is over, over all sites; 5 more are held before it is.
    assert "69%" in words
