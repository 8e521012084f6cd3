"""No citizen service number in any table, log, page, tracked run or released file."""

import json
import sqlite3

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from traces import delivered_in, traces_in

ANN, BOB = "999000012", "012345672"
FEW = "000054321"
ROWS = {
    "number": [12345672],
    "text": ["c1;999000012;help"],
    "traits": [[("id", BOB)]],
    "cells": [['{"BSN":"54321 "}']],
    "whole": ["54321"],
    "fine": [19990000120],
}
KINDS = {"traits": pa.map_(pa.string(), pa.string()), "cells": pa.list_(pa.string())}


@pytest.fixture
def planted(tmp_path):
    """A folder in which identifiers stand in every way that is looked for."""
    arrays = {n: pa.array(v, KINDS.get(n)) for n, v in ROWS.items()}
    (tmp_path / "table").mkdir()
    pq.write_table(pa.table(arrays), tmp_path / "table" / "part.parquet")
    with sqlite3.connect(tmp_path / "runs.db") as database:
        pd.DataFrame({"key": ["note"], "value": [f"of {ANN}"]}).to_sql("tags", database)
    (tmp_path / "run.log").write_text(json.dumps({"message": f"no row of {BOB[1:]}"}))
    (tmp_path / "page.html").write_text("<td>999,000,012</td>")
    (tmp_path / f"exit_{ANN}.svg").write_text("<svg/>")
    (tmp_path / "fine.csv").write_text("1999000012,0.54321,54321\n99900001,2\n")
    return tmp_path


def test_an_identifier_in_the_clear_is_found_wherever_it_stands(planted):
    assert traces_in(planted, {ANN, BOB, FEW}) == [
        f"the name of exit_{ANN}.svg",
        "page.html",
        "run.log",
        "runs.db: tags.value",
        *(f"table/part.parquet: {n}" for n in ("number", "text", "traits", "whole")),
    ]
    assert traces_in(planted, {"999000024"}) == []


@pytest.mark.usefixtures("spark")
def test_nothing_that_a_chain_writes_holds_one(reported):
    identifiers = delivered_in(reported / "deliveries")
    assert len(identifiers) > 40
    out = reported / "out"
    kinds = {path.suffix for path in out.rglob("*") if path.is_file()}
    assert {".parquet", ".db", ".html", ".csv", ".json", ".log"} <= kinds
    assert traces_in(out, identifiers) == []
