"""Files of a delivery: opened once, filled part by part, labelled as made up."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from rctspark.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from rctspark.twin.ww.faults import PlantedFault

LABEL = "SYNTHETIC"
README = """SYNTHETIC: made up, every row of it.

These files were written by a program (`rctspark.twin`). The persons do not exist, the
citizen service numbers have never been issued, and no real register was read. They
look like {what}, with faults planted on purpose.
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows for one file of a delivery.

    Attributes:
        folder: Subfolder: the register.
        name: Name of the file.
        table: The rows (a pyarrow table).
        header: Column names as this file writes them.
        delimiter: Of a csv file; empty: the file is Parquet.
        faults: What is wrong with some of the rows.
    """

    folder: str
    name: str
    table: Any
    header: tuple[str, ...]
    delimiter: str = ";"
    faults: tuple[PlantedFault, ...] = ()

    @property
    def path(self) -> str:
        """Path below the delivery folder."""
        return f"{self.folder}/{self.name}"


@dataclass(slots=True)
class DeliveryFolder:
    """A folder into which sheets are written; use it in a `with` statement.

    Attributes:
        folder: The folder.
        rows: Rows written, by path below the folder.
    """

    folder: Path
    rows: Counter[str] = field(default_factory=Counter)
    _open: dict[str, Any] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_readme(self.folder, "registers of a benefit agency")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every file."""
        self._stack.__exit__(kind, error, trace)

    def add(self, sheet: Sheet) -> None:
        """Write rows to the end of their file, which is made at its first sheet."""
        if sheet.delimiter:
            self._add_text(sheet)
        else:
            self._add_parquet(sheet)
        self.rows[sheet.path] += sheet.table.num_rows

    def _add_text(self, sheet: Sheet) -> None:
        if sheet.path not in self._open:
            file = self._stack.enter_context(self._path(sheet).open("wb"))
            file.write((sheet.delimiter.join(sheet.header) + "\n").encode())
            self._open[sheet.path] = file
        options = pa_csv.WriteOptions(
            include_header=False, delimiter=sheet.delimiter, quoting_style="none"
        )
        sink: BinaryIO = self._open[sheet.path]
        pa_csv.write_csv(sheet.table, sink, options)

    def _add_parquet(self, sheet: Sheet) -> None:
        if sheet.path not in self._open:
            self._open[sheet.path] = self._stack.enter_context(
                pq.ParquetWriter(self._path(sheet), sheet.table.schema)
            )
        self._open[sheet.path].write_table(sheet.table)

    def _path(self, sheet: Sheet) -> Path:
        below = self.folder / sheet.folder
        below.mkdir(exist_ok=True)
        write_readme(below, f"the register {sheet.folder} of a benefit agency")
        return below / sheet.name


def require_apart(folder: Path, truth: Path) -> None:
    """Stop if the truth of a twin would lie among its deliveries.

    Args:
        folder: Delivery folder.
        truth: Folder for what the twin was built from.

    Raises:
        ConfigError: It would.
    """
    if truth.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(
            "The truth of a twin must not lie among its deliveries: choose another "
            "folder for it."
        )


def sum_by_register(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add up rows by the register whose folder their file lies in.

    Args:
        rows: Path below the delivery folder and rows, a path as often as it likes.

    Returns:
        Register to rows.
    """
    registers: Counter[str] = Counter()
    for path, n in rows:
        registers[path.split("/")[0]] += n
    return dict(registers)


def write_readme(folder: Path, what: str) -> None:
    """Say in a folder that what lies in it is made up."""
    text = README.format(what=what)
    (folder / "README.md").write_text(text, encoding="utf-8")
