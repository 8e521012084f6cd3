"""The registers of the twin give back every published table, counted directly."""

from __future__ import annotations

import csv
import math

import pytest
from scipy.stats import chi2_contingency

from rctspark.twin.ww import write_ww_registers
from reference.ww_registers import read_persons
from reference.ww_tables import (
    BALANCE,
    KEYS,
    QUALITY,
    UNTIL,
    count_persons_and_contacts,
    count_tables,
    enrolled,
)

MOST_CONFLICTS = 0.03


def published_cells(folder):
    """(table, row, column) to the printed text, for every number and mark."""
    cells = {}
    for table, keys in KEYS.items():
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                name = " | ".join(row[key] for key in keys if row[key])
                for column, text in row.items():
                    if column not in (*keys, "unit"):
                        cells[table, name, column] = text
    return cells


def conflicts(folder):
    with (folder / "conflicts.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["table"], row["row"], row["column"]): row["reason"]
            for row in csv.DictReader(file)
        }


def unit_of(table, row, text):
    """What a printed figure is rounded to."""
    if table == QUALITY and row.endswith("part_time_factor"):
        return 1.0
    return 10.0 ** -len(text.partition(".")[2])


def agrees(cell, text, found):
    table, row, column = cell
    if column == "stars":
        return found == text
    if not isinstance(found, float):
        return found == int(text)
    return abs(found - float(text)) <= unit_of(table, row, text) / 2 + 1e-9


@pytest.fixture(scope="module")
def published(root):
    return root / "conf" / "published" / "ww"


@pytest.fixture(scope="module")
def tables(lives):
    return count_tables(lives)


def test_the_kept_figures_are_the_published_ones(published, shared):
    theirs = shared / "spec" / "published" / "ww"
    assert published_cells(published) == published_cells(theirs)
    files = {path.name for path in theirs.glob("*.csv")}
    assert {p.name for p in published.glob("*.csv")} == files | {"conflicts.csv"}


def test_every_published_cell_is_given_back_but_those_that_contradict(
    tables, published
):
    wanted = published_cells(published)
    wrong = {
        cell: (text, tables.get(cell))
        for cell, text in wanted.items()
        if cell not in tables or not agrees(cell, text, tables[cell])
    }
    assert set(wrong) == set(conflicts(published))
    assert len(wrong) <= MOST_CONFLICTS * len(wanted)
    assert len(wanted) == 269


def test_a_printed_mark_that_contradicts_its_figures_does_so_by_arithmetic(published):
    """Whatever is behind the rounded figures, no two-sample test gives the mark."""
    wanted = published_cells(published)
    sizes = {"male": (2841, 2709), "female": (1774, 1910)}
    marks = {"": (0.2, 1.0), "†": (0.1, 0.2), "*": (0.05, 0.1), "**": (0.0, 0.05)}
    for table, row, column in conflicts(published):
        assert column == "stars"
        basic, intensive, net = (
            float(wanted[table, row, name]) / 100
            for name in ("basic_pct", "intensive_pct", "net_effect_pp")
        )
        n_basic, n_intensive = sizes[row.split(" | ")[0]]
        least, most = marks[wanted[table, row, column]]
        probabilities = []
        for edge in (-1, 0, 1):
            for other in (-1, 0, 1):
                one, two = basic + edge * 0.0005, intensive + other * 0.0005
                error = math.sqrt(
                    one * (1 - one) / n_basic + two * (1 - two) / n_intensive
                )
                for rounding in (-0.0005, 0.0005):
                    z = (net + rounding) / error
                    probabilities.append(math.erfc(z / math.sqrt(2)))
        assert max(probabilities) < least or min(probabilities) > most


def test_sex_is_out_of_balance_at_five_per_cent_and_nothing_else_is(tables):
    p = {}
    for name in ("sex", "age", "living_arrangement", "office"):
        rows = sorted(r for t, r, _ in tables if t == BALANCE and r.startswith(name))
        counts = [
            [tables[BALANCE, row, arm] for arm in ("basic", "intensive")]
            for row in dict.fromkeys(rows)
        ]
        p[name] = chi2_contingency(counts, correction=False).pvalue
    assert p.pop("sex") < 0.05
    assert min(p.values()) > 0.05


@pytest.mark.parametrize(("arm", "months"), [("basic", 14.0), ("intensive", 13.9)])
def test_mean_observation_is_as_published(lives, arm, months):
    days = [(UNTIL - life.enrolled).days for life in lives if life.arm == arm]
    mean = sum(days) / len(days) / (365.25 / 12)
    # Whether the last day counts or not makes no difference.
    assert round(mean, 1) == round(mean + 12 / 365.25, 1) == months


def test_about_seventy_per_cent_are_observed_for_fifteen_months(lives):
    long_enough = [life.left_within(15) is not None for life in lives]
    assert 0.68 <= sum(long_enough) / len(lives) <= 0.72


@pytest.mark.long
def test_a_twin_of_scale_ten_has_ten_times_the_counts(tmp_path, lives):
    write_ww_registers(tmp_path / "d", truth=tmp_path / "t", scale=10)
    many = enrolled(read_persons(tmp_path / "d"))
    one, ten = (count_persons_and_contacts(found) for found in (lives, many))
    assert ten == {cell: 10 * count for cell, count in one.items()}
    for months in (6, 9, 12, 15):
        shares = []
        for found in (lives, many):
            known = [life.left_within(months) for life in found]
            left = [value for value in known if value is not None]
            shares.append((sum(left), len(left)))
        assert shares[1] == (10 * shares[0][0], 10 * shares[0][1])
