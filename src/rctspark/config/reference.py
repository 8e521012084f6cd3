"""Reference amounts: what the law sets for a time, entered with its source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document, read_document
from rctspark.config.plan.name import Name
from rctspark.errors import ConfigError, listed
from rctspark.periods import PeriodKind

if TYPE_CHECKING:
    from pathlib import Path


class ReferenceAmounts(Document):
    """Amounts that hold from a day until the next one.

    Attributes:
        name: Name of the amounts; the file is `<name>.yaml`, and in the panel the
            amount of a period is `<name>_eur`.
        title: What they are, in words.
        source: Where they are published.
        unit: Unit.
        every_months: Months after which a new amount follows. None: at any time.
        until: Last day for which the amounts are known.
        amounts: First day to amount.
    """

    name: Name
    title: str
    source: str = Field(min_length=1)
    unit: str = "euro"
    every_months: int | None = Field(None, ge=1)
    until: date
    amounts: dict[date, Decimal] = Field(min_length=1)

    @model_validator(mode="after")
    def _nothing_is_missing(self) -> Self:
        days = list(self.amounts)
        faults = []
        if days != sorted(days):
            faults.append("the days are not in order")
        if self.until < days[-1]:
            faults.append("until lies before the last amount")
        faults += [f"no amount from {day} on" for day in self._missing()]
        faults += [
            f"{d}: the amount is not above zero" for d in days if self.amounts[d] <= 0
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _missing(self) -> list[date]:
        if self.every_months is None:
            return []
        day, last, missing = min(self.amounts), self.until, []
        while day <= last:
            if day not in self.amounts:
                missing.append(day)
            day = PeriodKind.MONTH.shift(day, self.every_months)
        return missing

    @property
    def column(self) -> str:
        """Name of the column that holds the amount of a period."""
        return f"{self.name}_eur"

    def require(self, first: date, last: date) -> None:
        """Stop where an amount is not known for a stretch of time.

        Args:
            first: First day that is needed.
            last: Last day that is needed.

        Raises:
            ConfigError: Says from when until when amounts are missing.
        """
        known = min(self.amounts)
        faults = []
        if first < known:
            faults.append(f"{first} to {known}: nothing known before {known}")
        if last > self.until:
            faults.append(f"{self.until} to {last}: nothing known after {self.until}")
        if faults:
            raise ConfigError(
                f"Reference amounts {self.name} are missing for part of the panel:\n"
                f"{listed(faults)}\nEnter them, with their source, in "
                f"conf/reference/{self.name}.yaml."
            )


def read_reference(path: Path) -> ReferenceAmounts:
    """Read one file of reference amounts.

    Args:
        path: The YAML file.

    Returns:
        The amounts.

    Raises:
        ConfigError: It has faults; all of them are listed with their lines.
    """
    amounts = read_document(path, ReferenceAmounts)
    if amounts.name != path.stem:
        raise ConfigError(f"{path}: name is {amounts.name}; it must be {path.stem}.")
    return amounts
