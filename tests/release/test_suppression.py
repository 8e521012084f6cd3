"""No hidden count can be computed back: for every table, by an attacker who can."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rctspark.config import Thresholds
from rctspark.errors import DisclosureError
from rctspark.release.audit import Mark, Reader, find_exposures, find_sensitive
from rctspark.release.disclosure import screen_counts
from rctspark.release.sums import Sums, cell, chain, one_way, two_way
from rctspark.release.suppression import suppress

TEN = Thresholds()
FEW = Thresholds(minimum_persons=3, maximum_share=0.8)
TO_THREE = st.integers(1, 3)
COUNT = st.one_of(st.integers(0, 15), st.integers(0, 400))


def table_of(rows) -> Sums:
    names = [f"r{i}" for i in range(len(rows))]
    columns = [f"c{j}" for j in range(len(rows[0]))]
    counts = {
        (names[i], columns[j]): n
        for i, row in enumerate(rows)
        for j, n in enumerate(row)
    }
    return two_way(counts, rows=names, columns=columns, total="total")


def tables(counts=COUNT, sizes=TO_THREE):
    return st.tuples(sizes, sizes).flatmap(
        lambda s: st.lists(
            st.lists(counts, min_size=s[1], max_size=s[1]), min_size=s[0], max_size=s[0]
        )
    )


def require_safe(sums: Sums, thresholds: Thresholds) -> None:
    """What rules 1, 3 and 6 ask, said again without the code that hides."""
    marks = suppress(sums, thresholds)
    fewest, share = thresholds.minimum_persons, thresholds.maximum_share
    reader = Reader.of(sums, marks, fewest)
    for name, count in sums.counts.items():
        low, high = reader.range_of({name: 1})
        if marks[name] is Mark.SHOWN:
            assert low == high == count
            assert not 0 < count < fewest
            continue
        assert low <= count <= high, "the truth is one of the possibilities"
        assert high - low >= 1, "a hidden number is more than a riddle"
        if 0 < count < fewest:
            assert low <= 1
            assert high >= max(fewest - 1, 2)
    for line in sums.lines:
        for part in line.parts:
            total, count = sums.counts[line.total], sums.counts[part]
            low, high = reader.range_of({line.total: 1, part: -1})
            if 0 < total - count < fewest:
                assert low <= 1
                assert high >= max(fewest - 1, 2)
            low, _ = reader.range_of({part: 1, line.total: -share})
            assert low <= 1e-6, "nobody can prove that a category holds nearly all"


@settings(max_examples=12, deadline=None, derandomize=True)
@given(rows=tables())
def test_no_hidden_cell_of_a_cross_table_follows_from_its_margins(rows):
    require_safe(table_of(rows), TEN)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(counts=st.lists(COUNT, min_size=1, max_size=6))
def test_no_hidden_category_follows_from_the_total(counts):
    require_safe(one_way({f"c{i}": n for i, n in enumerate(counts)}, total="t"), TEN)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(last=st.integers(0, 500), leaving=st.lists(COUNT, min_size=1, max_size=7))
def test_no_hidden_step_of_a_chain_follows_from_its_neighbours(last, leaving):
    left = [last + sum(leaving[i + 1 :]) for i in range(len(leaving))]
    require_safe(chain([0, *leaving], [left[0] + leaving[0], *left], last="n"), TEN)


def test_a_zero_that_its_row_tells_anyway_is_no_riddle():
    """One person in each column: hidden, but nobody doubts a row of nobody."""
    sums = table_of([[0, 0], [0, 0], [1, 1]])
    require_safe(sums, Thresholds(minimum_persons=2))
    marks = suppress(sums, Thresholds(minimum_persons=2))
    assert marks["r2 | c0"] is marks["total | c0"] is Mark.HIDDEN
    assert marks["r1 | c0"] is marks["r1 | c1"] is Mark.SHOWN


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(rows=tables(sizes=st.integers(1, 5)), fewest=st.integers(1, 12))
def test_every_cross_table_is_safe_under_every_minimum(rows, fewest):
    require_safe(table_of(rows), Thresholds(minimum_persons=fewest))


@settings(max_examples=6, deadline=None, derandomize=True)
@given(rows=tables(st.integers(0, 3), st.just(2)))
def test_the_reader_finds_what_trying_every_table_finds(rows):
    sums = table_of(rows)
    marks = suppress(sums, FEW)
    reader = Reader.of(sums, marks, 3)
    inner = [cell(f"r{i}", f"c{j}") for i in range(2) for j in range(2)]
    # With the grand total hidden there is no end of tables to try.
    if marks[cell("total", "total")] is not Mark.SHOWN:
        return
    found = {name: set() for name in sums.counts}
    for values in itertools.product(range(sum(map(sum, rows)) + 1), repeat=4):
        other = table_of([values[:2], values[2:]])
        if fits(other, sums, marks):
            for name, count in other.counts.items():
                found[name].add(count)
    for name in inner:
        low, high = reader.range_of({name: 1})
        assert (round(low), round(high)) == (min(found[name]), max(found[name]))


def fits(other: Sums, sums: Sums, marks) -> bool:
    """Whether a table looks the same to a reader."""
    return all(
        {
            Mark.SHOWN: count == sums.counts[name],
            Mark.BELOW: 1 <= count <= 2,
            Mark.HIDDEN: True,
        }[marks[name]]
        for name, count in other.counts.items()
    )


def test_a_small_count_takes_a_partner_along():
    screened = screen_counts(pd.Series({"a": 3, "b": 40, "c": 60}), TEN)
    assert screened.display["persons"].to_dict() == {
        "a": "<10",
        "b": "x",
        "c": "60",
        "total": "103",
    }
    assert "<10: from 1 to 9 persons" in screened.legend
    assert screened.n_hidden == 2


def test_a_small_cell_of_a_cross_table_takes_a_rectangle_along():
    frame = pd.DataFrame(
        [[20, 3, 40], [30, 30, 60], [11, 22, 33]],
        index=list("abc"),
        columns=list("xyz"),
    )
    shown = screen_counts(frame, TEN).display
    assert shown.loc["a", "y"] == "<10"
    assert (shown == "x").to_numpy().sum() == 3
    assert (shown.loc["total"] == ["61", "55", "133", "249"]).all()


def test_where_nearly_all_are_in_one_category_neither_side_is_shown_as_a_range():
    shown = screen_counts(pd.Series({"yes": 192, "no": 8}), TEN).display["persons"]
    assert shown.to_dict() == {"yes": "x", "no": "x", "total": "200"}


def test_a_zero_is_shown_unless_it_discloses_the_rest():
    harmless = screen_counts(pd.Series({"a": 50, "b": 45, "c": 0}), TEN)
    telling = screen_counts(pd.Series({"a": 50, "b": 0}), TEN)
    assert harmless.display["persons"].tolist() == ["50", "45", "0", "95"]
    assert telling.display["persons"].tolist() == ["x", "x", "50"]


def test_a_complement_below_the_minimum_is_hidden():
    sums = one_way({"a": 42, "b": 4, "c": 4}, total="all")
    about = {s.about for s in find_sensitive(sums, TEN)}
    assert about == {"a", "b", "c"}
    marks = suppress(sums, TEN)
    low, high = Reader.of(sums, marks, 10).range_of({"all": 1, "a": -1})
    assert low <= 1
    assert high >= 9


def test_the_audit_sees_a_table_hidden_as_the_published_report_hid_it():
    """Control's small cells hidden, but row totals and the other arms shown."""
    rows = [[4, 30, 31], [55, 50, 52], [129, 109, 104]]
    sums = table_of(rows)
    marks = dict.fromkeys(sums.counts, Mark.SHOWN) | {
        cell(f"r{i}", "c0"): Mark.HIDDEN for i in range(3)
    }
    exposed = find_exposures(sums, marks, TEN)
    assert any(e.lowest == pytest.approx(4) == e.highest for e in exposed)
    assert not find_exposures(sums, suppress(sums, TEN), TEN)


def test_what_is_known_elsewhere_protects_nothing():
    sums = one_way({"a": 3, "b": 40, "c": 60}, total="all")
    marks = suppress(sums, TEN, known=frozenset({"b", "all"}))
    assert marks["b"] is Mark.SHOWN
    assert marks["c"] is Mark.HIDDEN


def test_a_table_that_cannot_be_made_safe_is_refused():
    sums = one_way({"a": 3, "b": 40}, total="all")
    with pytest.raises(DisclosureError, match="can't be made safe"):
        suppress(sums, TEN, known=frozenset({"b", "all"}))


@pytest.mark.parametrize(
    "table",
    [
        pd.Series({"a": 3.5, "b": 2}),
        pd.Series({"a": -3, "b": 2}),
        pd.Series({"a": None, "b": 2}),
        pd.Series({"total": 3, "b": 2}),
        pd.Series([30, 20], index=["a", "a"]),
    ],
)
def test_what_is_no_table_of_counts_is_refused(table):
    with pytest.raises(DisclosureError, match="can't be screened"):
        screen_counts(table, TEN)
