"""The whole chain on the registers of a twin, against the truth it was built from.

The twin writes events; its truth is counted apart. Nothing of it reaches the jobs.
"""

import csv
import json
import re
import shutil
import sys
from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest
from deltalake import DeltaTable

import make_twin
from places import write_settings
from rctspark.config import Thresholds, read_plan
from rctspark.config.plan import BalanceTable, ContactsTable, RoundsTable
from rctspark.contracts import Descriptive, Effect
from rctspark.release.audit import find_exposures
from rctspark.release.effect_screening import yes_no_outcomes
from rctspark.release.publication.layout import lay_out
from rctspark.release.publication.rows import Book
from rctspark.release.publication.screening import parts_of
from rctspark.runtime.job import run_job
from release.attackers import (
    Shown,
    counts_given_away,
    hidden_cells,
    is_without_variance,
    marks_of,
    persons_told_apart,
)
from run_chain import run_chain
from traces import delivered_in, traces_in

pytestmark = pytest.mark.long

EXCLUSIONS = (
    "wia_35_minus",
    "network_training",
    "esf_track",
    "start_up_period",
    "dismissed_by_msd",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ww") / "deliveries"
    arguments = ["--experiment", "ww", "--folder", str(folder)]
    assert make_twin.main(arguments) == 0
    return folder


@pytest.fixture(scope="module")
def lake(run, workplace, place):
    assert run(run_chain, "--plan", "ww", "--deliveries", place) == 0
    return workplace / "out" / "lake"


def truth(place, name):
    path = place.with_name(f"{place.name}-truth") / f"SYNTHETIC_truth_{name}"
    if path.suffix == ".json":
        return json.loads(path.read_text())
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def read(lake, name):
    return DeltaTable(lake / name).to_pandas()


def test_every_planted_fault_is_set_aside_and_nothing_else(lake, place):
    planted = Counter()
    for row in truth(place, "faults.csv"):
        # Two spells of one person that overlap are each a sound row: they are told
        # apart where the registers are settled.
        if row["fault"] != "overlaps_another":
            planted[row["file"].split("/")[-1]] += int(row["rows"])
    deliveries = read(lake, "registers/uwv/deliveries")
    found = Counter()
    for row in deliveries.itertuples():
        found[row.file_name.split("/")[-1]] += row.rows_rejected
    assert {f: n for f, n in found.items() if n} == dict(planted)
    read_rows, kept = deliveries["rows_read"], deliveries["rows_kept"]
    assert (read_rows == kept + deliveries["rows_rejected"]).all()
    overlapping = sum(
        int(row["rows"])
        for row in truth(place, "faults.csv")
        if row["fault"] == "overlaps_another"
    )
    # Every contact that the twin makes up lies inside the benefit.
    overruled = read(lake, "experiments/ww/rejected_rows")
    assert set(overruled["register"]) == {"benefit_spells"}
    assert overruled["n_rows"].sum() == overlapping


def test_the_funnel_ends_in_those_whom_the_twin_enrolled(lake, place):
    summary = truth(place, "summary.json")
    roles = summary["persons_per_role"]
    funnel = read(lake, "experiments/ww/funnel").sort_values("step")
    assert list(funnel["n_leaving"])[-5:] == [roles[name] for name in EXCLUSIONS]
    assert funnel["n_left"].iloc[-1] == summary["enrolled"]
    assignment = read(lake, "experiments/ww/assignment")
    assert dict(assignment["arm"].value_counts()) == summary["enrolled_per_arm"]
    assert assignment["is_discordant"].sum() == summary["recorded_arm_errors"]


def test_effects_are_those_that_a_count_of_the_events_gives(lake, place):
    effects = read(lake, "experiments/ww/effects")
    effects = effects[effects["model"] == "unadjusted"]
    effects = effects[effects["population"] == "all"]
    counted = [row for row in truth(place, "effects.csv") if row["effect"]]
    by_key = effects.set_index(["outcome", "horizon"])["estimate"]
    known = [r for r in counted if (r["outcome"], int(r["horizon"])) in by_key.index]
    assert len(known) >= 8
    for row in known:
        found = by_key[row["outcome"], int(row["horizon"])]
        np.testing.assert_allclose(found, float(row["effect"]), atol=1e-8)


def released(workplace, name):
    path = workplace / "out" / "released" / "ww" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_released_tables_have_the_layout_of_the_published_ones(lake, workplace, shared):
    assert lake.is_dir()
    for path in (shared / "spec" / "published" / "ww").glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            published = list(csv.reader(file))
        found = released(workplace, path.stem)
        assert found[0] == published[0]
        assert len(found) == len(published)
        headings = {"arm", "population", "outcome", "state", "measure", "category"}
        for place, column in enumerate(found[0]):
            if column in headings:
                own = [row[place] for row in published[1:]]
                assert [row[place] for row in found[1:]] == own


def test_a_twin_is_compared_with_every_published_number_and_sign(lake, workplace):
    assert lake.is_dir()
    header, *compared = released(workplace, "published_vs_reproduced")
    assert ",".join(header) == "table,row,column,published,reproduced,agrees,reason"
    assert len({tuple(row[:3]) for row in compared}) == len(compared) > 0
    for *_, agrees, reason in compared:
        assert (agrees == "yes") == (reason == "")


def test_persons_whose_sex_or_age_is_not_known_can_not_be_computed(lake, workplace):
    assert lake.is_dir()
    rows = {tuple(r[:2]): r[2:] for r in released(workplace, "table_5_1_balance")[1:]}
    assert set(rows["sex", "unknown"]) <= {"x", "<10"}
    for characteristic in ("sex", "age", "living_arrangement"):
        for arm in (0, 1):
            shown = [r[arm] for key, r in rows.items() if key[0] == characteristic]
            assert sum(text in {"x", "<10"} for text in shown) >= 1 + (
                characteristic == "sex"
            )
    effects = released(workplace, "effects")
    place = {name: effects[0].index(name) for name in ("population", "n_arm")}
    parts = [r for r in effects[1:] if r[place["population"]] in {"male", "female"}]
    assert parts
    assert all(int(row[place["n_arm"]]) % 10 == 0 for row in parts)


def as_released(workplace, laid):
    """A table of the plan with the numbers of the released file."""
    header, *lines = released(workplace, laid.name)
    words = [*laid.plan.columns.values()]
    assert header == [*laid.plan.columns]
    rows = []
    for row, line in zip(laid.rows, lines, strict=True):
        shown = dict(zip(words, line, strict=True))
        rows.append(replace(row, numbers={w: shown.get(w, "") for w in row.numbers}))
    return replace(laid, rows=tuple(rows))


def results(lake, root):
    plan = read_plan(root / "conf" / "experiments" / "ww.yaml")
    effects = DeltaTable(lake / "experiments/ww/effects").to_pyarrow_table().to_pylist()
    counts = DeltaTable(lake / "experiments/ww/descriptives").to_pyarrow_table()
    names = {field.name for field in fields(Effect)}
    own = [Effect(**{k: v for k, v in row.items() if k in names}) for row in effects]
    return Book(plan, own, [Descriptive(**row) for row in counts.to_pylist()]), own


def test_nothing_hidden_in_the_released_tables_can_be_computed_back(
    lake, workplace, root
):
    book, _ = results(lake, root)
    hidden = {}
    for table in book.plan.tables:
        laid = lay_out(table, book)
        shown = as_released(workplace, laid)
        if cells := hidden_cells(shown):
            hidden[table.name] = sorted(cells)
        if not isinstance(table, (BalanceTable, RoundsTable, ContactsTable)):
            continue
        for part, sums in parts_of(laid, book).items():
            marks = marks_of(shown, sums, part)
            known = frozenset(n for n in sums.counts if n.startswith("total | "))
            assert find_exposures(sums, marks, Thresholds(), exempt=known) == (), part
    for name, cells in hidden.items():
        print(name, *(" / ".join(cell) for cell in cells), sep="\n  ")
    assert set(hidden) == {
        "table_4_2_contacts_after_week_10",
        "services_by_month",
        "table_4_3_to_4_6_interview_rounds",
        "table_5_1_balance",
        "table_5_2_and_B_1_exit_rates",
    }


def shares_given_away(shown, own, plan):
    """Hidden numbers of persons that these effects give, by who tries."""
    of_persons = yes_no_outcomes(plan)
    plain = {
        (e.population, e.outcome, e.horizon): e for e in own if e.model == "unadjusted"
    }
    found = {}
    for key, e in shown.items():
        truth = plain.get(key[:3])
        if key[1] not in of_persons or truth is None:
            continue
        has = (truth.mean_against, truth.mean_against + truth.estimate)
        n = (truth.n_against, truth.n_arm)
        counts = tuple(round(p * m) for p, m in zip(has, n, strict=True))
        if told := [*counts_given_away(e, counts, Thresholds())]:
            found[key] = told
    return found


def test_no_hidden_share_or_amount_follows_from_the_released_effects(
    lake, workplace, root
):
    book, own = results(lake, root)
    header, *lines = released(workplace, "effects")
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    leaving = {
        (r["population"], r["outcome"], int(r["horizon"]), r["model"]): Shown(
            *(float(r[name] or "nan") for name in Shown._fields)
        )
        for r in rows
    }
    every = {
        (e.population, e.outcome, e.horizon, e.model): Shown(
            *(getattr(e, name) for name in Shown._fields)
        )
        for e in own
    }
    assert {*leaving} < {*every}
    # The same reader finds them in the effects before disclosure control.
    before = shares_given_away(every, own, book.plan)
    assert ("all", "reentry", 0, "adjusted") in before
    assert shares_given_away(leaving, own, book.plan) == {}
    amounts = [key for key, e in every.items() if is_without_variance(e)]
    assert ("all", "wage_eur", 1, "unadjusted") in amounts
    assert [key for key, e in leaving.items() if is_without_variance(e)] == []


def test_logs_tell_persons_in_tens(lake, workplace):
    assert lake.is_dir()
    said = [
        json.loads(line)["message"]
        for log in (workplace / "out" / "runs").glob("*.log")
        for line in log.read_text().splitlines()
    ]
    assert any("sex_known" in line for line in said)
    assert persons_told_apart(said) == []


def test_no_citizen_service_number_is_left_in_anything_that_was_written(lake, place):
    identifiers = delivered_in(place)
    assert len(identifiers) > 30_000
    assert sum(text.startswith("0") for text in identifiers) >= 20
    # It would be found: every file that was delivered holds some.
    for register in ("agenda", "office_lists"):
        names = {path.name for path in (place / register).glob("SYNTHETIC*")}
        assert len(traces_in(place / register, identifiers)) == len(names) > 0
    assert traces_in(lake.parent, identifiers) == []


def test_a_second_run_makes_nothing_new(lake, run, place):
    tables = [log.parent for log in lake.glob("*/*/*/_delta_log")]
    before = {table: DeltaTable(table).version() for table in tables}
    assert run(run_chain, "--plan", "ww", "--deliveries", place) == 0
    assert {table: DeltaTable(table).version() for table in tables} == before


class Openings:
    """The files under a folder of published figures that this process opens."""

    def __init__(self):
        self.found, self.is_on = [], False
        sys.addaudithook(self.hear)

    def hear(self, event, arguments):
        if self.is_on and event == "open" and "conf/published" in str(arguments[0]):
            self.found.append(str(arguments[0]))


def test_results_are_the_same_once_nothing_published_is_left(
    lake, workplace, place, root, tmp_path
):
    """The registers are all that the chain learns from the published figures by."""
    assert lake.is_dir()
    bare = tmp_path / "project"
    for part in ("conf/base", "conf/mappings", "conf/experiments", "expectations"):
        shutil.copytree(root / part, bare / part)
    (bare / "conf" / "published").mkdir()
    shutil.copy(workplace / "key", tmp_path / "key")
    settings = write_settings(tmp_path)
    # The session is up, with its jars.
    settings.write_text(f"{settings.read_text()}jars: ''\n")
    openings = Openings()
    arguments = ["--plan", "ww", "--deliveries", str(place), "--root", str(bare)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RCTSPARK_CONF", str(settings))
        patch.chdir(root)
        openings.is_on = True
        assert run_job(run_chain, doc=run_chain.__doc__, argv=arguments) == 0
        openings.is_on = False
    assert openings.found == []
    first, again = (at / "out" / "released" / "ww" for at in (workplace, tmp_path))
    compared = {"published_vs_reproduced.csv", "findings_vs_found.csv"}
    contents = [(at / "contents.csv").read_text().splitlines() for at in (first, again)]
    names_of = {name.removesuffix(".csv") for name in compared}
    more = [line for line in contents[0] if line not in contents[1]]
    assert {line.split(",")[0] for line in more} == names_of
    names = {path.name for path in first.glob("*.csv")}
    assert compared <= names
    assert {path.name for path in again.glob("*.csv")} == names - compared
    for name in names - compared - {"contents.csv"}:
        assert (again / name).read_bytes() == (first / name).read_bytes(), name
    page = (tmp_path / "out" / "report" / "ww" / "index.html").read_text()
    assert "Published beside ours" not in page


def test_subgroups_are_the_effects_of_their_parts_and_their_tests_are_adjusted(lake):
    effects = read(lake, "experiments/ww/effects").set_index(
        ["population", "outcome", "horizon", "model"]
    )["estimate"]
    for sex in ("male", "female"):
        for outcome in ("exit", "exit_to_job"):
            alone = effects[sex, outcome, 12, "unadjusted"]
            part = effects[f"sex_known:sex={sex}", outcome, 12, "by_sex"]
            np.testing.assert_allclose(part, alone, atol=1e-10)
    tests = read(lake, "experiments/ww/tests")
    equality = tests[tests["family"] == "subgroup_differences"]
    assert set(equality["by"]) == {"sex", "age", "living_arrangement", "site"}
    assert len(equality) == 8
    assert (equality["family_size"] == 8).all()
    assert (equality["p_holm"] >= equality["p_value"]).all()


def test_resumed_work_makes_percentages_higher_and_effects_of_the_same_order(lake):
    effects = read(lake, "experiments/ww/effects")
    rows = effects[
        (effects["population"] == "all") & (effects["model"] == "unadjusted")
    ]
    by_key = rows.set_index(["outcome", "horizon"])
    names = ("exit_to_job", "partial_resumption_as_exit", "any_resumption_as_exit")
    for months in (6, 9, 12, 15):
        found = [by_key.loc[(name, months)] for name in names]
        means = [row["mean_against"] for row in found]
        assert means[0] < means[1] < means[2]
        for row in found[1:]:
            apart = abs(row["estimate"] - found[0]["estimate"])
            assert apart < 2 * found[0]["std_error"]


def test_a_failed_appointment_shows_where_no_interview_made_up_for_it(
    lake, run, workplace, place
):
    from monitor_trial import monitor_trial

    assert lake.is_dir()
    assert place.is_dir()
    assert run(monitor_trial, "--plan", "ww", "--as-known-on", "2014-03-31") == 0
    folder = workplace / "out" / "monitoring" / "ww" / "2014-03-31"
    page = (folder / "index.html").read_text()
    assert sum(_column(page, "Failed")) > 100


def _column(page, heading):
    """Numbers under a heading of the table of services, but of rounds not due."""
    (head,) = (h for h in page.split("<thead>") if f">{heading}<" in h)
    # Round and arm stand in the first piece of a row.
    place = re.findall('scope="col">([^<]+)<', head).index(heading) - 1
    rows = [row.split("<td>") for row in page.split("<tr ") if "Round of" in row]
    cells = [row[place] for row in rows if "nothing due" not in row[0]]
    return [int(cell.split("<")[0].replace(",", "")) for cell in cells]
