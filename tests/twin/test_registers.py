"""The files of the twin: labelled, repeatable, and faulty exactly as the truth says."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from dataclasses import asdict

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from rctspark.errors import ConfigError
from rctspark.twin.ww import write_ww_registers
from rctspark.twin.ww.persons import PERSONS

FOLDERS = ("agenda", "office_lists", "payroll", "persons", "services", "ww_spells")


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table_of(path):
    """Read one delivered file, all columns as text, upper-case column names."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
    else:
        delimiter = "," if path.parent.name == "services" else ";"
        with path.open(encoding="utf-8") as file:
            names = file.readline().rstrip("\n").split(delimiter)
        table = pa_csv.read_csv(
            path,
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, quote_char=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string())
            ),
        )
    return table.rename_columns([name.upper() for name in table.column_names])


def counted(path, *names):
    """Count the values of a column, or of some columns together."""
    columns = [table_of(path)[name].to_pylist() for name in names]
    return Counter(columns[0] if len(names) == 1 else zip(*columns, strict=True))


def is_bsn(text):
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    if text is None or not text.isdigit() or len(text) > 9 or int(text) == 0:
        return False
    return (
        sum(w * int(d) for w, d in zip(weights, text.zfill(9), strict=True)) % 11 == 0
    )


def faults_of(truth):
    with (truth / "SYNTHETIC_truth_faults.csv").open(encoding="utf-8") as file:
        return {
            (row["file"], row["fault"]): int(row["rows"])
            for row in csv.DictReader(file)
        }


def test_every_file_is_labelled_and_every_folder_says_it_is_made_up(twin):
    deliveries, truth, _ = twin
    files = [
        p for place in (deliveries, truth) for p in place.rglob("*") if p.is_file()
    ]
    data = [p for p in files if p.name != "README.md"]
    assert all(p.name.startswith("SYNTHETIC") for p in data)
    assert {p.name for p in deliveries.iterdir()} == {*FOLDERS, "README.md"}
    for folder in {p.parent for p in files} | {deliveries}:
        assert "made up" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_files_are_few_and_small(twin):
    deliveries, _, _ = twin
    data = [p for p in deliveries.rglob("SYNTHETIC*") if p.is_file()]
    assert len(data) <= 25
    assert sum(p.stat().st_size for p in data) < 150e6


def test_the_summary_counts_what_was_written(twin):
    deliveries, truth, summary = twin
    assert summary.enrolled == 9237
    assert summary.enrolled_per_arm == {"basic": 4617, "intensive": 4620}
    assert summary.recorded_arm_errors == 30
    assert summary.persons == PERSONS
    assert 20_000 <= summary.persons - summary.enrolled <= 30_000
    assert summary.rows_per_register["payroll"] < 1_500_000
    for path, rows in summary.rows_per_file.items():
        if path.endswith(".parquet"):
            assert pq.read_metadata(deliveries / path).num_rows == rows
        else:
            with (deliveries / path).open("rb") as file:
                assert sum(1 for _ in file) - 1 == rows
    written = json.loads((truth / "SYNTHETIC_truth_summary.json").read_text())
    assert written == asdict(summary)


def test_the_same_seed_gives_the_same_bytes(twin, tmp_path):
    deliveries, truth, _ = twin
    write_ww_registers(tmp_path / "d", truth=tmp_path / "t", seed=20120723)
    assert digests(tmp_path / "d") == digests(deliveries)
    assert digests(tmp_path / "t") == digests(truth)


def test_faulty_identifiers_are_as_many_as_the_truth_says(twin):
    deliveries, truth, _ = twin
    wanted, found = Counter(), Counter()
    for (file, fault), rows in faults_of(truth).items():
        if fault.startswith("bsn_"):
            wanted[file] += rows
    for file in wanted:
        numbers = counted(deliveries / file, "BSN")
        found[file] = sum(n for text, n in numbers.items() if not is_bsn(text))
    assert found == wanted


def test_equal_rows_are_as_many_as_the_truth_says(twin):
    deliveries, truth, _ = twin
    faults = {
        f: n for (f, fault), n in faults_of(truth).items() if fault == "equal_rows"
    }
    assert len(faults) == 18
    for file, rows in faults.items():
        table = table_of(deliveries / file)
        distinct = table.group_by(table.column_names).aggregate([])
        assert table.num_rows - distinct.num_rows == rows


def test_names_of_files_and_columns_vary_as_in_real_deliveries(twin):
    deliveries, _, _ = twin
    payroll = sorted((deliveries / "payroll").glob("SYNTHETIC*"))
    headers = [p.open(encoding="utf-8").readline().split(";")[2] for p in payroll]
    assert " " in payroll[0].name
    assert headers == [
        "SDATUMAANVANGIKO",
        "sdatumaanvangiko",
        "Sdatumaanvangiko",
        "Sdatumaanvangiko",
        "SDATUMAANVANGIKO",
    ]
    versions = [p.name for p in payroll if " 2013 " in p.name]
    assert len(versions) == 2


def test_small_numbers_lose_a_zero_in_payroll_and_not_elsewhere(twin):
    deliveries, _, _ = twin
    payroll = next((deliveries / "payroll").glob("* 2012 V*"))
    numbers = set(counted(payroll, "BSN"))
    short = {text for text in numbers if text and len(text) == 8}
    persons = set(counted(next((deliveries / "persons").glob("*.parquet")), "BSN"))
    assert len(short) >= 10
    assert all(text.startswith("000") for text in short)
    assert len({text.zfill(9) for text in short} & persons) >= 10


def test_payroll_holds_commas_negatives_lower_case_and_capped_starts(twin):
    deliveries, _, _ = twin
    early = table_of(next((deliveries / "payroll").glob("* 2012 V*")))
    later = table_of(next((deliveries / "payroll").glob("* 2013 V2*")))
    pay = early["SBASISLOON"].to_pylist()
    assert sum(text.startswith("-") for text in pay) > 500
    assert sum("," in text for text in pay) >= len(pay) - 15
    assert set(early["SCONTRACTSOORT"].unique().to_pylist()) == set("OBNobnX")
    assert set(early["STIJDVAKTYPE"].unique().to_pylist()) == {"1", "5"}
    assert min(early["SDATUMAANVANGIKVORG"].unique().to_pylist()) == "20120101"
    assert min(later["SDATUMAANVANGIKVORG"].unique().to_pylist()) < "20110101"


def test_running_spells_and_vague_births_are_written_both_ways(twin):
    deliveries, _, _ = twin
    ends = counted(next((deliveries / "ww_spells").glob("*V2*")), "EINDDATUM")
    assert ends["99991231"] > 1000
    assert ends[""] > 1000
    births = counted(
        next((deliveries / "persons").glob("*.parquet")),
        "GEBOORTEDAG",
        "GEBOORTEMAAND",
        "GEBOORTEJAAR",
    )
    vague = {(d == "--", m == "00", y == "0000") for d, m, y in births}
    assert vague == {
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
    }


def test_the_deliveries_do_not_know_the_truth(twin):
    """No column says role, arm by digit, or effect; only the lists know an arm."""
    deliveries, _, _ = twin
    for file in deliveries.rglob("SYNTHETIC*"):
        names = set(table_of(file).column_names)
        assert not names & {"ROLE", "TO_JOB", "ENROLLED"}
        assert ("ARM" in names) == (file.parent.name == "office_lists")


def test_the_truth_among_the_deliveries_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="must not lie among its deliveries"):
        write_ww_registers(tmp_path, truth=tmp_path / "truth")


@pytest.mark.parametrize("scale", [0, 101])
def test_a_scale_beyond_the_made_up_numbers_is_refused(tmp_path, scale):
    with pytest.raises(ConfigError, match="between 1 and 100"):
        write_ww_registers(tmp_path / "d", truth=tmp_path / "t", scale=scale)


@pytest.mark.long
def test_a_twin_of_scale_two_has_everything_twice(tmp_path, twin):
    _, truth, one = twin
    two = write_ww_registers(tmp_path / "d", truth=tmp_path / "t", scale=2)
    assert two.enrolled_per_arm == {"basic": 9234, "intensive": 9240}
    assert two.recorded_arm_errors == 60
    assert two.faulty_rows == {name: 2 * n for name, n in one.faulty_rows.items()}
    assert set(two.rows_per_file) == set(one.rows_per_file)
    assert faults_of(tmp_path / "t") == {k: 2 * n for k, n in faults_of(truth).items()}
    bsn = pq.read_table(tmp_path / "t" / "SYNTHETIC_truth_persons.parquet")["bsn"]
    assert len(bsn.unique()) == 2 * PERSONS
