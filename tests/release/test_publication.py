"""The plan's tables: laid out, screened, compared with published ones, shown."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from rctspark.config import Thresholds, read_plan
from rctspark.config.plan import plan_faults
from rctspark.release.audit import find_exposures
from rctspark.release.coarsening import coarse_persons, coarsen_parts
from rctspark.release.page import write_report
from rctspark.release.publication.amounts import find_dominated, find_uniform
from rctspark.release.publication.comparison import (
    compare_with_published,
    is_same,
    published_cells,
)
from rctspark.release.publication.layout import lay_out
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import parts_of
from rctspark.release.publication.twin import COMPARISON, TITLES, compare_twin
from rctspark.release.record_screening import screen_record
from rctspark.release.tables import released_tables
from release import published_trial as trial
from release.attackers import hidden_cells, marks_of


def laid(name, record=None):
    record = record or trial.record()
    table = next(t for t in record.plan.tables if t.name == name)
    return lay_out(table, record.book)


def lines(table):
    return [tuple(table.line(row).values()) for row in table.rows]


def screened(name, record=None):
    release = screen_record(record or trial.record())
    return next(t for t in release.tables if t.name == name)


def test_a_table_has_the_columns_and_rows_that_the_plan_declares():
    table = laid("results")
    assert list(table.plan.columns) == [
        "who", "outcome", "months", "m", "b", "net", "stars",
    ]  # fmt: skip
    assert lines(table) == [
        ("all", "left", "6", "6.0", "5.0", "1.0", ""),
        ("all", "left", "12", "52.6", "50.0", "2.6", "**"),
        ("all", "pay", "", "14.00", "14.00", "0.00", ""),
        ("men", "left", "6", "31.0", "30.0", "1.0", ""),
        ("men", "left", "12", "53.0", "50.0", "3.0", "+"),
    ]


def test_contacts_add_up_in_both_directions():
    assert lines(laid("contacts")) == [
        ("talks", "700", "1100", "1800"),
        ("tests", "160", "190", "350"),
        ("rare", "25", "80", "105"),
        ("total", "885", "1370", "2255"),
    ]


def test_rounds_say_who_had_none_first():
    assert lines(laid("rounds"))[0] == ("4", "none", "150", "140")


def test_what_is_printed_in_whole_steps_keeps_its_decimals():
    plan = trial.make_plan()
    line = plan.tables[-1].lines["pay"].model_copy(update={"rounded_to": 0})
    tables = plan.tables[-1].model_copy(update={"lines": {"pay": line}, "blocks": ()})
    table = tables.model_copy(update={"blocks": (type(plan.tables[-1].blocks[0])(),)})
    assert lines(lay_out(table, trial.record().book))[0][3:6] == (
        "14.00", "14.00", "0.00",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["balance", "rounds", "contacts"])
def test_nothing_hidden_follows_from_what_is_shown_or_from_the_sizes_of_arms(name):
    record = trial.record()
    table = screened(name, record)
    for part, sums in parts_of(laid(name, record), record.book).items():
        marks = marks_of(table, sums, part)
        known = frozenset(n for n in sums.counts if n.startswith("total | "))
        exposures = find_exposures(sums, marks, Thresholds(), exempt=known)
        assert exposures == ()


def test_persons_whose_sex_or_age_is_not_known_are_hidden_with_others():
    hidden = hidden_cells(screened("balance"))
    for arm in ("basic", "more"):
        assert ("sex | unknown", arm) in hidden
        of_sex = {key for key, a in hidden if a == arm and key.startswith("sex")}
        of_age = {key for key, a in hidden if a == arm and key.startswith("age")}
        # One hidden number would follow from the arm's size; the age that is not
        # known is not printed, and hides one that is.
        assert len(of_sex) >= 2
        assert of_age


def test_contacts_of_a_few_persons_are_hidden_however_many_they_are():
    hidden = hidden_cells(screened("contacts"))
    assert ("rare", "basic") in hidden
    assert ("talks", "basic") not in hidden


def test_an_effect_that_stays_inside_is_hidden_whole():
    release = {(r[0], r[1], r[2]): r[3:] for r in lines(screened("results"))}
    # More than nine in ten have not left.
    assert release["all", "left", "6"] == ("x", "x", "x", "x")
    assert release["all", "left", "12"] == ("52.6", "50.0", "2.6", "**")


def test_persons_of_a_part_are_rounded_and_those_of_the_whole_are_not():
    plan = trial.make_plan()
    whole, *_, part = coarsen_parts(trial.effects(plan), plan, Thresholds())
    assert (whole.n_arm, whole.n_against) == (1010, 1000)
    assert (part.n_arm, part.n_against) == (590, 600)
    assert part.mean_against == round(part.mean_against, 3)
    assert part.ci_lower <= part.estimate <= part.ci_upper


def test_a_mean_that_one_person_dominates_stays_inside():
    record = trial.record()
    heavy = trial.counted(
        record.plan, "wage", "all", "more", 500, 500,
        total=100.0, largest_share=0.6, rest_ratio=0.5,
    )  # fmt: skip
    assert find_dominated([heavy], Thresholds()) == {("all", "wage", 0, "more")}
    second = replace(heavy, largest_share=0.45, rest_ratio=0.05)
    assert find_dominated([second], Thresholds()) == {("all", "wage", 0, "more")}
    dominated = replace(record, descriptives=(*record.descriptives, heavy))
    texts = {(r[0], r[1]): r[3:] for r in lines(screened("results", dominated))}
    assert texts["all", "pay"] == ("x", "x", "x", "x")


def test_a_mean_of_few_or_equal_amounts_stays_inside():
    plan = trial.make_plan()
    of = (plan, "wage", "all", "more")
    some = {"total": 500.0, "largest_share": 0.02, "rest_ratio": 30.0}
    few = trial.counted(*of, 9, 500, **some)
    assert find_dominated([few], Thresholds()) == {("all", "wage", 0, "more")}
    assert not find_dominated([replace(few, persons=10)], Thresholds())
    everyone = trial.counted(*of, 50, 50, **some)
    nobody = trial.counted(*of, 0, 500, total=0.0)
    for same in (everyone, nobody):
        assert find_uniform([same]) == {("all", "wage", 0, "more")}
    for other in (replace(everyone, largest_share=0.03), replace(few, total=None)):
        assert not find_uniform([other])
    unpaid = replace(
        trial.record(), descriptives=(*trial.record().descriptives, nobody)
    )
    texts = {(r[0], r[1]): r[3:] for r in lines(screened("results", unpaid))}
    assert texts["all", "pay"] == ("x", "x", "x", "x")


def test_degrees_of_freedom_are_rounded_down_and_persons_in_a_log_to_tens():
    plan = trial.make_plan()
    made = [
        replace(e, df=n)
        for e, n in zip(trial.effects(plan)[:2], (2008.0, 2005.5), strict=True)
    ]
    assert [e.df for e in coarsen_parts(made, plan, Thresholds())] == [2000.0, 2000.0]
    clustered = replace(made[0], df=7.25, covariance="CR2")
    assert coarsen_parts([clustered], plan, Thresholds())[0].df == 7.25
    told = [coarse_persons(n, Thresholds()) for n in (9237, 9234, 9226, 10, 9, 0)]
    fewer = "fewer than 10"
    assert told == ["9,240", "9,230", "9,230", "10", fewer, fewer]


def test_released_tables_have_exactly_their_columns():
    tables = released_tables(screen_record(trial.record()))
    assert list(tables["balance"].columns) == ["what", "which", "b", "m"]
    contents = tables["contents"].set_index("table")
    assert contents.loc["balance", "is_synthetic"] == "yes"
    assert "not shown" in contents.loc["balance", "hidden_cells"]


@pytest.fixture
def published(tmp_path):
    """Published figures of the trial, one of them another than was found."""
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "sizes.csv").write_text("arm,persons\nbasic,1000\nmore,1010\n")
    (folder / "results.csv").write_text(
        "who,outcome,months,m,b,net,stars\n"
        "all,left,6,6,5.0,1.0,\nall,left,12,52.6,50.1,2.6,**\nmen,left,12,53.0,50.0,3.0,\n"
    )
    (folder / "conflicts.csv").write_text(
        "table,row,column,reason\nresults,all | left | 12,b,printed otherwise\n"
    )
    return folder


def test_every_published_number_and_sign_is_compared(published):
    record = trial.record()
    tables = [lay_out(t, record.book) for t in record.plan.tables]
    compared = {
        (c.table, c.row, c.column): c for c in compare_with_published(published, tables)
    }
    assert len(compared) == 2 + 3 * 4
    assert compared["results", "all | left | 6", "m"].agrees == "yes"
    wrong = compared["results", "all | left | 12", "b"]
    assert (wrong.published, wrong.reproduced, wrong.agrees) == ("50.1", "50.0", "no")
    assert wrong.reason == "printed otherwise"
    unexplained = compared["results", "men | left | 12", "stars"]
    assert (unexplained.agrees, unexplained.reason) == ("no", "not explained")


@pytest.mark.parametrize(
    ("published", "reproduced", "same"),
    [
        ("27-30", "29.3", True),
        ("27-30", "30.1", False),
        ("<6", "2.1", True),
        ("<6", "6.0", False),
        ("<6", "", False),
        ("-0.3", "-0.30", True),
        ("**", "**", True),
        ("", "*", False),
    ],
)
def test_a_number_agrees_with_the_range_that_hides_it(published, reproduced, same):
    assert is_same(published, reproduced) is same


def test_only_synthetic_data_are_compared(published):
    compared, files = compare_twin(trial.record(), published)
    assert compared.comparison == (14, 12)
    assert files[COMPARISON].startswith(b"table,row,column,published,reproduced,")
    real = trial.record(is_synthetic=False)
    assert compare_twin(real, published) == (real, {})
    assert compare_twin(trial.record(), published / "nowhere")[1] == {}


def test_the_contents_say_that_comparisons_are_synthetic_and_before_disclosure_control():
    release = screen_record(trial.record())
    contents = released_tables(release, beside=TITLES)["contents"].set_index("table")
    for name in ("published_vs_reproduced", "findings_vs_found"):
        assert "synthetic" in contents.loc[name, "title"]
        assert "before disclosure control" in contents.loc[name, "title"]
    assert "findings_vs_found" not in set(released_tables(release)["contents"]["table"])


def test_the_plan_lays_out_every_published_cell_of_the_shared_folder(root, shared):
    plan = read_plan(root / "conf" / "experiments" / "ww.yaml")
    folder = shared / "spec" / "published" / "ww"
    tables = [lay_out(table, Book(plan, (), ())) for table in plan.tables]
    compared = compare_with_published(folder, tables)
    by_name = {t.name: t for t in tables}
    for path in folder.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        table = by_name[path.stem]
        # Rule 7 adds what was not printed: the persons behind a row.
        added = {c for c, w in table.plan.columns.items() if w.startswith("n ")}
        assert rows[0] == [c for c in table.plan.columns if c not in added]
        own = [c for c in compared if c.table == path.stem]
        numbers = [c for c in rows[0] if c in {line.column for line in own}]
        assert len(own) == (len(rows) - 1) * len(numbers)
        before = len(rows[0]) - len(numbers)
        found = [tuple(table.line(r).values())[:before] for r in table.rows]
        assert found == [tuple(row[:before]) for row in rows[1:]]
        values = [value for row in rows[1:] for value in row[before:]]
        assert [c.published for c in own] == values


def test_the_published_folder_holds_what_the_shared_one_does(root, shared):
    own = root / "conf" / "published" / "ww"
    if not own.is_dir():
        pytest.skip("no published figures here")
    assert published_cells(own) == published_cells(shared / "spec" / "published" / "ww")


def test_a_table_that_names_what_the_plan_lacks_is_refused():
    plan = trial.make_plan()
    columns = {"kind": "label", "b": "basic", "m": "nobody"}
    wrong = [
        plan.tables[1].model_copy(update={"columns": columns}),
        plan.tables[2].model_copy(update={"among": "exit"}),
        plan.tables[4].model_copy(update={"model": "other"}),
    ]
    faults = dict(plan_faults(plan.model_copy(update={"tables": tuple(wrong)})))
    assert faults == {
        "tables.0.columns.m": "a table of contacts has no nobody",
        "tables.1.lines": "exit is not measured per round",
        "tables.2.model": "no model is called other",
    }


def test_the_report_shows_the_tables_with_their_n(tmp_path):
    page = write_report(tmp_path / "report", trial.record()).read_text()
    for heading in ("Balance", "Participation and services", "Outcomes"):
        assert heading in page
    assert "n = 1,000 basic, 1,010 more." in page
    assert "p &lt; 0.05" in page
    assert (tmp_path / "report" / "tables" / "balance.csv").is_file()
