"""What a table is: its grain, its key, its columns and its rules, said once.

From a `Table` come the Spark schema (as DDL, so that this module knows no Spark), the
promises that the quality gate checks, the constraints that Delta keeps, the drawn
tables of tests and the data dictionary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rctspark.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import DataFrame

Access = Literal["open", "restricted"]
SAFE_NAME = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: snake_case, with its unit if it has one: `wage_eur`.
        type: Spark's name for the type: `string`, `date`, `decimal(12,2)`.
        meaning: One sentence that a caseworker would agree with.
        unit: Unit of the value: `euro`, `days`. Empty: none.
        null_means: What a null says. Empty: null can't occur.
        allowed: The only values that may occur. Empty: any value.
    """

    name: str
    type: str
    meaning: str
    unit: str = ""
    null_means: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def is_nullable(self) -> bool:
        """Whether a null can occur."""
        return bool(self.null_means)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise about the rows of a table.

    Attributes:
        id: Stable name: `person_month.benefit_days.present`.
        words: The promise as a sentence.
        holds: SQL that is true or null for every row that keeps it.
    """

    id: str
    words: str
    holds: str


@dataclass(frozen=True, slots=True)
class Table:
    """A promise about a DataFrame.

    Attributes:
        name: Name in the store and in error messages.
        grain: What one row is, in words.
        key: Columns that together name a row.
        columns: Every column, in order.
        rules: Promises about a row, in words, each with the SQL that keeps it.
        slice_by: Columns whose values name the part of the table that one run
            replaces. Empty: a run replaces the whole table.
        partition_by: Columns by which the files are laid out.
        access: `restricted`: only for those who may look at single persons' rows.
        is_log: Rows are only ever added.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: Mapping[str, str] = field(default_factory=dict)
    slice_by: tuple[str, ...] = ()
    partition_by: tuple[str, ...] = ()
    access: Access = "open"
    is_log: bool = False

    def __post_init__(self) -> None:
        """Refuse a contract that names columns it does not have."""
        names = {c.name for c in self.columns}
        unknown = {*self.key, *self.slice_by, *self.partition_by} - names
        if unknown:
            raise ContractError(f"{self.name} has no column {sorted(unknown)}.")

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`."""
        return next(c for c in self.columns if c.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def ddl(self) -> str:
        """The schema as Spark writes it: `person_id bigint, month date`.

        Nullability is left out: Spark does not keep it through a write, so presence
        is a promise of its own.
        """
        return ", ".join(f"{c.name} {c.type}" for c in self.columns)

    @property
    def promises(self) -> tuple[Promise, ...]:
        """Every promise about single rows; the key is promised besides."""
        return tuple(self._promises())

    @property
    def constraints(self) -> dict[str, str]:
        """Delta CHECK constraints by name: the last net, behind the promises.

        To Delta a test that comes out null is broken; to a promise it is kept.
        """
        return {
            SAFE_NAME.sub("_", p.id): f"coalesce({p.holds}, true)"
            for p in self.promises
        }

    def _promises(self) -> Iterator[Promise]:
        for c in self.columns:
            if not c.is_nullable:
                yield Promise(
                    f"{self.name}.{c.name}.present",
                    f"{c.name} is present",
                    f"{c.name} IS NOT NULL",
                )
            if c.allowed:
                values = ", ".join(f"'{value}'" for value in c.allowed)
                yield Promise(
                    f"{self.name}.{c.name}.allowed",
                    f"{c.name} is one of {', '.join(c.allowed)}",
                    f"{c.name} IN ({values})",
                )
        for words, holds in self.rules.items():
            yield Promise(
                f"{self.name}.{SAFE_NAME.sub('_', words)}",
                words,
                holds,
            )

    def shape(self, frame: DataFrame) -> DataFrame:
        """Return `frame` with exactly this table's columns, in order.

        Looks at the schema only: no Spark job runs.

        Args:
            frame: A DataFrame with at least this table's columns.

        Returns:
            The same rows; extra columns dropped.

        Raises:
            ContractError: A column is missing or has another type.
        """
        found = dict(frame.dtypes)
        faults = [
            f"{c.name}: expected {c.type}, found {found.get(c.name, 'no column')}"
            for c in self.columns
            if found.get(c.name) != c.type
        ]
        if faults:
            raise ContractError(f"{self.name}: " + "; ".join(faults) + ".")
        return frame.select(*self.names)
