"""Frames from plain rows."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import to_arrow_schema

from rctspark.contracts import TABLES

GIVEN = {"delivery_id": "d1", "traits": {}, "is_job_start_capped": False}


@pytest.fixture
def frame(spark):
    """Make a DataFrame of a contract from dicts; what they leave out is null.

    By way of Arrow: rows given as tuples would be read by Python workers, which
    costs seconds a query.
    """

    def framed(name, rows):
        table = TABLES[name]
        schema = spark.createDataFrame([], table.ddl).schema
        cells = [{c: row.get(c, GIVEN.get(c)) for c in table.names} for row in rows]
        arrow = pa.Table.from_pylist(cells, schema=to_arrow_schema(schema))
        return spark.createDataFrame(arrow, schema=schema)

    return framed
