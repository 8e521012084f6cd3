"""The registers of a statistical office and a municipality, read as they come."""

import json

import pytest

from rctspark.config.mapping import FEEDABLE, read_mapping
from rctspark.sources.accounted import keep_conformed, keep_rejected
from rctspark.sources.delivered import find_deliveries
from rctspark.sources.identity import make_pads
from rctspark.sources.load import conform_loads, pending_loads, repeated_in
from rctspark.sources.repeated import CONFLICT, DUPLICATE, SAID_BEFORE, merge_repeated

KEY = b"a key for tests, of 40 bytes, not a secret"
NOBODY = "the identifier names no person (RINPERSOONS R or S, 9 digits)"


@pytest.fixture
def conform(spark, root, tmp_path):
    """Read one delivered text by a mapping of the house: kept rows, reasons."""

    def conformed(mapping, name, *lines):
        layout = read_mapping(root / "conf" / "mappings" / f"{mapping}.yaml")
        (tmp_path / layout.folder).mkdir()
        text = "\n".join((";".join(c.name for c in layout.columns), *lines))
        (tmp_path / layout.folder / name).write_text(text + "\n")
        loads = pending_loads(find_deliveries(tmp_path, [layout]), [])
        found = {}
        for load in loads:
            rows, counters = conform_loads(spark, make_pads(spark, KEY), [load])
            out = str(tmp_path / f"judged_{load.table}")
            rows.write.mode("overwrite").parquet(out)
            judged = spark.read.schema(rows.schema).parquet(out)
            staged = merge_repeated(
                judged, table=FEEDABLE[load.table], how=repeated_in([load])
            ).cache()
            kept = keep_conformed(staged, table=FEEDABLE[load.table]).collect()
            rejected = keep_rejected(staged, register=load.table).collect()
            reasons = {r["reason"]: 0 for r in rejected}
            for row in rejected:
                reasons[row["reason"]] += row["n_rows"]
            n_read = sum(c.get[load.delivery_id] for c in counters)
            found[load.table] = (kept, reasons, n_read, rejected)
        return found

    return conformed


def test_both_partners_of_a_row_have_the_spell_and_a_partner_counts_once(conform):
    found = conform(
        "cbs_social_assistance",
        "BIJSTANDUITKERING 2019 V1 until 20190930 20191101.csv",
        "R;000000001;R;000000002;0344;01;20170101;99991231;G;00",
        "R;000000002;R;000000001;0344;01;20170101;99991231;G;00",  # the same couple
        "R;000000003;;;0344;01;20180101;20180331;A;11",
        "S;000000004;O;000000005;0344;01;20180101;;G;00",  # a partner without a number
        "R;000000006;R;000000006;0344;15;20180101;;G;",  # their own partner
        "R;000000007;;;0344;01;20180101;;A;",
        "R;000000007;;;0344;01;20180101;20180301;A;",  # another end: which one?
        "R;000000008;;;0344;99;20180101;;A;",
        "R;000000009;;;0355;14;20180101;;;",
    )
    kept, reasons, n_read, _ = found["benefit_spells"]
    assert n_read == 9 + 4
    assert reasons == {
        SAID_BEFORE: 2,
        NOBODY: 1,
        DUPLICATE: 1,
        CONFLICT: 2,
        "UITKERINGSOORT holds a code that is not listed": 1,
    }
    assert len(kept) == 6
    assert len({r["person_id"] for r in kept}) == 6
    assert sorted(r["benefit"] for r in kept) == ["Bbz", "PW", "PW", "PW", "PW", "PW"]
    (left,) = [r for r in kept if r["exit_destination"]]
    assert (left["exit_destination"], str(left["end_date"])) == ("work", "2018-03-31")
    norms, reasons, n_read, _ = found["statuses"]
    assert n_read == len(norms) + sum(reasons.values()) == 8 + 4
    assert {r["subject"] for r in norms} == {"benefit_norm"}
    assert sorted(r["value"] for r in norms) == ["cohabiting"] * 4 + ["single"]


def test_payroll_adds_corrections_and_names_only_whom_the_register_knows(conform):
    job = "20180101;20180131;20180101;20181231;20150601"
    kept, reasons, n_read, _ = conform(
        "cbs_payroll",
        "SYNTHETIC SPOLISBUS 2018V2 until 20181231 20191001.csv",
        f"R;000000012;J1;{job};1000,50;100,00;o;1;9;31;31;5;E1",
        f"R;000000012;J1;{job};-200,25;-20,00;O;1;9;0;0;5;E2",  # a correction
        f"S;000000012;J1;{job};10,00;1,00;b;2;5;31;3,5;5;E1",  # R and S differ
        f"O;000000012;J1;{job};10,00;1,00;B;2;5;31;3,5;5;E1",
        f"A;000000013;J1;{job};10,00;1,00;B;2;5;31;3,5;5;E1",
        f"R;12;J1;{job};10,00;1,00;B;2;5;31;3,5;5;E1",  # zeros got lost
        f"R;000000014;J4;{job};10,00;1,00;N;2;5;31;3,5;1;E1",
        f"R;000000014;J4;{job};10,00;1,00;N;2;5;31;3,5;1;E1",
    )["payroll"]
    assert n_read == 8
    assert reasons == {NOBODY: 3, DUPLICATE: 1}
    assert sorted(float(r["wage_eur"]) for r in kept) == [10.0, 10.0, 800.25]
    (first,) = [r for r in kept if float(r["wage_eur"]) > 100]
    assert (float(first["hours"]), first["contract"]) == (80.0, "permanent")
    assert str(first["job_start_date"]) == "2015-06-01"
    assert not first["is_job_start_capped"]


def test_a_study_list_that_contradicts_itself_is_set_aside_with_the_reason(conform):
    found = conform(
        "municipal_study",
        "studieadministratie 2020 V1 20200110.csv",
        "R;000000001;0344;J27;N;;;;;;;",
        "R;000000002;0344;;J;20180301;;;;;;",
        "R;000000003;0344;;N;20180301;20180310;20180504;single 1;ZIA;20180601;EIG",
        "R;000000004;0344;J27;N;20180301;;;;;;",  # excluded and invited
        "R;000000005;0344;;N;;20180310;;;;;",  # applied without an invitation
        "R;000000006;0344;;N;20180301;20180310;20180504;single 1;XXX;;",  # which arm?
        "R;000000007;0344;;N;20180301;20180310;20180504;single 1;WL;20180501;EIG",
        "R;000000008;0344;;N;20180301;20180310;20180504;single 1;WL;;",
        "R;000000008;0344;;N;20180301;20180310;20180504;single 2;WL;;",  # two strata
    )
    kept, reasons, _, _ = found["study_lists"]
    assert len(kept) == 3
    assert reasons == {
        "this does not hold: whoever is excluded is neither reference nor invited": 1,
        "this does not hold: whoever applied was invited before": 1,
        "ARM holds a code that is not listed": 1,
        "this does not hold: nobody is drawn after withdrawing": 1,
        CONFLICT: 2,
    }
    lists, reasons, n_read, _ = found["assignment_lists"]
    assert n_read == 4
    assert reasons == {CONFLICT: 2}
    assert {r["arm_recorded"] for r in lists} == {"zia", "wl"}


def test_answers_out_of_range_and_second_answers_are_set_aside(conform):
    empty = ";" * 20

    def row(person, wave, health):
        return f"R;{person:09d};{wave};20180401;W;NL;{health}{empty}"

    kept, reasons, _, rejected = conform(
        "municipal_questionnaires",
        "vragenlijst 2018 V1 20180601.csv",
        row(1, 0, 4),
        row(1, 8, ""),
        row(2, 0, 6),
        row(3, 0, 2),
        row(3, 0, 3),
        row(4, 5, 3),
    )["answers"]
    assert reasons == {
        "GEZONDHEID does not lie between 1 and 5": 1,
        CONFLICT: 2,
        "GOLF holds a code that is not listed": 1,
    }
    health = {r["wave"]: r["answers"]["general_health"] for r in kept}
    assert health == {0: 4.0, 8: None}
    assert "000000002" not in json.dumps([r.asDict() for r in rejected])


def test_persons_education_households_and_arrangements_are_read(conform):
    kept, reasons, _, _ = conform(
        "cbs_persons",
        "GBAPERSOON2019TABV1 20191101.csv",
        "R;000000001;1;1970;02;30;0;0000",
        "R;000000002;-;----;--;--;1;6043",
        "R;000000003;2;1980;--;--;2;6029",
    )["persons"]
    assert reasons == {}
    told = sorted(
        (
            r["sex"],
            str(r["birth_date"]),
            r["birth_precision"],
            r["migration_background"],
        )
        for r in kept
    )
    assert told == [
        ("female", "1980-07-01", "year", "western"),
        ("male", "1970-02-15", "month", "none"),
        ("unknown", "None", "unknown", "non_western"),
    ]
    kept, reasons, n_read, _ = conform(
        "cbs_education",
        "HOOGSTEOPL2017TAB V1 20190101.csv",
        "R;000000001;2112",
        "R;000000002;9999",
        "R;000000003;7777",
    )["statuses"]
    assert (n_read, [r["value"] for r in kept]) == (2, ["middle"])
    assert str(kept[0]["start_date"]) == "2017-10-01"
    kept, _, _, _ = conform(
        "cbs_households",
        "GBAHUISHOUDENS2019BUS V1 20191101.csv",
        "R;000000001;20100101;99991231;6",
    )["statuses"]
    assert [(r["value"], r["end_date"]) for r in kept] == [("single_parent", None)]
    kept, reasons, _, _ = conform(
        "municipal_arrangements",
        "arrangementen 2019 V1 until 20190930 20191101.csv",
        "R;000000001;1;20170101;20180131",
        "R;000000001;2;20180201;",
        "R;000000001;5;20190101;",
    )["statuses"]
    assert [r["value"] for r in kept] == ["1", "2"]
    assert sum(reasons.values()) == 1
