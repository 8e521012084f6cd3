"""Rule 7: every number of every table has its n, in the file and on the page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rctspark.config import Plan, Thresholds
from rctspark.config.plan import GroupsTable, read_plan
from rctspark.release.design import DesignCounts
from rctspark.release.labels import Labels
from rctspark.release.publication.layout import lay_out
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import screen_table
from rctspark.release.publication.shown_as_released import as_released
from release.test_group_screening import ARMS, PLAN
from release.test_study_tables import described

PLANS = ("ww", "www", "penn", "rossi", "reintegration")
OF_COUNTS = {"arm_sizes", "contacts", "rounds", "balance", "funnel"}
"""Counts by arm; the sizes of the arms stand in a table of their own."""
N_OF = {
    "effects": {"n"},
    "course": {"n"},
    "findings": {"n arm", "n against"},
    "bounds": {"n arm", "n against"},
    "weighted_effects": {"n arm", "n against"},
    "reliability": {"n"},
    "fit": {"n"},
    "models": {"n"},
    "weights": {"n"},
}


def has_n(table) -> bool:
    words = {*table.columns.values()}
    if table.kind in OF_COUNTS:
        return True
    if not isinstance(table, GroupsTable):
        told = words | {"n" for word in words if word.startswith("n ")}
        return N_OF[table.kind] <= told
    if table.show == "persons":
        return True
    # A last row tells the sizes of the arms: of those counted where these are all.
    if table.sizes and not any(line.among for line in table.lines.values()):
        return True
    shown = words - {"characteristic", "category"}
    groups = {w for w in shown if not w.startswith(("p ", "n "))}
    return {f"n {group}" for group in groups} <= words


@pytest.mark.parametrize("name", PLANS)
def test_every_released_table_has_its_n(root, name):
    plan = read_plan(root / "conf" / "experiments" / f"{name}.yaml")
    assert [table.name for table in plan.tables if not has_n(table)] == []


def response(approached, *, is_exempt=False):
    """A table of those approached who answered, with its n."""
    table = {
        "name": "answers",
        "kind": "groups",
        "show": "percent",
        "columns": {"what": "characteristic"}
        | {side: side for side in (*ARMS, "all")}
        | {"p_more": "p more"}
        | {f"n_{side}": f"n {side}" for side in (*ARMS, "all")},
        "lines": {"answered": {"outcome": "answered", "horizon": 2, "among": "asked"}},
    }
    outcomes = [*PLAN["outcomes"], PLAN["outcomes"][0] | {"name": "asked"}]
    plan = Plan.model_validate(PLAN | {"tables": [table], "outcomes": outcomes})
    rows = []
    for arm, n in approached.items():
        rows.append(described("enrolled", "all", arm, 190))
        told = described("answered", "among asked", arm, 100, n)
        rows.append(replace(told, horizon=2, p_value=0.4 if arm == "more" else None))
    book = Book(plan, (), rows)
    return screen_table(
        lay_out(plan.tables[0], book),
        book,
        Thresholds(),
        design=DesignCounts((), (), "", None, ""),
        shown=Book(plan, (), ()),
        is_exempt=is_exempt,
    )


def test_per_cents_among_some_persons_have_those_persons_beside_them():
    found = response({"usual": 180, "more": 170, "less": 160})
    (line,) = [found.line(row) for row in found.rows]
    assert [line[f"n_{side}"] for side in (*ARMS, "all")] == [
        "180",
        "170",
        "160",
        "510",
    ]
    head, (group,) = as_released(found, Labels(Plan.model_validate(PLAN)))
    assert len(head) == 6
    assert [row[0] for row in group.rows] == ["Answered", "n"]
    assert group.rows[1][1:] == ("180", "170", "160", "510", "")


def test_few_persons_left_out_do_not_follow_from_an_n_nor_from_a_share_of_it():
    few = {"usual": 181, "more": 170, "less": 160}
    found = response(few)
    (line,) = [found.line(row) for row in found.rows]
    hidden = {name for name, text in line.items() if text == "x"}
    assert hidden == {"usual", "all", "p_more", "n_usual", "n_all"}
    found = response(few, is_exempt=True)
    (line,) = [found.line(row) for row in found.rows]
    assert "x" not in line.values()
    assert line["n_usual"] == "181"
