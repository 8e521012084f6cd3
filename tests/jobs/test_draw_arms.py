"""The draw as a job: sizes, records that anybody can repeat, and what is refused."""

import csv
import json
import shutil

import pytest

import draw_arms
from rctspark.errors import DeliveryError, PlanError

PLAN = """
name: toy
title: A draw
registers: {root: toy, mappings: [toy], as_known_on: 2020-03-01}
window: {first: 0, last: 1}
follow_up_until: 2019-12-31
population: {origin: enrolment, benefits: [PW]}
arms: {control: control, treatments: [zia, hia, wl]}
assignment: {rule: list, analyse: recorded}
draw:
  drawn_on: 2018-05-04
  identifier: [ID]
  site: SITE
  late: LATE
  sites:
    utrecht:
      strata: [LIVING, DISTANCE]
      ratio: {control: 1, zia: 1, hia: 1, wl: 1}
      misfits: strata
      late: late
    zeist:
      ratio: {control: 1, wl: 1}
outcomes: [{name: wage, kind: panel, value: double(wage_eur)}]
models: [{name: plain}]
analyses: [{population: all}]
"""
# Table 4 of the evaluation: persons by stratum, and four who came late.
STRATA = {
    ("single", "1"): 161,
    ("single", "2"): 24,
    ("single", "3"): 197,
    ("single", "4"): 223,
    ("cohabiting", "1"): 30,
    ("cohabiting", "2"): 2,
    ("cohabiting", "3"): 45,
    ("cohabiting", "4"): 66,
}
SEED = 6


@pytest.fixture
def place(tmp_path, root):
    shutil.copytree(root / "conf" / "base", tmp_path / "conf" / "base")
    (tmp_path / "conf" / "experiments").mkdir()
    (tmp_path / "conf" / "experiments" / "toy.yaml").write_text(PLAN)
    return tmp_path


def applicants():
    rows = [
        ("utrecht", living, distance, "N")
        for (living, distance), n in STRATA.items()
        for _ in range(n)
    ]
    rows += [("utrecht", "", "", "J")] * 4 + [("zeist", "", "", "N")] * 35
    return [(f"{i:09d}", *row) for i, row in enumerate(rows)]


def run(place, rows, *arguments, header="ID;SITE;LIVING;DISTANCE;LATE"):
    path = place / "list.csv"
    path.write_text("\n".join([header, *(";".join(row) for row in rows)]) + "\n")
    given = ["--plan", "toy", "--root", str(place), "--applicants", str(path)]
    return draw_arms.main([*given, *map(str, arguments)])


def kept(place):
    return sorted((place / "out" / "draws" / "toy").glob("*"))


def arms(folder):
    with (folder / "arms.csv").open() as file:
        return {r["ID"]: r for r in csv.DictReader(file, delimiter=";")}


def test_the_published_sizes_come_out_and_arms_are_balanced_in_every_stratum(place):
    assert run(place, applicants(), "--seed", SEED) == 0
    (folder,) = kept(place)
    record = json.loads((folder / "record.json").read_text())
    assert record["sizes"]["utrecht"] == {
        "control": 188,
        "hia": 188,
        "wl": 187,
        "zia": 189,
    }
    assert sorted(record["sizes"]["zeist"].values()) == [17, 18]
    assert set(record["sizes"]["zeist"]) == {"control", "wl"}
    with (folder / "balance.csv").open() as file:
        rows = list(csv.DictReader(file))
    apart = {
        (r["site"], r["characteristic"], r["category"]): int(r["apart"]) for r in rows
    }
    strata = [k for k in apart if k[:2] == ("utrecht", "stratum")]
    assert len(strata) == 9
    assert max(apart[k] for k in strata) <= 1
    # Four came late: one to each arm.
    assert apart["utrecht", "stratum", "late"] == 0


def test_balanced_misfits_leave_arms_level_over_all_and_in_every_margin(place):
    path = place / "conf" / "experiments" / "toy.yaml"
    path.write_text(PLAN.replace("misfits: strata", "misfits: balanced"))
    assert run(place, applicants(), "--seed", SEED) == 0
    (folder,) = kept(place)
    sizes = json.loads((folder / "record.json").read_text())["sizes"]["utrecht"]
    assert set(sizes.values()) == {188}
    with (folder / "balance.csv").open() as file:
        rows = [
            r
            for r in csv.DictReader(file)
            if r["characteristic"] in {"LIVING", "DISTANCE"}
        ]
    assert max(int(r["apart"]) for r in rows if r["category"] != "(empty)") <= 1


def test_whoever_has_list_and_record_can_repeat_the_draw(place):
    rows = applicants()
    assert run(place, rows, "--seed", 7) == 0
    (folder,) = kept(place)
    shuffled = [*reversed(rows)]
    assert run(place, shuffled, "--verify", folder / "record.json") == 0
    changed = [("999999999", *rows[0][1:]), *rows[1:]]
    code = run(place, changed, "--verify", folder / "record.json")
    assert code == PlanError.exit_code


def test_a_record_that_was_tampered_with_does_not_repeat(place, capsys):
    assert run(place, applicants(), "--seed", 7) == 0
    (folder,) = kept(place)
    record = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps(record | {"seed": 8}))
    code = run(place, applicants(), "--verify", folder / "record.json")
    assert code == PlanError.exit_code
    assert "the arms come out differently" in capsys.readouterr().err


def test_a_list_is_drawn_from_once_unless_told_why(place, capsys):
    assert run(place, applicants(), "--seed", 7) == 0
    assert run(place, applicants(), "--seed", 8) == PlanError.exit_code
    assert "drawn from before, 1 time(s)" in capsys.readouterr().err
    # The order of the rows makes no other list.
    assert run(place, [*reversed(applicants())], "--seed", 8) == PlanError.exit_code
    assert run(place, applicants(), "--seed", 8, "--again", "the seed was known") == 0
    first, second = kept(place)
    assert arms(first) != arms(second)
    assert json.loads((second / "record.json").read_text())["number"] == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            ("000000000", "utrecht", "single", "2", "N"),
            "1 person(s) are in more than one",
        ),
        (("000000000", "utrecht", "single", "1", "N"), "stands on it already"),
        (("900000000", "utrecht", "single", "", "N"), "1 row(s) are in no stratum"),
        (("900000000", "houten", "single", "1", "N"), "no draw"),
        (("", "utrecht", "single", "1", "N"), "the identifier is empty"),
    ],
)
def test_a_list_with_faults_is_not_drawn_from_and_nobody_is_named(
    place, capsys, row, words
):
    code = run(place, [*applicants(), row], "--seed", 7)
    assert code == DeliveryError.exit_code
    said = capsys.readouterr().err
    assert words in said
    assert "900000000" not in said
    assert not kept(place)


def test_a_list_without_its_columns_and_a_plan_with_other_arms_are_refused(
    place, capsys
):
    assert run(place, [("1",)], "--seed", 7, header="ID") == DeliveryError.exit_code
    said = capsys.readouterr().err
    assert all(f"column {c} is missing" in said for c in ("SITE", "LIVING", "LATE"))
    path = place / "conf" / "experiments" / "toy.yaml"
    path.write_text(PLAN.replace("{control: 1, wl: 1}", "{control: 1, other: 1}"))
    assert run(place, applicants(), "--seed", 7) == PlanError.exit_code
    assert "no arm is called other" in capsys.readouterr().err
