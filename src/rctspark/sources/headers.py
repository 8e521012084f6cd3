"""First lines and footers: can a delivered file hold its register? No Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    from rctspark.config.mapping import Mapping

DELIMITERS = ";,\t|"


def header_faults(path: Path, mapping: Mapping) -> list[str]:
    """Look at the first line of a file, or at the footer of each of its parts.

    Args:
        path: The file; a folder counts as one Parquet file in parts.
        mapping: The mapping that reads it.

    Returns:
        Phrases that say why the file can't hold its register: it can't be opened or
        is cut off, a wrong delimiter, columns that are missing or stand there twice.
        Empty: it can.
    """
    try:
        parts = _names_by_part(path, mapping)
    except pa.ArrowInvalid:
        return ["is no Parquet file, or is cut off"]
    except OSError:
        words = "is no Parquet file, or is cut off"
        return [words if _is_parquet(mapping) else "can't be opened as a text file"]
    except UnicodeDecodeError:
        return [f"is not text in {mapping.file.encoding}"]
    wanted = [c.name for c in mapping.columns if c.required]
    if not _is_parquet(mapping) and len(parts[0]) == 1 and len(wanted) > 1:
        seen = [mark for mark in DELIMITERS if mark in parts[0][0]]
        if seen:
            return [f"the delimiter is {seen[0]!r}, not {_delimiter(mapping)}"]
    return _column_faults(parts, wanted)


def read_names(path: Path, mapping: Mapping) -> list[str]:
    """Read the names of the columns from the first line of a text file.

    Args:
        path: A file of text.
        mapping: The mapping that reads it.

    Returns:
        The names, as they are written.
    """
    layout = mapping.file
    with path.open(encoding=layout.encoding) as text:
        line = text.readline().lstrip("\ufeff").rstrip("\r\n")
    if layout.format == "blank_separated":
        return line.split()
    return [name.strip().strip('"') for name in line.split(layout.delimiter)]


def _names_by_part(path: Path, mapping: Mapping) -> list[list[str]]:
    if not _is_parquet(mapping):
        return [read_names(path, mapping)]
    parts = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    return [list(pq.read_schema(part).names) for part in parts] or [[]]


def _column_faults(parts: list[list[str]], wanted: list[str]) -> list[str]:
    lowered = [[name.lower() for name in names] for names in parts]
    missing = [w for w in wanted if any(w.lower() not in part for part in lowered)]
    twice = [w for w in wanted if any(part.count(w.lower()) > 1 for part in lowered)]
    faults = []
    if missing:
        faults.append(f"column(s) missing: {', '.join(missing)}")
    if twice:
        faults.append(f"column(s) there twice: {', '.join(sorted(twice))}")
    return faults


def _delimiter(mapping: Mapping) -> str:
    layout = mapping.file
    return "blanks" if layout.format == "blank_separated" else repr(layout.delimiter)


def _is_parquet(mapping: Mapping) -> bool:
    return mapping.file.format == "parquet"
