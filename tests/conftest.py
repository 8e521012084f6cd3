"""Fixtures that every test may use: a session, drawn tables, the shared data."""

from __future__ import annotations

import os
import re
import zlib
from collections import Counter
from pathlib import Path

import pytest

from rctspark.config import read_settings
from rctspark.contracts import TABLES

ROOT = Path(__file__).resolve().parents[1]
NUMBERED = re.compile(r"-?\d+")
SLOW = ("jobs", "twin")
"""Folders of tests that run whole chains, or make whole twins."""


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with the specification and the real trials; skips where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder ../shared with specification and data is not here")
    return folder


@pytest.fixture(scope="session")
def spark():
    """One lazy session for the whole run."""
    from rctspark.runtime.session import start_session

    # Spark's Python workers import the package by themselves.
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    settings = read_settings(ROOT)
    local = settings.spark.local | {
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.driver.memory": os.environ.get("RCTSPARK_TEST_MEMORY", "3g"),
    }
    few = settings.spark.model_copy(update={"local": local})
    session = start_session(
        settings.model_copy(update={"spark": few}), ROOT, name="tests"
    )
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def named(name: str) -> int:
    """Return the number that a name such as `ann` stands for in a drawing."""
    return int(name) if NUMBERED.fullmatch(name) else zlib.crc32(name.encode())


def _literal(cell: str, column: str, kind: str) -> str:
    if cell in {"", "-"}:
        value = "NULL"
    elif kind.startswith("map<"):
        pairs = [pair.split("=") for pair in cell.strip("{}").split(",") if pair]
        keys = ", ".join(f"'{k.strip()}'" for k, _ in pairs)
        values = ", ".join(f"'{v.strip()}'" for _, v in pairs)
        value = f"map_from_arrays(array({keys}), array({values}))" if pairs else "map()"
    elif column.endswith("_id") and kind == "bigint":
        value = str(named(cell))
    else:
        value = f"'{cell}'"
    return f"CAST({value} AS {kind}) AS `{column}`"


def parse_drawing(text: str) -> tuple[str, list[str], list[list[str]]]:
    """Split a drawing into table name, column names and rows of cells."""
    lines = [line.strip() for line in text.strip().splitlines()]
    table, header, *rest = [line for line in lines if not set(line) <= set("-+ ")]
    columns = [cell.strip() for cell in header.split("|")]
    rows = [[cell.strip() for cell in line.split("|")] for line in rest]
    return table, columns, rows


@pytest.fixture(scope="session")
def draw(spark):
    """Make a DataFrame from a drawing.

    The first line names the contract from which the column types come; `ann` in an
    id column stands for a fixed number; an empty cell or `-` is null. Columns of the
    contract that the drawing leaves out are null (a delivery_id is `d1`).
    """

    def drawn(text: str):
        name, columns, rows = parse_drawing(text)
        table = TABLES[name]
        unknown = set(columns) - set(table.names)
        assert not unknown, f"{name} has no column {unknown}"
        if not rows:
            return spark.createDataFrame([], table.ddl)
        selects = []
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            defaults = {"delivery_id": "d1", "traits": "{}"}
            selects.append(
                "SELECT "
                + ", ".join(
                    _literal(
                        cells.get(c.name, defaults.get(c.name, "")), c.name, c.type
                    )
                    for c in table.columns
                )
            )
        return spark.sql(" UNION ALL ".join(selects))

    return drawn


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for Spark, and put files that take long first."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")
    # Workers are given files in this order: short ones last, so that both end together.
    sizes = Counter(item.path for item in items)
    on_spark = {item.path for item in items if item.get_closest_marker("spark")}

    def turn(item: pytest.Item) -> tuple[int, int]:
        of_jobs, of_twin = (ROOT / "tests" / f in item.path.parents for f in SLOW)
        kinds = (of_jobs, item.path in on_spark, of_twin, True)
        return kinds.index(True), -sizes[item.path]

    items.sort(key=turn)
