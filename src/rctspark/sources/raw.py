"""Read delivered files as text, by the names that their mapping declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Window
from pyspark.sql import functions as F

from rctspark.errors import DeliveryError, listed

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import DataFrame, SparkSession

    from rctspark.config.mapping import Mapping
    from rctspark.sources.delivered import DeliveredFile

CORRUPT = "_corrupt"
ROW_NUMBER = "_row_number"
DELIMITERS = ";,\t|"


def header_faults(files: tuple[DeliveredFile, ...]) -> list[str]:
    """Look at the first line (or the footer) of every file.

    Args:
        files: Delivered files.

    Returns:
        A sentence per file that can't hold its register: no rows, a wrong delimiter,
        columns that are missing or stand there twice, a Parquet file cut off.
    """
    return [fault for file in files for fault in _file_faults(file)]


def require_headers(files: tuple[DeliveredFile, ...]) -> None:
    """Stop if any file can't hold its register, naming all of them.

    Args:
        files: Delivered files.

    Raises:
        DeliveryError: See `header_faults`.
    """
    faults = header_faults(files)
    if faults:
        raise DeliveryError(
            f"{len(faults)} fault(s) in the delivered files; nothing was loaded:\n"
            f"{listed(faults)}\nAsk for a new delivery, or mend the mapping."
        )


def read_raw(spark: SparkSession, file: DeliveredFile) -> DataFrame:
    """Read one file, every declared column under its declared name.

    Args:
        spark: The session.
        file: A file whose header was found right.

    Returns:
        One row per row of the file: the declared columns (text, except where Parquet
        holds another type; null where an optional column is absent), `_corrupt`
        (text of a row that does not fit the header, else null) and `_row_number`
        (from 1; null except for files without an identifier).
    """
    mapping = file.mapping
    if mapping.file.format == "parquet":
        rows = spark.read.parquet(str(file.path)).withColumn(
            CORRUPT, F.lit(None).cast("string")
        )
    elif mapping.file.format == "csv":
        rows = _read_csv(spark, file)
    else:
        rows = _read_blank_separated(spark, file)
    rows = _attach_row_numbers(rows, mapping)
    present = {name.lower(): name for name in rows.columns}
    declared = [
        F.col(f"`{present[c.name.lower()]}`").alias(c.name)
        if c.name.lower() in present
        else F.lit(None).cast("string").alias(c.name)
        for c in mapping.columns
    ]
    return rows.select(*declared, CORRUPT, ROW_NUMBER)


def _file_faults(file: DeliveredFile) -> list[str]:
    mapping = file.mapping
    try:
        names = _parquet_names(file.path) if _is_parquet(mapping) else _header(file)
    except (pa.ArrowInvalid, OSError):
        return [f"{file.name}: is no Parquet file, or is cut off"]
    except UnicodeDecodeError:
        return [f"{file.name}: is not text in {mapping.file.encoding}"]
    lowered = [name.lower() for name in names]
    wanted = [c.name for c in mapping.columns if c.required]
    missing = [name for name in wanted if name.lower() not in lowered]
    if len(names) == 1 and len(wanted) > 1 and not _is_parquet(mapping):
        seen = [mark for mark in DELIMITERS if mark in names[0]]
        if seen:
            said = mapping.file.delimiter
            return [f"{file.name}: the delimiter is {seen[0]!r}, not {said!r}"]
    faults = []
    if missing:
        faults.append(f"{file.name}: column(s) missing: {', '.join(missing)}")
    twice = sorted({n for n in wanted if lowered.count(n.lower()) > 1})
    if twice:
        faults.append(f"{file.name}: column(s) there twice: {', '.join(twice)}")
    return faults


def _is_parquet(mapping: Mapping) -> bool:
    return mapping.file.format == "parquet"


def _parquet_names(path: Path) -> list[str]:
    parts = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    names: list[str] = []
    for part in parts:
        names = list(pq.read_schema(part).names)
    return names


def _header(file: DeliveredFile) -> list[str]:
    layout = file.mapping.file
    with file.path.open(encoding=layout.encoding) as text:
        line = text.readline().lstrip("\ufeff").rstrip("\r\n")
    if layout.format == "blank_separated":
        return line.split()
    return [name.strip().strip('"') for name in line.split(layout.delimiter)]


def _read_csv(spark: SparkSession, file: DeliveredFile) -> DataFrame:
    names = _header(file)
    schema = ", ".join(f"`{name}` string" for name in [*names, CORRUPT])
    layout = file.mapping.file
    # A row that is too short shows only when all of it is parsed.
    reader = spark.read.option("columnPruning", "false")
    return reader.csv(
        str(file.path),
        schema=schema,
        sep=layout.delimiter,
        header=True,
        encoding=layout.encoding,
        enforceSchema=True,
        mode="PERMISSIVE",
        columnNameOfCorruptRecord=CORRUPT,
        ignoreLeadingWhiteSpace=True,
        ignoreTrailingWhiteSpace=True,
    )


def _read_blank_separated(spark: SparkSession, file: DeliveredFile) -> DataFrame:
    names = _header(file)
    cells = F.split(F.trim("value"), r"\s+")
    squeezed = F.array_join(cells, " ")
    is_row = (F.trim("value") != "") & (squeezed != " ".join(names))
    fits = F.size(cells) == len(names)
    columns = [F.get(cells, F.lit(i)).alias(name) for i, name in enumerate(names)]
    lines = spark.read.text(str(file.path)).filter(is_row)
    return lines.select(*columns, F.when(~fits, F.col("value")).alias(CORRUPT))


def _attach_row_numbers(rows: DataFrame, mapping: Mapping) -> DataFrame:
    """Number the rows where nothing else names a person."""
    if all(kind.columns for kind in mapping.identifiers):
        return rows.withColumn(ROW_NUMBER, F.lit(None).cast("bigint"))
    # Splits of one file come in their order, and ids grow within and over them.
    in_order = Window.orderBy("_place")
    placed = rows.withColumn("_place", F.monotonically_increasing_id())
    return placed.withColumn(ROW_NUMBER, F.row_number().over(in_order).cast("bigint"))
