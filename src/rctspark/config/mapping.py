"""Mappings: whose column means what, for one kind of delivered file.

A mapping declares the file's layout, how it names persons, and for each table that
the file feeds, a Spark SQL expression per column. Another organisation's layout is
another mapping, not other code.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from rctspark.config.documents import Document, read_document
from rctspark.contracts import PERSON_LINKS, REGISTERS
from rctspark.contracts.delivery import DELIVERY_ID
from rctspark.contracts.person import PERSON_ID
from rctspark.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

FEEDABLE = {table.name: table for table in REGISTERS}
GIVEN = {
    DELIVERY_ID.name,
    PERSON_ID.name,
    "id_parity",
    "linked_person_id",
    "linked_kind",
}
"""Columns that ingestion makes itself, from the file and its identifiers."""
RAW_TYPES = re.compile(
    r"string|int|boolean|decimal\(\d+,\d+\)|date\([^)]+\)|date", re.ASCII
)


def _raw_type(value: str) -> str:
    if not RAW_TYPES.fullmatch(value):
        raise ValueError(
            "is not a type of a delivered column; use string, int, boolean, "
            "decimal(p,s), date or date(pattern)"
        )
    return value


class RawColumn(Document):
    """One column of a delivered file, as delivered.

    Attributes:
        name: Name in the file; case does not matter.
        type: What its text must parse to. `date(yyyyMMdd)` has a pattern.
        meaning: One sentence.
        required: Whether the file must have the column.
        filled: Whether every row must hold a value.
        codes: Codes and what they mean, without regard to case; a code that is not
            listed is a fault of the row. Empty: no codes.
        empty: Texts that stand for no value, besides the empty text.
        between: Lowest and highest value of a number; one outside is a fault of the
            row. None: any.
    """

    name: str
    type: Annotated[str, AfterValidator(_raw_type)] = "string"
    meaning: str
    required: bool = True
    filled: bool = False
    codes: dict[str, str] = Field(default_factory=dict)
    empty: tuple[str, ...] = ()
    between: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _only_numbers_have_bounds(self) -> Self:
        is_number = self.type == "int" or self.type.startswith("decimal")
        if self.between is not None and not is_number:
            raise ValueError("between is for numbers: int or decimal(p,s)")
        if self.between is not None and self.between[1] < self.between[0]:
            raise ValueError("between ends below where it begins")
        return self


class Identifier(Document):
    """How a file names persons.

    Attributes:
        kind: `bsn` (9 digits, 11-test), `rinperson` (two columns), `opaque` (any
            text, or the row number where no column is given).
        columns: Its columns: one, or RINPERSOONS and RINPERSOON in that order.
    """

    kind: Literal["bsn", "rinperson", "opaque"]
    columns: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _columns_fit_the_kind(self) -> Self:
        wanted = {"bsn": {1}, "rinperson": {2}, "opaque": {0, 1}}[self.kind]
        if len(self.columns) not in wanted:
            raise ValueError(
                f"kind {self.kind} takes {' or '.join(map(str, sorted(wanted)))} "
                f"column(s), not {len(self.columns)}"
            )
        return self


class Covers(Document):
    """The days that a delivery speaks for.

    Attributes:
        kind: `period`: the year, month or day that the period names; `history`:
            everything from `since` (or ever) until the day that the file name gives
            as `until`, or the day of delivery.
        since: First day, for `history`.
        until: Last day, for `history`. None: the file name's, or delivery's.
    """

    kind: Literal["period", "history"]
    since: date | None = None
    until: date | None = None


class FileLayout(Document):
    """How the bytes are laid out.

    Attributes:
        format: `csv`, `parquet`, or `blank_separated` text with a header.
        delimiter: Of a csv file.
        decimal: Decimal mark of its numbers.
        encoding: Of text files.
        name: Regular expression over the path below the register's folder, with the
            groups `period`, `version`, `delivered_on` (yyyymmdd or yyyy-mm-dd) and
            `until`, or without those that have a default below.
        period: Period where the name has none.
        version: Version where the name has none.
        delivered_on: Day of delivery where the name has none.
    """

    format: Literal["csv", "parquet", "blank_separated"]
    delimiter: str = ";"
    decimal: Literal[",", "."] = "."
    encoding: str = "UTF-8"
    name: str
    period: str | None = None
    version: str | None = None
    delivered_on: date | None = None

    @model_validator(mode="after")
    def _everything_is_said_somewhere(self) -> Self:
        try:
            groups = re.compile(self.name).groupindex
        except re.error as broken:
            raise ValueError(f"name is no regular expression: {broken}") from None
        unsaid = [
            key
            for key in ("period", "version", "delivered_on")
            if getattr(self, key) is None and key not in groups
        ]
        if unsaid:
            raise ValueError(
                f"name has no group for {', '.join(unsaid)}, and no default is given"
            )
        return self


class Feed(Document):
    """How one table is made of the file's rows.

    Attributes:
        table: Conformed table.
        where: SQL that says which rows are meant for it. None: all.
        each: SQL of an array: a row is meant once for each of its elements, which
            `columns` call `each`. None: once. For files with a column per period.
        identifier: How these rows name persons. None: as the file does.
        linked_identifier: For `person_links` only: the other kind's identifier.
        columns: Column of the table to Spark SQL over the file's columns (parsed,
            codes translated).
        repeated: What to do with rows of one key that differ: `sum` the amounts
            (corrections), or `reject` all of them.
    """

    table: str
    where: str | None = None
    each: str | None = None
    identifier: Identifier | None = None
    linked_identifier: Identifier | None = None
    columns: dict[str, str]
    repeated: Literal["sum", "reject"] = "reject"

    @model_validator(mode="after")
    def _columns_are_the_tables(self) -> Self:
        if self.table not in FEEDABLE:
            raise ValueError(
                f"no table is called {self.table}; there are {[*FEEDABLE]}"
            )
        table = FEEDABLE[self.table]
        wanted = set(table.names) - GIVEN
        required = {c.name for c in table.columns if not c.is_nullable} - GIVEN
        faults = [f"has no column {c}" for c in sorted(set(self.columns) - wanted)]
        faults += [f"needs column {c}" for c in sorted(required - set(self.columns))]
        if (self.linked_identifier is None) == (table is PERSON_LINKS):
            faults.append("needs linked_identifier, and only person_links takes it")
        if faults:
            raise ValueError(f"table {self.table} " + "; ".join(faults))
        return self


class Mapping(Document):
    """Everything about one kind of delivered file.

    Attributes:
        name: Name of the mapping; its file is `<name>.yaml`.
        folder: Subfolder of the delivery folder in which the files lie.
        title: What the file is, in words.
        source: Where the layout is described.
        file: How the bytes are laid out.
        covers: The days that a delivery speaks for.
        identifier: How rows name persons.
        columns: The layout.
        feeds: The tables made of it.
    """

    name: str
    folder: str
    title: str
    source: str
    file: FileLayout
    covers: Covers
    identifier: Identifier
    columns: tuple[RawColumn, ...] = Field(min_length=1)
    feeds: tuple[Feed, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _identifiers_are_columns(self) -> Self:
        named = {c.name for c in self.columns}
        for kind in self.identifiers:
            missing = set(kind.columns) - named
            if missing:
                raise ValueError(f"identifier column {sorted(missing)} is not declared")
        return self

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """Every identifier that any of the feeds reads."""
        feeds = [
            kind
            for feed in self.feeds
            for kind in (feed.identifier, feed.linked_identifier)
            if kind is not None
        ]
        return (self.identifier, *feeds)


def read_mapping(path: Path) -> Mapping:
    """Read one mapping.

    Args:
        path: The YAML file.

    Returns:
        The mapping.

    Raises:
        ConfigError: It has faults; all of them are listed with their lines.
    """
    mapping = read_document(path, Mapping)
    if mapping.name != path.stem:
        raise ConfigError(f"{path}: name is {mapping.name}; it must be {path.stem}.")
    return mapping
