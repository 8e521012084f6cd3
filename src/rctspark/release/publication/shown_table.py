"""A table as the report's page takes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together.

    Attributes:
        title: What they are about; empty: nothing stands above them.
        rows: Words and numbers, one text per column.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]


Laid = tuple[tuple[str, ...], tuple[Group, ...]]
"""Headings and rows of a table, before it has a caption and notes."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table of the report.

    Attributes:
        name: Name of its file, without `.csv`.
        title: Its caption.
        head: Headings of the columns; the first stands above words.
        groups: Its rows.
        notes: Sentences below it.
        n_words: Columns that hold words, the first ones.
    """

    name: str
    title: str
    head: tuple[str, ...]
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    n_words: int = 1
