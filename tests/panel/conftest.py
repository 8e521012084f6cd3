"""Frames from plain rows, and back."""

from __future__ import annotations

import pytest
from rctspark.contracts import TABLES

GIVEN = {"delivery_id": "d1", "traits": {}, "is_job_start_capped": False}


@pytest.fixture
def frame(spark):
    """Make a DataFrame of a contract from dicts; what they leave out is null."""

    def framed(name, rows):
        table = TABLES[name]
        cells = [tuple(row.get(c, GIVEN.get(c)) for c in table.names) for row in rows]
        return spark.createDataFrame(cells, table.ddl)

    return framed
