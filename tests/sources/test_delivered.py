"""Delivered files: names, periods, faults; headers; no Spark."""

import datetime as dt
import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rctspark.config.mapping import Mapping
from rctspark.errors import DeliveryError
from rctspark.sources.delivered import find_deliveries

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
NAME = "SYNTHETIC pay 2013 V1 20140301.csv"


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
    with pytest.raises(DeliveryError) as told:
        find_deliveries(tmp_path, [PAY])
    assert "1 fault(s)" in str(told.value)
    assert words in str(told.value)


def test_case_of_column_names_does_not_matter(tmp_path):
    deliver(tmp_path, NAME, "id;dAy\n1;2\n")
    (file,) = find_deliveries(tmp_path, [PAY])
    assert file.sha256 == hashlib.sha256(b"id;dAy\n1;2\n").hexdigest()


def test_a_file_that_is_no_text_of_its_encoding_is_named(tmp_path):
    (tmp_path / "pay").mkdir()
    (tmp_path / "pay" / NAME).write_bytes("ID;DAG\u00c9\n".encode("latin-1"))
    with pytest.raises(DeliveryError, match="is not text in UTF-8"):
        find_deliveries(tmp_path, [PAY])


def of_format(form, name):
    layout = PAY.file.model_copy(update={"format": form})
    return PAY.model_copy(update={"file": layout, "name": name, "folder": name})


def test_a_column_missing_from_any_part_of_a_parquet_file_is_named(tmp_path):
    mapping = of_format("parquet", "parts")
    folder = tmp_path / "parts" / NAME
    folder.mkdir(parents=True)
    whole = pa.table({"ID": ["1"], "DAY": ["2013-01-01"]})
    pq.write_table(whole, folder / "part-1.parquet")
    assert len(find_deliveries(tmp_path, [mapping])) == 1
    pq.write_table(whole.select(["ID"]), folder / "part-0.parquet")
    with pytest.raises(DeliveryError, match=r"column\(s\) missing: DAY"):
        find_deliveries(tmp_path, [mapping])


def test_other_text_where_blanks_should_stand_between_is_named(tmp_path):
    (tmp_path / "blanks").mkdir()
    (tmp_path / "blanks" / NAME).write_text("ID;DAY\n")
    with pytest.raises(DeliveryError, match="the delimiter is ';', not blanks"):
        find_deliveries(tmp_path, [of_format("blank_separated", "blanks")])


def test_a_column_a_delimiter_an_empty_and_a_cut_off_file_are_told_in_one_error(
    tmp_path,
):
    deliver(tmp_path, NAME, "ID;NOTE\n1;2\n")
    deliver(tmp_path, NAME.replace("2013", "2012"), "ID,DAY\n1,2\n")
    deliver(tmp_path, NAME.replace("2013", "2011"), "")
    deliver(tmp_path, NAME.replace("2013", "2010"), "ID;DAY\n1;2\n")
    (tmp_path / "cut").mkdir()
    cut = tmp_path / "cut" / NAME
    pq.write_table(pa.table({"ID": ["1"], "DAY": ["2013-01-01"]}), cut)
    mappings = [PAY, of_format("parquet", "cut")]
    with pytest.raises(DeliveryError, match=r"^3 fault\(s\)"):
        find_deliveries(tmp_path, mappings)
    cut.write_bytes(cut.read_bytes()[:-20])
    with pytest.raises(DeliveryError) as told:
        find_deliveries(tmp_path, mappings)
    head, *faults, ask = (line.strip() for line in str(told.value).splitlines())
    assert head == "4 fault(s) in the delivered files; nothing was read:"
    assert faults == [
        "- pay/SYNTHETIC pay 2011 V1 20140301.csv: the file is empty",
        "- pay/SYNTHETIC pay 2012 V1 20140301.csv: the delimiter is ',', not ';'",
        "- pay/SYNTHETIC pay 2013 V1 20140301.csv: column(s) missing: DAY",
        "- cut/SYNTHETIC pay 2013 V1 20140301.csv: is no Parquet file, or is cut off",
    ]
    assert ask.startswith("Ask for a new delivery, or mend the mapping")
