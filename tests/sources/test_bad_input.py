"""Deliveries that are wrong in ways that registers are: told, counted, never silent."""

from __future__ import annotations

import datetime as dt
import hmac
import json
import re
from collections import Counter

import pytest

from conftest import named
from rctspark.config.mapping import read_mapping
from rctspark.config.plan import (
    ContactCountOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    JobQualityOutcome,
    TimeShareOutcome,
)
from rctspark.contracts import (
    ANSWERS,
    ASSIGNMENT_LISTS,
    BENEFIT_SPELLS,
    CONTACTS,
    PAYROLL,
)
from rctspark.contracts.silence import HeldMonths
from rctspark.errors import DeliveryError
from rctspark.panel import assemble_person_outcome
from rctspark.periods import Coverage, Days
from rctspark.sources.accounted import count_rows, keep_conformed, keep_rejected
from rctspark.sources.aside import (
    EARLY,
    LATE_ANSWERS,
    OTHER_ANSWERS,
    OTHER_ARM,
    OVERRULED,
    STRANGER,
    keep_before_benefit,
    keep_late_answers,
    keep_other_answers,
    keep_other_arms,
    keep_overruled,
    keep_strangers,
)
from rctspark.sources.delivered import find_deliveries
from rctspark.sources.early import keep_since_benefit
from rctspark.sources.months import count_months
from rctspark.sources.repeated import CONFLICT
from rctspark.sources.settle import (
    flag_overruled,
    keep_newest,
    keep_standing,
)
from rctspark.sources.withdrawn import keep_until_withdrawal
from sources.conftest import KEY
from toy.experiment import bsns

ANN, BOB, COR = bsns(3)
LOST_ZEROS = "12348"  # 000012348 passes the 11-test
LIST = "SYNTHETIC_office_lists_2012-07_V1_delivered_20120801.csv"
SPELLS = "SYNTHETIC ww_spells V1 until 2014-01-31 delivered 2014-02-14.csv"
SPELL_HEADER = (
    "BSN;UITKERING;VESTIGING;AANVANGSDATUM;EINDDATUM;BESTEMMING;IND_WIA35MIN;"
    "NETWERKTRAINING_VANAF;ESF_TRAJECT_VANAF;STARTPERIODE_VANAF;IND_ONTSLAG_MSD;"
    "DEELHERVATTING_VANAF"
)


@pytest.fixture
def mapping(root):
    def read(name):
        return read_mapping(root / "conf" / "mappings" / f"{name}.yaml")

    return read


def reasons(staged, register):
    rows = keep_rejected(staged, register=register).collect()
    return {r["reason"]: r["n_rows"] for r in rows}, rows


def test_a_delivery_without_the_office_lists_is_refused_by_its_folder(
    tmp_path, mapping
):
    (tmp_path / "ww_spells").mkdir()
    (tmp_path / "ww_spells" / SPELLS).write_text(f"{SPELL_HEADER}\n")
    wanted = [mapping("uwv_ww_spells"), mapping("uwv_office_lists")]
    with pytest.raises(DeliveryError) as told:
        find_deliveries(tmp_path, wanted)
    words = str(told.value)
    assert "1 fault(s)" in words
    assert "office_lists/ holds no file for uwv_office_lists" in words
    assert "docs/registers.md" in words


def test_two_arms_for_one_person_set_both_entries_aside_with_their_count(
    conform_file, mapping
):
    lines = [
        "BSN;LIJSTDATUM;VESTIGING;WEEK_WW;ARM",
        f"{ANN};2012-07-02;UTN;10;B",
        f"{ANN};2012-07-02;UTN;10;I",
        f"{BOB};2012-07-02;UTN;10;I",
    ]
    staged, read = conform_file("\n".join(lines), mapping("uwv_office_lists"), LIST)
    counted = count_rows(staged).collect()[0]
    assert (read, counted["rows_kept"], counted["rows_rejected"]) == (3, 1, 2)
    found, rows = reasons(staged, "assignment_lists")
    assert found == {CONFLICT: 1}
    assert sum(r["n_rows"] for r in rows) == 2
    assert not any(ANN in r["cells"] for r in rows)
    arms = {json.loads(r["cells"])["arm_recorded"] for r in rows}
    assert arms == {"basic", "intensive"}
    assert {r["person_id"] for r in rows} == {pseudonym(ANN, KEY)}


def test_one_who_may_hold_file_and_key_finds_a_row_set_aside_as_the_page_says(
    conform_file, mapping, root, tmp_path, monkeypatch, capsys
):
    lines = [
        SPELL_HEADER,
        f"{BOB};WW;UTN;20120801;20120801;WD;N;;;;N;",
        f"{LOST_ZEROS};WW;UTN;20120801;20120731;WD;N;;;;N;",
    ]
    staged, _ = conform_file("\n".join(lines), mapping("uwv_ww_spells"), SPELLS)
    (row,) = keep_rejected(staged, register="benefit_spells").collect()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_bytes(KEY + b"\n")
    (tmp_path / "ww_spells" / SPELLS).rename(tmp_path / "spells.csv")
    (page,) = re.findall(
        r"```\n(import csv.*?)```", (root / "docs" / "operation.md").read_text(), re.S
    )
    exec(page, {"person_id": row["person_id"]})  # noqa: S102 (our own page)
    assert capsys.readouterr().out == "line 3\n"


def pseudonym(bsn, key):
    digest = hmac.digest(key, f"bsn:{bsn}".encode(), "sha256")
    return int.from_bytes(digest[:8], "big") >> 1


def test_an_exit_before_its_start_is_set_aside_and_the_job_goes_on(
    conform_file, mapping
):
    lines = [
        SPELL_HEADER,
        f"{ANN};WW;UTN;20120801;20120731;WD;N;;;;N;",
        f"{BOB};WW;UTN;20120801;20120801;WD;N;;;;N;",
    ]
    staged, _ = conform_file("\n".join(lines), mapping("uwv_ww_spells"), SPELLS)
    assert keep_conformed(staged, table=BENEFIT_SPELLS).count() == 1
    found, _ = reasons(staged, "benefit_spells")
    assert found == {"this does not hold: a spell ends on or after it starts": 1}


def test_of_spells_that_overlap_one_is_set_aside_with_the_reason(draw, spark):
    spells = draw("""
        benefit_spells
        delivery_id | person_id | benefit | start_date | end_date
        d1          | ann       | WW      | 2012-08-01 | 2012-12-31
        d1          | ann       | WW      | 2012-10-01 | 2013-03-31
        d1          | bob       | WW      | 2012-08-01 | 2012-12-31
    """)
    deliveries = spark.createDataFrame(
        [("d1", dt.date(2014, 2, 14), "all", "V1")],
        "delivery_id string, delivered_on date, period string, version string",
    )
    flagged = flag_overruled(spells, deliveries).cache()
    (row,) = keep_overruled(flagged).collect()
    assert (row["delivery_id"], row["register"]) == ("d1", "benefit_spells")
    assert (row["reason"], row["n_rows"]) == (OVERRULED, 1)
    assert keep_standing(flagged).count() == 2


def test_contacts_before_the_benefit_are_set_aside_by_delivery_and_count(draw):
    contacts = draw("""
        contacts
        delivery_id | person_id | contact_id | contact_date | kind | status
        agenda      | ann       | c1         | 2012-07-31   | talk | held
        agenda      | ann       | c2         | 2012-08-01   | talk | held
        services    | bob       | c3         | 2012-01-01   | test | held
        services    | bob       | c4         | 2012-01-01   | test | held
        agenda      | cor       | c5         | 2012-01-01   | talk | held
        agenda      | dan       | c6         | 2012-01-01   | talk | held
    """)
    population = draw("""
        population
        person_id | is_enrolled | benefit_start_date
        ann       | true        | 2012-08-01
        bob       | true        | 2012-08-01
        cor       | true        | -
    """)
    aside = keep_before_benefit(contacts, population).collect()
    assert {(r["delivery_id"], r["n_rows"]) for r in aside} == {
        ("agenda", 1),
        ("services", 2),
    }
    assert {(r["register"], r["reason"]) for r in aside} == {("contacts", EARLY)}
    assert not any(str(named("ann")) in r["cells"] for r in aside)
    kept = keep_since_benefit(contacts, population).collect()
    assert sorted(r["contact_id"] for r in kept) == sorted(
        r["contact_id"]
        for r in contacts.collect()
        if r["contact_id"] in {named("c2"), named("c5"), "c2", "c5"}
    )


def test_what_a_payroll_that_ends_early_can_not_tell_is_null_and_never_zero(draw):
    population = draw("""
        population
        person_id | is_enrolled | benefit_start_date | enrolment_date | observed_until
        ann       | true        | 2012-08-01         | 2012-10-31     | 2014-01-31
    """)
    spells = draw("""
        benefit_spells
        person_id | benefit | start_date | end_date   | exit_destination
        ann       | WW      | 2012-08-01 | 2013-03-31 | work
    """)
    payroll = draw("""
        payroll
        person_id | source  | job_id | start_date | end_date   | job_start_date
        ann       | payroll | j1     | 2013-04-02 | 2013-06-30 | 2013-04-02
    """)
    everything = Coverage.of([Days(dt.date(2010, 1, 1), dt.date(2014, 1, 31))])
    shorter = Coverage.of([Days(dt.date(2010, 1, 1), dt.date(2013, 6, 30))])
    outcomes = (
        ExitOutcome(name="exit", kind="exit", within=(9, 12)),
        ExitToJobOutcome(name="to_job", kind="exit_to_job", within=(9, 12)),
        TimeShareOutcome(name="benefit", kind="time_share", state="benefit"),
        TimeShareOutcome(name="job", kind="time_share", state="job"),
        JobQualityOutcome(name="jobs", kind="job_quality", measure="number_of_jobs"),
        ContactCountOutcome(name="talks", kind="contact_count", kinds=("talk",)),
    )

    def measure(**covered):
        known = {
            t.name: everything for t in (BENEFIT_SPELLS, PAYROLL, CONTACTS)
        } | covered
        rows = assemble_person_outcome(
            population,
            spells=spells,
            payroll=payroll,
            contacts=draw(
                "contacts\nperson_id | contact_id | contact_date | kind | status"
            ),
            outcomes=outcomes,
            revival_days=28,
            benefits=("WW",),
            earnings_sources=("payroll",),
            coverage=known,
        ).collect()
        return {(r["outcome"], r["horizon"]): r["value"] for r in rows}

    whole = measure()
    assert whole["to_job", 9] == whole["to_job", 12] == 1.0
    assert whole["jobs", 0] == 1.0
    assert None not in whole.values()
    cut = measure(payroll=shorter)
    assert cut["exit", 12] == whole["exit", 12]
    assert cut["benefit", 0] == whole["benefit", 0]
    assert cut["to_job", 9] == 1.0
    unknown = {key for key, value in cut.items() if value is None}
    assert unknown == {("to_job", 12), ("job", 0), ("jobs", 0)}
    silent = measure(contacts=shorter)
    assert {k for k, v in silent.items() if v is None} == {("talks", 0)}
    without = measure(benefit_spells=shorter)
    assert without["exit", 12] is None
    assert without["exit", 9] == 1.0


DELIVERIES_OF_TWO = """
    deliveries
    delivery_id | delivered_on | period | version
    d1          | 2018-09-01   | 2018   | V1
    d2          | 2019-09-01   | 2019   | V1
"""


def aside(rows):
    found = Counter()
    for r in rows.collect():
        found[r["delivery_id"], r["reason"]] += r["n_rows"]
    return found


def test_a_later_list_with_another_arm_sets_the_older_entry_aside(draw):
    lists = draw("""
        assignment_lists
        delivery_id | person_id | listed_on  | arm_recorded | stratum
        d1          | ann       | 2018-05-04 | usual        | low
        d2          | ann       | 2018-05-04 | more         | low
        d1          | bob       | 2018-05-04 | more         | low
        d2          | bob       | 2018-05-04 | more         | high
        d1          | cor       | 2018-05-04 | more         | -
        d2          | cor       | 2018-05-11 | more         | -
        d1          | dot       | 2018-05-04 | usual        | low
    """)
    deliveries = draw(DELIVERIES_OF_TWO)
    found = keep_other_arms(lists, deliveries)
    assert aside(found) == {("d1", OTHER_ARM): 2}
    newest = keep_newest(lists, deliveries, of=ASSIGNMENT_LISTS).collect()
    arms = {r["person_id"]: (r["arm_recorded"], r["stratum"]) for r in newest}
    assert arms[named("ann")] == ("more", "low")
    assert arms[named("bob")] == ("more", "high")


def test_of_two_baseline_answers_the_later_delivered_stand_and_the_others_are_counted(
    draw,
):
    answers = draw("""
        answers
        delivery_id | person_id | wave | answered_on | mode | answers
        d1          | ann       | 0    | 2018-04-01  | web  | {mark=5}
        d2          | ann       | 0    | 2018-04-09  | web  | {mark=7}
        d1          | ann       | 8    | 2019-02-01  | web  | {mark=6}
        d1          | bob       | 0    | 2018-04-01  | web  | {mark=5}
        d2          | bob       | 0    | 2018-04-01  | web  | {mark=5}
    """)
    deliveries = draw(DELIVERIES_OF_TWO)
    assert aside(keep_other_answers(answers, deliveries)) == {("d1", OTHER_ANSWERS): 1}
    newest = keep_newest(answers, deliveries, of=ANSWERS).collect()
    marks = {(r["person_id"], r["wave"]): r["answers"]["mark"] for r in newest}
    assert marks == {
        (named("ann"), 0): 7.0,
        (named("ann"), 8): 6.0,
        (named("bob"), 0): 5.0,
    }


def test_questionnaires_of_strangers_are_set_aside_and_counted(draw):
    answers = draw("""
        answers
        delivery_id | person_id | wave | answered_on | mode | answers
        d1          | ann       | 0    | 2018-04-01  | web  | {mark=5}
        d1          | eve       | 0    | 2018-04-01  | web  | {mark=5}
        d1          | fay       | 0    | 2018-04-01  | web  | {mark=5}
        d1          | fay       | 8    | 2019-02-01  | web  | {mark=1}
    """)
    population = draw("population\nperson_id | is_enrolled\nann | true")
    rows = keep_strangers(answers, population).collect()
    told = Counter(r["person_id"] for r in rows)
    assert told == {named("eve"): 1, named("fay"): 2}
    assert {r["n_rows"] for r in rows} == {1}
    assert {(r["register"], r["reason"]) for r in rows} == {("answers", STRANGER)}
    assert not any(str(named("fay")) in r["cells"] for r in rows)


def test_answers_on_or_after_the_day_of_a_withdrawal_are_set_aside_and_counted(draw):
    answers = draw("""
        answers
        delivery_id | person_id | wave | answered_on | mode | answers
        d1          | ann       | 0    | 2018-04-01  | web  | {mark=5}
        d1          | ann       | 8    | 2019-02-01  | web  | {mark=6}
        d1          | bob       | 8    | 2019-01-31  | web  | {mark=7}
        d1          | cor       | 8    | 2019-02-02  | web  | {mark=8}
        d1          | dan       | 8    | 2019-02-02  | web  | {mark=9}
    """)
    studied = draw("""
        study_lists
        person_id | is_reference | withdrawn_on
        ann       | false        | 2019-02-01
        bob       | false        | 2019-02-01
        cor       | false        | 2018-06-01
        dan       | false        | -
    """)
    kept = answers.transform(keep_until_withdrawal, studied).collect()
    assert {(r["person_id"], r["wave"]) for r in kept} == {
        (named("ann"), 0),
        (named("bob"), 8),
        (named("dan"), 8),
    }
    rows = keep_late_answers(answers, studied).collect()
    assert sum(r["n_rows"] for r in rows) == 2
    assert {(r["register"], r["reason"]) for r in rows} == {("answers", LATE_ANSWERS)}
    assert not any(str(named("ann")) in r["cells"] for r in rows)


def test_payroll_is_counted_by_the_months_in_which_its_rows_lie(draw):
    payroll = draw("""
        payroll
        delivery_id | person_id | job_id | start_date | end_date
        d1          | ann       | j1     | 2018-01-29 | 2018-02-25
        d1          | bob       | j2     | 2018-01-01 | 2018-01-31
        d1          | cor       | j3     | 2018-01-15 | 2018-01-31
        d2          | ann       | j1     | 2018-01-01 | 2018-12-31
    """)
    found = {HeldMonths(**row.asDict()) for row in count_months(payroll).collect()}
    months = [dt.date(2018, m, 1) for m in (1, 2, 12)]
    assert found == {
        HeldMonths("d1", months[0], months[1], 1),
        HeldMonths("d1", months[0], months[0], 2),
        HeldMonths("d2", months[0], months[2], 1),
    }
