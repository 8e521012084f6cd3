"""Nothing that stands beside a hidden count says what it is: tests, linked tables."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from grouped_plan import in_shares, plan_of
from rctspark.config import Plan, Thresholds
from rctspark.config.plan import plan_faults
from rctspark.estimators.balance.arms import compare_counts
from rctspark.release.design import DesignCounts
from rctspark.release.publication.layout import as_printed, lay_out
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import screen_table
from release.test_study_tables import described

ARMS = ("usual", "more", "less")
CODES = ("short", "middle", "long")
TIME = {"usual": (4, 56, 130), "more": (11, 54, 125), "less": (12, 46, 129)}
ANSWERED = {"usual": 178, "more": 177, "less": 171}
"""Nearly all of each arm: they stay inside."""
TARGET = (500, 2000, 5500)
REFERENCE = (15, 40, 140)
GROUPS = {
    "kind": "groups",
    "show": "percent",
    "sizes": ["persons", "n"],
    "lines": {"time": {"covariate": "time", "categories": {c: c for c in CODES}}},
}
SIDES = {"what": "characteristic", "which": "category"}
TESTS = {"p_more": "p more", "p_less": "p less"}
PLAN = plan_of(
    arms={"control": "usual", "treatments": ["more", "less"]},
    outcomes=[in_shares("answered")],
    covariates=[{"name": "time", "value": "time", "categories": [*CODES]}],
    tables=[
        GROUPS
        | {
            "name": "by_arm",
            "columns": SIDES | {"all": "all"} | {a: a for a in ARMS} | TESTS,
        },
        GROUPS
        | {
            "name": "beside_the_target",
            "columns": SIDES | {g: g for g in ("target", "reference", "all")},
        },
        {
            "name": "response",
            "kind": "groups",
            "show": "percent",
            "columns": {"what": "characteristic"} | {a: a for a in ARMS} | TESTS,
            "lines": {"answered": {"outcome": "answered", "horizon": 2}},
        },
    ],
)


def p_of(arm, counts):
    found = compare_counts(
        np.array([counts["usual"], counts[arm]]),
        arms=("usual", arm),
        categories=[str(i) for i, _ in enumerate(counts[arm])],
        characteristic="any",
    )
    return found.p_value


def book_of(time, answered, reference=REFERENCE):
    sides = time | {"reference": reference, "target": TARGET}
    rows = []
    for arm, counts in sides.items():
        n = sum(counts)
        rows.append(described("enrolled", "all", arm, n))
        rows += [
            described("time", code, arm, count, n)
            for code, count in zip(CODES, counts, strict=True)
        ]
    sizes = {arm: sum(counts) for arm, counts in time.items()}
    yes_no = {a: (k, sizes[a] - k) for a, k in answered.items()}
    for arm in ARMS:
        of_time = p_of(arm, time) if arm != "usual" else None
        rows.append(described("time", "all", arm, sizes[arm], p_value=of_time))
        given = described(
            "answered",
            "all",
            arm,
            answered[arm],
            sizes[arm],
            p_value=p_of(arm, yes_no) if arm != "usual" else None,
        )
        rows.append(replace(given, horizon=2))
    plan = Plan.model_validate(PLAN)
    assert plan_faults(plan) == []
    return Book(plan, (), rows)


def released(book, name):
    """A table before and after screening, as rows of the file."""
    (table,) = (t for t in book.plan.tables if t.name == name)
    laid = lay_out(table, book)
    screened = screen_table(
        laid,
        book,
        Thresholds(),
        design=DesignCounts((), (), "", None, ""),
        shown=Book(book.plan, (), ()),
    )
    return tuple(
        [found.line(row) for row in found.rows]
        for found in (as_printed(laid), as_printed(screened))
    )


def values_that_fit(rows, sizes, *, p):
    """What a reader deems possible of control's counts, by going through them all.

    Args:
        rows: Rows of a table that fill an arm, per cents of it; the first holds `p`.
        sizes: Persons of each arm.
        p: Arm to the p-value that is printed beside them.
    """

    def candidates(arm):
        shown = [
            None if row[arm] == "x" else round(float(row[arm]) * sizes[arm] / 100)
            for row in rows
        ]
        # Who is in no row fills the arm.
        shown = [*shown, None] if len(rows) == 1 else shown
        hidden = [i for i, count in enumerate(shown) if count is None]
        rest = sizes[arm] - sum(count or 0 for count in shown)
        for given in product(range(rest + 1), repeat=max(len(hidden) - 1, 0)):
            last = rest - sum(given)
            if last < 0:
                continue
            found = list(shown)
            for i, count in zip(hidden, (*given, last), strict=False):
                found[i] = count
            yield tuple(found)

    def fits(own, other, printed):
        if printed in {"", "x"}:
            return True
        columns = [c for c in zip(own, other, strict=True) if sum(c)]
        n = sum(map(sum, columns))
        expected = [(sum(c) * sum(own) / n, sum(c) * sum(other) / n) for c in columns]
        statistic = sum(
            (k - e) ** 2 / e
            for c, es in zip(columns, expected, strict=True)
            for k, e in zip(c, es, strict=True)
        )
        told = stats.chi2.sf(statistic, len(columns) - 1) if len(columns) > 1 else 1
        return f"{told:.2f}" == printed

    others = {arm: [*candidates(arm)] for arm in p}
    return {
        own
        for own in candidates("usual")
        if all(any(fits(own, other, p[arm]) for other in others[arm]) for arm in others)
    }


@pytest.mark.parametrize(
    ("name", "hidden"), [("by_arm", TIME["usual"]), ("response", (178, 12))]
)
def test_no_hidden_count_follows_from_a_test_beside_it(name, hidden):
    book = book_of(TIME, ANSWERED)
    sizes = {arm: sum(counts) for arm, counts in TIME.items()}
    laid, screened = released(book, name)
    own = slice(len(laid) - 1 if name == "by_arm" else len(laid))
    of_tests = {arm: laid[0][f"p_{arm}"] for arm in ("more", "less")}
    found = values_that_fit(screened[own], sizes, p=of_tests)
    # The attack works: with the tests, hardly anything is left of what is hidden.
    assert hidden in found
    assert len(found) < len(
        values_that_fit(screened[own], sizes, p=dict.fromkeys(of_tests, "x"))
    )
    told = {arm: screened[0][f"p_{arm}"] for arm in ("more", "less")}
    assert told == {"more": "x", "less": "x"}


def test_a_test_leaves_where_all_that_it_compares_is_shown():
    enough = {"usual": (20, 56, 114), "more": (11, 54, 125), "less": (12, 46, 129)}
    laid, screened = released(book_of(enough, ANSWERED), "by_arm")
    assert screened == laid
    assert all(laid[0][name] for name in TESTS)


def test_a_test_of_an_arm_with_a_hidden_count_stays_inside_and_others_leave():
    few = {"usual": (20, 56, 114), "more": (30, 40, 119), "less": (3, 55, 129)}
    _, screened = released(book_of(few, ANSWERED), "by_arm")
    assert screened[0]["less"] == "x"
    hidden = {arm for arm in ARMS if "x" in [row[arm] for row in screened]}
    assert "usual" in hidden or screened[0]["p_more"] != "x"
    assert screened[0]["p_less"] == "x"


@pytest.mark.parametrize("reference", [REFERENCE, (5, 50, 140)])
@pytest.mark.parametrize("usual", [(4, 56, 130), (20, 56, 114)])
def test_a_number_is_hidden_in_every_table_or_in_none(reference, usual):
    book = book_of(TIME | {"usual": usual}, ANSWERED, reference)
    _, by_arm = released(book, "by_arm")
    _, beside = released(book, "beside_the_target")
    assert [row["all"] for row in by_arm] == [row["all"] for row in beside]
    # Small counts of the reference group are none of the participants' business:
    # the rest of the target population stands nowhere, and hides them.
    assert "x" not in [row["all"] for row in beside]
    assert beside[0]["reference"] == ("x" if reference[0] < 10 else "7.7")
