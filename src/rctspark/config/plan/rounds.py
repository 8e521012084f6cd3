"""Rounds of interviews: stretches of days in which a contact is due."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document


class Round(Document):
    """One round of interviews.

    Attributes:
        number: Its number, the horizon of outcomes per round: month 4, 7, 10, 12.
        first_day: First day on which a contact counts, in days since the benefit's
            start.
        last_day: Last such day, included. Whose window is not observed to this day
            has no value.
        due_on: Day on which who is in benefit is due. None: the first day.
    """

    number: int = Field(ge=1)
    first_day: int = Field(ge=0)
    last_day: int = Field(ge=0)
    due_on: int | None = Field(None, ge=0)

    @property
    def due_day(self) -> int:
        """Day on which who is in benefit is due."""
        return self.first_day if self.due_on is None else self.due_on

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("the window of the round ends before it starts")
        return self
