"""Two data versions side by side: verdicts, and what changed without small counts."""

import datetime as dt
from dataclasses import replace

import pytest

from rctspark.contracts.comparison import Move, OutcomeChange, ValueChange
from rctspark.contracts.duration_tables import DurationEstimate
from rctspark.release.changes import changes_table, moves_table, persons_table
from rctspark.release.comparison import figures_table, write_comparison
from rctspark.release.duration_changes import duration_lines, durations_table
from rctspark.release.durations import DurationResults
from rctspark.release.record import DeliveryLine
from rctspark.release.record_screening import screen_record
from rctspark.release.verdicts import (
    FOUND,
    LOST,
    MOVED,
    ONLY_FROM,
    ONLY_TO,
    SAME,
    SIGN,
)
from release.sample_records import two_arms

CHANGE = ValueChange(
    outcome="working",
    horizon=3,
    arm="basic",
    persons=400,
    changed=40,
    appeared=0,
    gone=0,
    total=800.0,
    largest=50.0,
    second=45.0,
    absolute=900.0,
)


OVERALL = OutcomeChange(
    outcome="working",
    persons=800,
    changed=57,
    appeared=0,
    gone=0,
    values=12_004,
    values_changed=123,
)


@pytest.fixture(scope="module")
def record(root):
    return two_arms(root)


def versions(record, change):
    """Two releases: the record's, and one on a later version with changed effects."""
    effects = tuple(
        replace(e, data_version="later") for e in change(list(record.effects))
    )
    line = DeliveryLine("payroll", "2013", "V2", dt.date(2014, 9, 1))
    later = replace(
        record,
        effects=effects,
        data_version="later",
        deliveries=(*record.deliveries, line),
    )
    return screen_record(record), screen_record(later)


def verdicts(record, change):
    table = figures_table(*versions(record, change))
    return table["verdict"].tolist(), table


def set_first(**changes):
    def change(effects):
        return [replace(effects[0], **changes), *effects[1:]]

    return change


def with_first(record, **changes):
    return replace(record, effects=tuple(set_first(**changes)(list(record.effects))))


FIRM = {"estimate": 0.05, "ci_lower": 0.03, "ci_upper": 0.07, "p_value": 0.001}
LOOSE = {"estimate": 0.01, "ci_lower": -0.01, "ci_upper": 0.03, "p_value": 0.4}
OTHERWISE = {"estimate": -0.01, "ci_lower": -0.03, "ci_upper": 0.01, "p_value": 0.4}
AGAINST = {"estimate": -0.05, "ci_lower": -0.07, "ci_upper": -0.03, "p_value": 0.001}


def test_figures_that_stay_are_the_same(record):
    found, table = verdicts(record, list)
    assert set(found) == {SAME}
    assert (table["change"] == 0).all()


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        (FIRM, LOOSE, LOST),
        (LOOSE, FIRM, FOUND),
        (FIRM, AGAINST, SIGN),
        (LOOSE, AGAINST, SIGN),
        (LOOSE, OTHERWISE, MOVED),
    ],
)
def test_a_changed_conclusion_is_named_and_another_sign_around_zero_is_none(
    record, was, now, verdict
):
    found, table = verdicts(with_first(record, **was), set_first(**now))
    assert found[0] == verdict
    assert set(found[1:]) == {SAME}
    assert table["change"][0] == pytest.approx(now["estimate"] - was["estimate"])


def test_a_figure_of_one_version_alone_is_kept_and_said_so(record):
    found, _ = verdicts(record, lambda effects: effects[1:])
    assert found.count(ONLY_FROM) == 1
    table = figures_table(*reversed(versions(record, lambda effects: effects[1:])))
    assert (table["verdict"] == ONLY_TO).sum() == 1


def changed(plan, thresholds, **changes):
    (row,) = changes_table([replace(CHANGE, **changes)], plan, thresholds).to_dict(
        "records"
    )
    return row["changed"], row["sum_of_change"], row["mean_change"]


def test_enough_persons_show_how_many_changed_and_by_how_much(record):
    assert changed(record.plan, record.thresholds) == ("40", "800", "20")


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"changed": 9}, ("<10", "x", "x")),
        ({"changed": 391}, ("x", "x", "x")),
        ({"persons": 9, "changed": 9}, ("x", "x", "x")),
        ({"largest": 500.0}, ("40", "x", "x")),
        ({"largest": 430.0, "second": 430.0}, ("40", "x", "x")),
        ({"changed": 0, "total": 0.0, "absolute": 0.0}, ("0", "0", "0")),
    ],
)
def test_what_would_tell_of_few_persons_is_hidden(record, changes, shown):
    assert changed(record.plan, record.thresholds, **changes) == shown


def overall(record, cells, **changes):
    changed = [replace(CHANGE, changed=n, horizon=k) for k, n in enumerate(cells)]
    (row,) = persons_table(
        [replace(OVERALL, **changes)], changed, record.plan, record.thresholds
    ).to_dict("records")
    return row["changed"], row["values"], row["values_changed"]


def test_persons_of_whom_any_value_changed_are_counted_to_tens(record):
    assert overall(record, [40, 61, 22]) == ("60", "12000", "120")


@pytest.mark.parametrize(
    ("cells", "changes", "shown"),
    [
        ([9, 3, 0, 4], {"changed": 14, "values_changed": 16}, ("10", "12000", "20")),
        # The sum would tell of the one cell that is hidden.
        ([40, 9], {"changed": 49}, ("x", "12000", "x")),
        ([5, 4], {"changed": 9, "values_changed": 9}, ("x", "12000", "x")),
        ([0, 0], {"changed": 0, "values_changed": 0}, ("0", "12000", "0")),
        ([40, 60], {"changed": 795}, ("x", "12000", "x")),
    ],
)
def test_a_sum_is_shown_where_it_tells_of_no_hidden_cell(record, cells, changes, shown):
    assert overall(record, cells, **changes) == shown


def test_moves_between_arms_hide_all_where_one_is_small():
    stay, go = Move("a", "a", 300), Move("a", "b", 4)
    hidden = moves_table([stay, go], minimum_persons=10)["persons"]
    assert set(hidden) == {"x"}
    assert moves_table([stay], minimum_persons=10)["persons"].tolist() == ["300"]


def test_the_page_stands_alone_and_names_both_versions(record, tmp_path):
    before, after = versions(with_first(record, **FIRM), set_first(**LOOSE))
    page = write_comparison(
        tmp_path / "out",
        before,
        after,
        changes=[CHANGE],
        overall=[OVERALL],
        moves=[Move("a", "a", 300)],
    )
    text = page.read_text()
    assert before.data_version in text
    assert "later" in text
    assert LOST in text
    assert "1 September 2014" in text
    assert "http" not in text
    names = sorted(p.name for p in (page.parent / "tables").iterdir())
    assert names == [
        *("changes.csv", "durations.csv", "figures.csv", "moves.csv", "persons.csv")
    ]


def log_rank(p_value):
    return DurationEstimate(
        method="log_rank",
        model="",
        cause="any",
        term="arms",
        p_value=p_value,
        n_persons=9237,
        n_exits=6256,
        statistic=5.0,
        df=1,
    )


def hazard_ratio(estimate, **facts):
    given = {"method": "cox", "model": "cox_any", "cause": "any", "n_exits": 6256}
    return DurationEstimate(
        **given | facts,
        term="arm=intensive",
        estimate=estimate,
        std_error=0.02,
        ci_lower=estimate - 0.03,
        ci_upper=estimate + 0.03,
        level=0.9,
        p_value=0.01,
        n_persons=9237,
    )


def with_durations(record, *estimates):
    found = DurationResults("benefit_months", (), estimates)
    return replace(record, durations=(found,))


def test_a_test_without_an_estimate_is_judged_by_its_p_value(record):
    releases = [screen_record(with_durations(record, log_rank(p))) for p in (0.03, 0.3)]
    (row,) = durations_table(*releases).to_dict("records")
    assert row["verdict"] == LOST
    assert (row["p_value_from"], row["p_value_to"]) == (0.03, 0.3)
    (same,) = durations_table(releases[0], releases[0])["verdict"]
    assert same == SAME


def test_an_effect_on_a_hazard_that_turns_is_named_and_printed_as_a_ratio(record):
    releases = [
        screen_record(with_durations(record, hazard_ratio(b))) for b in (0.1, -0.1)
    ]
    table = durations_table(*releases)
    assert table["verdict"].tolist() == [SIGN]
    assert table["change"].tolist() == [pytest.approx(-0.2)]
    (line,) = duration_lines(*releases, table)
    assert line.duration == "Months from enrolment to the end of the benefit"
    assert (line.before, line.after) == (
        "1.11 (1.07 to 1.14; p 0.010)",
        "0.90 (0.88 to 0.93; p 0.010)",
    )


def test_an_estimate_that_may_leave_in_one_version_alone_is_said_so(record):
    enough = with_durations(record, log_rank(0.03), hazard_ratio(0.1))
    few = with_durations(record, log_rank(0.03), hazard_ratio(0.1, n_exits=9))
    table = durations_table(screen_record(enough), screen_record(few))
    verdicts = dict(zip(table["method"], table["verdict"], strict=True))
    assert verdicts == {"cox": ONLY_FROM, "log_rank": SAME}
    lines = duration_lines(screen_record(enough), screen_record(few), table)
    assert [line.after for line in lines if line.verdict == ONLY_FROM] == [
        "\N{EN DASH}"
    ]
