"""The whole chain on the registers of the twin of four arms, from files to report.

What the report printed is compared as the chain itself compares it; the list of
applicants is drawn from again, and payroll is read as it was known on two days.
"""

import csv
import json

import pytest
from deltalake import DeltaTable

import draw_arms
import make_twin
from compare_versions import compare_versions
from run_chain import run_chain

pytestmark = pytest.mark.long

# Of section 4.1: printed 11.6, found 11.65.
NOT_EXPLAINED = (
    "section_4_1_effects_month_16",
    "arrangement_3 | wl | hours_gt_12_per_week",
    "effect_pp",
)
MOST_UNLIKE = 7
# Which arm of a stratum gets one more is drawn: this seed, found by trying, deals the
# published sizes in both municipalities. Others give the same sizes in another order.
SEED = 212
PROVISIONAL, DEFINITIVE = "2020-01-31", "2020-12-31"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("www") / "deliveries"
    arguments = ["--experiment", "www", "--folder", str(folder)]
    assert make_twin.main(arguments) == 0
    return folder


@pytest.fixture(scope="module")
def out(run, workplace, place):
    assert run(run_chain, "--plan", "www", "--deliveries", place) == 0
    return workplace / "out"


def rows(out, name):
    path = out / "released" / "www" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_was_printed_comes_back_or_its_arithmetic_stands_beside_it(out):
    compared = rows(out, "published_vs_reproduced")
    unlike = [row for row in compared if row["agrees"] == "no"]
    assert len(compared) >= 445
    assert len(unlike) <= MOST_UNLIKE
    silent = [
        (row["table"], row["row"], row["column"])
        for row in unlike
        if row["reason"] == "not explained"
    ]
    assert set(silent) <= {NOT_EXPLAINED}


def test_the_four_alphas_are_among_what_comes_back(out):
    found = {
        row["row"].split(" | ")[0]: row["reproduced"]
        for row in rows(out, "published_vs_reproduced")
        if row["table"] == "questionnaire_reliability"
    }
    assert list(found.values()) == ["0.84", "0.80", "0.76", "0.86"]


def test_what_the_report_says_in_words_holds(out):
    found = rows(out, "findings_vs_found")
    estimated = [row for row in found if row["agrees"]]
    assert len(estimated) >= 22
    assert {row["agrees"] for row in estimated} == {"yes"}


def test_whoever_answered_a_wave_was_asked_to(out):
    response = {row["group"]: row for row in rows(out, "questionnaire_response")}
    for month in (8, 16):
        of_all, of_asked = (
            float(response[f"month_{month}_of_{whom}"]["all"])
            for whom in ("all", "approached")
        )
        assert 0 < of_all < of_asked < 100
    aside = DeltaTable(out / "lake" / "experiments" / "www" / "rejected_rows")
    assert not any("withdrawal" in r for r in aside.to_pandas()["reason"])


def test_the_list_of_applicants_draws_arms_of_the_published_sizes(
    out, place, root, workplace, monkeypatch, capsys
):
    assert out.is_dir()
    (path,) = (place / "aanmeldingen").glob("SYNTHETIC*.csv")
    monkeypatch.setenv("RCTSPARK_CONF", str(workplace / "settings.yaml"))
    given = ["--plan", "www", "--root", str(root), "--applicants", str(path)]
    assert draw_arms.main([*given, "--seed", str(SEED)]) == 0
    (folder,) = (out / "draws" / "www").iterdir()
    sizes = json.loads((folder / "record.json").read_text())["sizes"]
    assert sizes == {
        "utrecht": {"control": 188, "zia": 189, "hia": 188, "wl": 187},
        "zeist": {"control": 17, "wl": 18},
    }
    with (folder / "balance.csv").open(encoding="utf-8") as file:
        shown = {row["characteristic"] for row in csv.DictReader(file)}
    assert {"GESLACHT", "LEEFTIJD", "OPLEIDING", "HERKOMST"} <= shown
    capsys.readouterr()
    record = folder / "record.json"
    assert draw_arms.main([*given, "--verify", str(record)]) == 0
    assert "787 persons come into the same arms" in capsys.readouterr().out


def test_provisional_and_definitive_payroll_are_compared_on_a_page(out, run):
    days = (PROVISIONAL, DEFINITIVE)
    assert run(compare_versions, "--plan", "www", "--compare", *days) == 0
    (folder,) = (out / "comparison" / "www").iterdir()
    before, after = folder.name.split("--")
    assert PROVISIONAL in before
    assert DEFINITIVE in after
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in page or "synthetic" in page
    tables = {path.stem for path in (folder / "tables").glob("*.csv")}
    assert tables
