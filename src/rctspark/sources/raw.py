"""Read delivered files as text, by the names that their mapping declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from rctspark.sources.headers import read_names

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from rctspark.config.mapping import Mapping
    from rctspark.sources.delivered import DeliveredFile

CORRUPT = "_corrupt"
ROW_NUMBER = "_row_number"


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


def _read_csv(spark: SparkSession, file: DeliveredFile) -> DataFrame:
    names = read_names(file.path, file.mapping)
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
    names = read_names(file.path, file.mapping)
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
