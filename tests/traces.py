"""Where identifiers of persons stand in the clear, in all that a run has written."""

import re
import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DIGITS = re.compile(r"(?<!\d)(?:\d{7,9}|\d{1,3}(?:,\d{3}){2})(?!\d)")
PACKED = {".gz", ".zip", ".zst", ".bz2", ".xz", ".7z", ".avro", ".orc"}
"""Kinds of files that nobody here can look into."""
SHORTEST = 7
"""A number of fewer digits may be anything: it counts where it is a whole text."""


class Sought:
    """Identifiers as they could stand somewhere: as delivered, as numbers, written out."""

    def __init__(self, identifiers):
        """Take identifiers, with or without their leading zeros."""
        nine = {text.zfill(9) for text in identifiers}
        bare = {text.lstrip("0") for text in nine} - {""}
        long = {text for text in bare if len(text) >= SHORTEST}
        self.texts = nine | long | {f"{int(text):,}" for text in long}
        self.whole = bare - long
        self.numbers = np.array(sorted(int(text) for text in long))

    def in_text(self, text):
        """Say whether one of them stands in a text."""
        return text in self.whole or any(
            found in self.texts for found in DIGITS.findall(text)
        )

    def in_column(self, values):
        """Say whether one of them stands in a column, also one of lists or maps."""
        kind = values.type
        if pa.types.is_struct(kind):
            parts = [values.field(i) for i in range(kind.num_fields)]
            return any(self.in_column(part) for part in parts)
        if pa.types.is_map(kind):
            return self.in_column(values.keys) or self.in_column(values.items)
        if pa.types.is_nested(kind):
            return self.in_column(values.flatten())
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            known = values.drop_null().to_numpy(zero_copy_only=False)
            return bool(np.isin(known, self.numbers).any())
        if pa.types.is_decimal(kind):
            return self.in_column(values.cast(pa.float64()))
        texts = pc.unique(values).drop_null().to_pylist()
        return any(self.in_text(_text(one)) for one in texts)


def _text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def traces_in(folder, identifiers):
    """Look through every file of a folder.

    Args:
        folder: All that runs have written.
        identifiers: Digits of identifiers; leading zeros may be lacking.

    Returns:
        Per place where one of them stands: the file, with table or column where it
        has any.
    """
    sought = Sought(identifiers)
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        assert path.suffix not in PACKED, f"{path.name} can't be looked into"
        name = str(path.relative_to(folder))
        if sought.in_text(name):
            found.append(f"the name of {name}")
        if path.suffix == ".parquet":
            found += [f"{name}: {column}" for column in _columns(path, sought)]
        elif path.suffix == ".db":
            found += [f"{name}: {column}" for column in _fields(path, sought)]
        elif sought.in_text(path.read_bytes().decode("latin-1")):
            found.append(name)
    return found


def _columns(path, sought):
    table = pq.read_table(path, partitioning=None)
    for name in table.column_names:
        chunks = table[name].chunks
        if any(sought.in_column(chunk) for chunk in chunks):
            yield name


def _fields(path, sought):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (table,) in database.execute(names).fetchall():
            rows = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            fields = [field[0] for field in rows.description]
            values = zip(*rows.fetchall(), strict=True)
            for field, cells in zip(fields, values, strict=False):
                if any(sought.in_text(_text(cell)) for cell in set(cells)):
                    yield f"{table}.{field}"


def delivered_in(folder, column="BSN"):
    """Read the identifiers of delivered files.

    Args:
        folder: The deliveries.
        column: Name of the column that holds them.

    Returns:
        Those that are numbers and not naught, 9 digits each.
    """
    found = set()
    for path in folder.rglob("*.*"):
        if path.suffix == ".parquet":
            rows = pq.read_table(path).to_pandas()
        elif path.suffix == ".csv":
            with path.open(encoding="latin-1") as file:
                mark = ";" if ";" in file.readline() else ","
            rows = pd.read_csv(path, sep=mark, dtype=str, encoding="latin-1")
        else:
            continue
        names = [name for name in rows if name.upper() == column]
        for name in names:
            texts = rows[name].dropna().astype(str).str.strip().unique()
            found |= {t.zfill(9) for t in texts if re.fullmatch(r"\d{1,9}", t)}
    return found - {"0" * 9}
