"""The page, its figures and its tables: complete, screened, the same each time."""

from __future__ import annotations

import io
import math
import re
from dataclasses import asdict, replace

import pandas as pd
import pytest

from rctspark.config import read_settings
from rctspark.errors import ContractError, StoreError
from rctspark.release.design import ArmCount, FunnelStep
from rctspark.release.figures import draw_by_horizon
from rctspark.release.flow import draw_flow
from rctspark.release.folder import replace_folder
from rctspark.release.found import Found, make_record
from rctspark.release.labels import Labels
from rctspark.release.page import write_report
from rctspark.release.record import Unobserved
from rctspark.release.record_screening import screen_record
from rctspark.release.tables import (
    effects_table_text,
    headline_effects,
    released_tables,
    write_released,
)
from rctspark.release.wording import analysed_words, findings, ratio_words
from release.sample_records import durations_of, effect, six_arms, two_arms

REFERENCE = re.compile(r"""(?:src|href|url\()\s*=?\s*["'(]?\s*(?:https?:)?//""")
NAMESPACE = re.compile(r'xmlns(:\w+)?="[^"]*"')


@pytest.fixture(scope="module")
def record(root):
    return few_outcomes(two_arms(root))


def few_outcomes(record):
    """The record with one panel outcome: drawing takes most of the time."""
    kept = tuple(e for e in record.effects if e.outcome not in {"working", "wage_eur"})
    return replace(record, effects=kept)


@pytest.fixture(scope="module")
def report(record, tmp_path_factory):
    return write_report(tmp_path_factory.mktemp("out") / "report", record).parent


@pytest.fixture(scope="module")
def page(report):
    return (report / "index.html").read_text("utf-8")


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.suffix in {".html", ".csv", ".svg"}
    }


def visible(html):
    """What a reader sees: no drawing, no tags, one blank between words."""
    bare = re.sub(r"<(svg|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())


def test_the_page_has_every_part(page):
    heads = re.findall(r"<h2[^>]*>\d\. ([^<]+)<", page)
    assert heads == [
        "What was asked and found",
        "Design",
        "Flow of persons",
        "Arms",
        "Effects",
        "Sensitivity",
        "Models and covariates",
        "How to read this",
        "Provenance",
    ]
    for fact in (
        "SYNTHETIC DATA",
        "as-known-2014-03-31",
        "0.1.0+abc1234",
        "20140401T120000-effects",
        "4,617",
        "Paid by another office",
        "14 March 2014",
        "p = 0.975",
    ):
        assert fact in page


def test_the_banner_stands_on_synthetic_data_only(page, tmp_path):
    assert "SYNTHETIC DATA" in page
    folder = write_report(tmp_path / "r", replace(six_record(), unobserved=())).parent
    for text in texts(folder).values():
        assert "synthetic data" not in text.lower()


def test_synthetic_tables_say_so(report):
    for path in report.rglob("*.csv"):
        assert set(pd.read_csv(path)["is_synthetic"]) == {"yes"}


def six_record():
    record = six_arms()
    effects = tuple(e for e in record.effects if e.outcome != "in_benefit")
    return replace(record, effects=effects)


def test_headlines_are_put_in_words_with_interval_p_and_n(record, page):
    (first,) = (
        e
        for e in record.effects
        if (e.outcome, e.horizon, e.model) == ("exit", 12, "adjusted")
    )
    size = f"{100 * first.estimate:.1f} percentage points higher"
    interval = f"{100 * first.ci_lower:+.1f} to {100 * first.ci_upper:+.1f}"
    words = visible(page).replace("\N{NO-BREAK SPACE}", " ")
    assert f"{size} (90% interval {interval}; p = {first.p_value:.3f}" in words
    assert "significant" not in words.lower()


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.004, 0.05, "The whole interval lies above zero."),
        (-0.05, -0.004, "The whole interval lies below zero."),
        (0.0002, 0.05, "The whole interval lies just above zero."),
        (-0.003, 0.05, "do not settle whether there is a difference"),
    ],
)
def test_words_follow_the_interval(record, low, high, words):
    own = effect(
        experiment=record.plan.name,
        arm="intensive",
        against="basic",
        plan_hash=record.plan_hash,
        ci_lower=low,
        ci_upper=high,
        estimate=(low + high) / 2,
    )
    release = screen_record(replace(record, effects=(own,), assignment=(), funnel=()))
    first, second, _ = findings(release, Labels(record.plan))
    assert words in first.effects[0]
    assert second.setting == "Not shown under the data owner's rules."


def test_nothing_is_fetched_from_anywhere(report):
    for name, text in texts(report).items():
        assert not REFERENCE.search(text), name
        assert "://" not in re.sub(r"sqlite:///[\w/.]*", "", NAMESPACE.sub("", text))


def test_every_link_leads_to_a_file_of_the_report_or_a_place_on_the_page(report, page):
    for target in re.findall(r'href="([^"]+)"', page):
        if target.startswith("#"):
            assert f'id="{target[1:]}"' in page
        elif not target.startswith(("../", "data:")):
            assert (report / target).is_file(), target


@pytest.mark.parametrize("of", ["two", "six"])
def test_the_contents_name_every_part_in_its_order(of, page, tmp_path):
    if of == "six":
        page = write_report(tmp_path / "out", six_record()).read_text()
    contents = page.split("<nav", 1)[1].split("</nav>")[0]
    assert re.findall(r'href="#([^"]+)"', contents) == re.findall(
        r'<h2 id="([^"]+)"', page
    )


def test_ids_on_the_page_are_unique(page):
    outside = re.sub(r"<svg\b.*?</svg>", "", page, flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]+)"', outside)
    assert len(ids) == len(set(ids))


def test_the_same_record_gives_the_same_bytes(record, report, tmp_path):
    again = write_report(tmp_path / "again", record).parent
    first, second = (
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in (report, again)
    )
    assert first == second


N_OF_ROW = {
    "estimate": ({"n_arm", "n_against"}, {"n_persons"}),
    "value": ({"n_at_risk"},),
}
"""Column of numbers to the columns of persons of which one set stands beside it."""
COUNTS = {"n_left", "persons", "n", "n_not_observed"}
RESULTS = ("Effect", "Estimate", "Net effect", "Control mean", "Mean", "SE")
"""Headings of columns that hold results, each of which needs an n in its row."""


def csvs_without_n(folder):
    """Name the files with a result without the persons behind it."""
    found = []
    for path in sorted(folder.rglob("*.csv")):
        table = pd.read_csv(path)
        assert {"data_version", "plan_hash"} <= set(table)
        beside = next((sets for of, sets in N_OF_ROW.items() if of in table), None)
        if beside is None:
            found += [] if COUNTS & set(table) else [path.name]
            continue
        told = [names for names in beside if names <= set(table)]
        counts = table[[*told[0]]] if told else None
        if counts is None or not (counts.notna() & (counts >= 10)).all().all():
            found.append(path.name)
    return found


def tables_without_n(page):
    """Name the tables of the page with a column of results and none of persons."""
    found = []
    for table in re.findall(r"<table.*?</table>", page, flags=re.DOTALL):
        heads = [
            visible(th) for th in re.findall(r'<th[^>]*"col".*?</th>', table, re.DOTALL)
        ]
        has_results = any(head.startswith(RESULTS) for head in heads)
        if has_results and not any(h == "n" or h.startswith("n ") for h in heads):
            found.append(visible(table)[:80])
    return found


def with_durations(record):
    """The record with tests, contrasts and hazards of a duration."""
    return replace(record, durations=(durations_of(record.plan),))


def test_every_released_number_has_its_n(record, report, tmp_path):
    assert csvs_without_n(report) == []
    few = tuple(e for e in record.effects if e.outcome == "exit")
    lasting = with_durations(replace(record, effects=few))
    folder = write_report(tmp_path / "lasting", lasting).parent
    assert csvs_without_n(folder) == []
    page = (folder / "index.html").read_text("utf-8")
    assert "Hazard ratio" in visible(page)
    assert tables_without_n(page) == []
    bare = re.sub(r'<th scope="col">n</th>', "", page)
    assert tables_without_n(bare), "a table of durations without n must be found"


def test_durations_say_their_clock_their_models_and_their_units(record, tmp_path):
    few = tuple(e for e in record.effects if e.outcome == "exit")
    lasting = with_durations(replace(record, effects=few))
    words = visible(write_report(tmp_path / "out", lasting).read_text("utf-8"))
    for told in (
        "Time runs in months from enrolment until the benefit ends",
        "a constant for months 1 to 3, 4 to 6, 7 to 9, 10 to 12, 13 to 15",
        "interviewed 1 month(s) after enrolment less the share if nobody ever were",
        (
            "Mean time in benefit (difference) Intensive services, of the first 15 months "
            "\N{MINUS SIGN}0.25 months"
        ),
        "mass points",
    ):
        assert told in words


def test_means_of_one_month_alone_are_no_panel_and_effects_keep_their_letters(record):
    own = [e for e in record.effects if e.outcome == "in_benefit"]
    plain = {m.name for m in record.plan.models if not m.covariates}
    last = max(e.horizon for e in own)
    months = {0: (), 1: (last,), 2: (last - 1, last)}
    for n, kept in months.items():
        few = [e for e in own if e.model not in plain or e.horizon in kept]
        figure = draw_by_horizon(
            "in_benefit", few, Labels(record.plan), is_synthetic=True
        )
        shown = figure.data[figure.data["model"].isin(plain)]
        assert shown["horizon"].nunique() == (n if n > 1 else 0)
        assert ("Panel A" in figure.caption) == (n > 1)
        assert "B. Effect" in figure.svg
        assert ("A. Mean by arm" in figure.svg) == (n > 1)


def test_the_page_says_whom_the_headlines_are_about_where_not_everyone(record):
    release = screen_record(record)
    labels = Labels(record.plan)
    assert analysed_words(release, labels) == ""
    heads = record.plan.headlines
    men = record.plan.model_copy(
        update={
            "headlines": tuple(
                h.model_copy(update={"population": "male"}) for h in heads
            )
        }
    )
    of_men = tuple(
        replace(e, population="male", n_arm=2400, n_against=2380)
        for e in release.effects
    )
    told = analysed_words(replace(release, plan=men, effects=of_men), labels)
    assert told == "; the headlines are about Men (n = 4,780)"


def test_the_sizes_of_arms_are_not_tested_beside_a_size_that_stays_inside(record):
    assert screen_record(record).sample_ratio_p == record.sample_ratio_p
    tiny = tuple(replace(e, n_arm=100, n_against=100) for e in record.effects)
    arms = {"basic": 9230, "intensive": 7}
    few = replace(
        record,
        effects=tiny,
        assignment=tuple(ArmCount(None, arm, arm, n) for arm, n in arms.items()),
    )
    found = screen_record(few)
    assert not all(arm.persons.isdigit() for arm in found.design.arms)
    assert math.isnan(found.sample_ratio_p)
    assert "stays inside" in ratio_words(found.sample_ratio_p)


def test_no_withheld_number_is_anywhere(record, tmp_path):
    """Marked numbers that the rules keep inside, looked for in all that is written."""
    arm = {"experiment": "ww", "arm": "intensive", "against": "basic"}
    own = effect(**arm, plan_hash=record.plan_hash)
    secret = replace(
        own,
        outcome="exit_to_job",
        estimate=0.0777123,
        std_error=0.0333456,
        ci_lower=0.0222789,
        ci_upper=0.1321457,
        p_value=0.0111987,
        mean_against=0.9985321,
    )
    steps = (
        FunnelStep(1, "Register", "", 0, 10431),
        FunnelStep(2, "Not abroad", "Abroad", 7, 10424),
        FunnelStep(3, "At the offices", "Elsewhere", 1187, 9237),
    )
    folder = write_report(
        tmp_path / "r",
        replace(
            record,
            effects=(own, secret, replace(secret, model="unadjusted", rank=2)),
            funnel=steps,
            unobserved=(Unobserved("exit", 12, 8), Unobserved("exit_to_job", 12, 8431)),
        ),
    ).parent
    digits = ("0777", "7.77", "7.8", "0333", "3.33", "0222", "1321", "0111", "99.8")
    for name, text in texts(folder).items():
        words = visible(text).replace(",", "")
        if not name.endswith(".svg"):
            assert not [d for d in (*digits, "9985", "8431") if d in words], name
    shown = pd.read_csv(folder / "tables/funnel.csv", dtype=str)
    assert shown["n_leaving"].tolist()[1] == "<10"
    assert "x" in {shown["n_left"][0], shown["n_leaving"][2]}
    missing = pd.read_csv(folder / "tables/not_observed.csv", dtype=str)
    assert missing["n_not_observed"].tolist() == ["<10", "x"]


def test_persons_not_observed_stand_where_the_n_of_every_arm_says_them(record):
    arm = {"experiment": "ww", "arm": "intensive", "against": "basic"}
    everyone = effect(**arm, plan_hash=record.plan_hash, n_arm=3235, n_against=3286)
    men = replace(everyone, population="male", n_arm=5)
    given = replace(
        record, effects=(everyone, men), unobserved=(Unobserved("exit", 12, 2716),)
    )
    assert [line.persons for line in screen_record(given).unobserved] == ["2716"]
    # Nobody's n says it where the arms that are shown add up to something else.
    fewer = replace(given, effects=(replace(everyone, n_arm=3234), men))
    assert [line.persons for line in screen_record(fewer).unobserved] == ["x"]


def test_an_outcome_of_which_nothing_may_be_shown_is_named(record, tmp_path):
    shown = effect(
        experiment="ww", arm="intensive", against="basic", plan_hash=record.plan_hash
    )
    few = replace(shown, outcome="exit_to_job", n_arm=5)
    given = replace(
        record,
        effects=(shown, few),
        plan=record.plan.model_copy(update={"headlines": ()}),
    )
    assert screen_record(given).outcomes_withheld == ("exit_to_job",)
    words = visible(write_report(tmp_path / "r", given).read_text())
    assert "Of these outcomes none is shown: Exit to a job." in words
    assert "The plan names no headlines" in words


def unobserved_in(root, record, effects, unobserved=()):
    """Who is not observed, in the record that is made of these effects."""
    found = Found(
        effects=[asdict(e) for e in effects],
        funnel=(),
        arms=[asdict(arm) for arm in record.assignment],
        unobserved=unobserved,
        deliveries=(),
    )
    return make_record(
        found,
        record.plan,
        read_settings(root),
        sample_ratio_p=None,
        data_version=record.data_version,
        run_id="run",
        code_version="0",
        standing=record.standing,
    ).unobserved


def test_a_horizon_at_which_nobody_is_observed_is_listed_with_everyone_enrolled(root):
    record = two_arms(root)
    seen = [e for e in record.effects if (e.outcome, e.horizon) != ("working", 9)]
    late = [{"outcome": "exit", "horizon": 15, "persons": 2716}]
    assert unobserved_in(root, record, seen, late) == (
        Unobserved("exit", 15, 2716),
        Unobserved("working", 9, 9237),
    )


def test_months_of_the_panel_known_of_some_are_listed_with_those_that_are_missing(root):
    record = two_arms(root)
    fewer = [
        replace(e, n_arm=3235, n_against=3286)
        if (e.outcome, e.horizon) == ("in_benefit", 15)
        else e
        for e in record.effects
    ]
    missing = Unobserved("in_benefit", 15, 9237 - 6521)
    assert unobserved_in(root, record, fewer) == (missing,)


def test_residual_degrees_of_freedom_and_total_n_stay_inside(record):
    table = released_tables(screen_record(record))["effects"]
    assert not {"n_total", "df"} & set(table)


def test_released_effects_are_those_estimated(record):
    release = screen_record(record)
    table = released_tables(release)["effects"]
    assert len(table) == len(release.effects)
    for row, e in zip(table.to_dict("records"), release.effects, strict=True):
        assert row["estimate"] == pytest.approx(e.estimate, abs=1e-3 * e.std_error)
        assert row["std_error"] == pytest.approx(e.std_error, rel=1e-3)
        assert (row["arm"], row["horizon"]) == (e.arm, e.horizon)


def test_six_arms_in_weeks(tmp_path):
    record = six_record()
    folder = write_report(tmp_path / "r", record).parent
    words = visible((folder / "index.html").read_text("utf-8"))
    assert "Exit, within 10 weeks" in words
    assert "Weeks since the start of the benefit".lower() in words.lower()
    assert "Log weeks, whole spell" in words
    for arm in range(1, 7):
        assert f"Arm {arm}: " in words
    data = pd.read_csv(folder / "figures/effects-log-weeks.csv")
    assert data["arm"].tolist() == [f"arm_{i}" for i in range(1, 7)]


def test_figures_of_a_panel_outcome_hold_means_and_effects_of_every_arm():
    record = six_arms()
    own = [e for e in record.effects if e.outcome == "in_benefit" and e.horizon < 9]
    figure = draw_by_horizon("in_benefit", own, Labels(record.plan), is_synthetic=True)
    assert figure.svg.startswith("<svg")
    assert figure.png.startswith(b"\x89PNG")
    assert "Where no point stands" in figure.caption
    assert "n = 1,285\N{EN DASH}2,428" in figure.caption
    assert len(figure.data) == len({(e.arm, e.horizon) for e in own})


def test_figures_of_made_up_data_say_so_without_their_page(record):
    release = screen_record(record)
    told = draw_flow(release)
    silent = draw_flow(replace(release, is_synthetic=False))
    assert "SYNTHETIC DATA" in told.svg
    assert "SYNTHETIC DATA" not in silent.svg
    assert told.png != silent.png


def test_labels_follow_the_language(record):
    tables = released_tables(screen_record(record), language="nl")
    assert "Uitstroom naar werk" in set(tables["effects"]["outcome_label"])
    assert "binnen 12 maanden" in set(tables["effects"]["horizon_label"])


def test_the_demo_ends_with_an_aligned_table(record):
    release = screen_record(record)
    lines = effects_table_text(release.effects, record.plan).splitlines()
    assert len(lines) == 2 + len(record.plan.headlines)
    assert lines[0].split()[0] == "Outcome"
    assert lines[2].startswith("Exit from benefit, within 12 months (pp)")
    assert lines[2].endswith("4,617")
    assert len({len(line) for line in lines}) == 1
    told = effects_table_text(release.effects, record.plan, is_synthetic=True)
    assert told.splitlines()[:-1] == lines
    assert told.splitlines()[-1].startswith("Synthetic data")


def test_a_headline_that_may_not_be_shown_says_so(record):
    kept = [e for e in record.effects if e.outcome != "exit_to_job"]
    text = effects_table_text(kept, record.plan)
    (line,) = (line for line in text.splitlines() if "Exit to a job" in line)
    assert line.endswith("not shown")


def test_a_plan_without_headlines_shows_each_outcome_at_its_last_horizon(record):
    plan = record.plan.model_copy(update={"headlines": ()})
    found = headline_effects(record.effects, plan)
    assert {(e.outcome, e.horizon) for e in found} >= {("exit", 15), ("in_benefit", 15)}
    assert {e.model for e in found} == {"adjusted"}


def test_no_effect_is_no_report(record, tmp_path):
    with pytest.raises(ContractError, match="no effect of ww to report"):
        write_report(tmp_path / "r", replace(record, effects=()))
    assert not (tmp_path / "r").exists()


def test_analyses_are_not_mixed(record):
    stranger = replace(record.effects[0], plan_hash="another", data_version="older")
    with pytest.raises(ContractError, match=r"another plan(.|\n)*another data version"):
        screen_record(replace(record, effects=(*record.effects, stranger)))


def test_a_new_release_replaces_the_old_one(record, tmp_path):
    tables = released_tables(screen_record(record))
    folder = tmp_path / "released" / "trial"
    first = write_released(folder, tables)
    assert [p.name for p in first] == [
        "arms.csv",
        "effects.csv",
        "funnel.csv",
        "not_observed.csv",
    ]
    write_released(folder, {"arms": tables["arms"]})
    assert sorted(p.name for p in folder.iterdir()) == ["arms.csv", "manifest.json"]
    assert [p.name for p in folder.parent.iterdir()] == ["trial"]
    read = pd.read_csv(io.BytesIO((folder / "arms.csv").read_bytes()))
    assert read["persons"].tolist() == [4617, 4620, 9237]


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    folder = tmp_path / "trial"
    folder.mkdir()
    (folder / "thesis.docx").write_text("mine")
    with pytest.raises(StoreError, match="no earlier release wrote"):
        replace_folder(folder, {"a.csv": b"1"})
    assert (folder / "thesis.docx").read_text() == "mine"


def test_what_a_killed_run_left_is_put_back_first(tmp_path):
    folder = tmp_path / "trial"
    replace_folder(folder, {"a.csv": b"1"})
    folder.rename(tmp_path / ".trial.old")
    with pytest.raises(TypeError):
        replace_folder(folder, {"a.csv": None})
    assert (folder / "a.csv").read_bytes() == b"1"
