"""Delivered files: names, periods, faults; headers; no Spark."""

import datetime as dt

import pytest

from rctspark.config.mapping import Mapping
from rctspark.errors import DeliveryError
from rctspark.sources.delivered import find_deliveries
from rctspark.sources.raw import header_faults

LAYOUT = {
    "name": "pay",
    "folder": "pay",
    "title": "t",
    "source": "s",
    "file": {
        "format": "csv",
        "name": r"SYNTHETIC pay (?P<period>\d{4}) (?P<version>V\d) "
        r"(?P<delivered_on>\d{8})\.csv",
    },
    "covers": {"kind": "period"},
    "identifier": {"kind": "opaque", "columns": ["ID"]},
    "columns": [
        {"name": "ID", "meaning": "m"},
        {"name": "DAY", "meaning": "m"},
        {"name": "NOTE", "meaning": "m", "required": False},
    ],
    "feeds": [
        {
            "table": "contacts",
            "columns": {
                "contact_id": "xxhash64(ID)",
                "contact_date": "to_date(DAY)",
                "kind": "'talk'",
                "status": "'held'",
                "traits": "map()",
            },
        }
    ],
}
PAY = Mapping.model_validate(LAYOUT)


def deliver(folder, name, text):
    (folder / "pay").mkdir(exist_ok=True)
    (folder / "pay" / name).write_text(text)


def test_the_name_says_period_version_and_day(tmp_path):
    deliver(tmp_path, "SYNTHETIC pay 2013 V2 20140301.csv", "ID;DAY\n1;2013-01-01\n")
    (file,) = find_deliveries(tmp_path, [PAY])
    assert (file.period, file.version) == ("2013", "V2")
    assert file.delivered_on == dt.date(2014, 3, 1)
    assert (file.covers_from, file.covers_to) == (
        dt.date(2013, 1, 1),
        dt.date(2013, 12, 31),
    )
    assert file.is_synthetic
    assert file.delivery_id("contacts") != file.delivery_id("persons")


def test_all_faults_of_a_folder_are_named_at_once(tmp_path):
    deliver(tmp_path, "SYNTHETIC pay 2013 V1 20140301.csv", "")
    deliver(tmp_path, "SYNTHETIC pay 2012 V1 20149901.csv", "ID;DAY\n")
    deliver(tmp_path, "notes.csv", "ID;DAY\n")
    other = PAY.model_copy(update={"name": "other", "folder": "other"})
    with pytest.raises(DeliveryError) as fault:
        find_deliveries(tmp_path, [PAY, other])
    words = str(fault.value)
    assert "4 fault(s)" in words
    for part in (
        "the file is empty",
        "is not a day",
        "does not fit",
        "other/ holds no",
    ):
        assert part in words


def test_two_contents_for_one_version_are_refused(tmp_path):
    deliver(tmp_path, "SYNTHETIC pay 2013 V1 20140301.csv", "ID;DAY\n1;2\n")
    deliver(tmp_path, "SYNTHETIC pay 2013 V1 20140401.csv", "ID;DAY\n1;3\n")
    with pytest.raises(DeliveryError, match="both are version V1 of 2013"):
        find_deliveries(tmp_path, [PAY])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ID,DAY\n1,2\n", "the delimiter is ',', not ';'"),
        ("ID;NOTE\n1;2\n", "column(s) missing: DAY"),
        ("id;Day;DAY\n1;2;3\n", "column(s) there twice: DAY"),
    ],
)
def test_a_header_that_does_not_fit_is_named(tmp_path, text, words):
    deliver(tmp_path, "SYNTHETIC pay 2013 V1 20140301.csv", text)
    (fault,) = header_faults(find_deliveries(tmp_path, [PAY]))
    assert words in fault


def test_case_of_column_names_does_not_matter(tmp_path):
    deliver(tmp_path, "SYNTHETIC pay 2013 V1 20140301.csv", "id;dAy\n1;2\n")
    assert header_faults(find_deliveries(tmp_path, [PAY])) == []


def test_a_parquet_file_cut_off_is_named(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    layout = PAY.file.model_copy(update={"format": "parquet"})
    mapping = PAY.model_copy(update={"file": layout})
    deliver(tmp_path, "SYNTHETIC pay 2013 V1 20140301.csv", "")
    path = tmp_path / "pay" / "SYNTHETIC pay 2013 V1 20140301.csv"
    pq.write_table(pa.table({"ID": ["1"], "DAY": ["2013-01-01"]}), path)
    assert header_faults(find_deliveries(tmp_path, [mapping])) == []
    path.write_bytes(path.read_bytes()[:-20])
    (fault,) = header_faults(find_deliveries(tmp_path, [mapping]))
    assert "is cut off" in fault
