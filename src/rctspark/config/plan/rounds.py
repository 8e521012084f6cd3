"""Rounds of interviews: stretches of days in which a contact is due."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document


class Round(Document):
    """One round of interviews.

    Attributes:
        number: Its number, the horizon of outcomes per round: month 4, 7, 10, 12.
        first_day: First day of the window, in days since the benefit's start. Who is
            in benefit on this day is due.
        last_day: Last day of the window, included.
        may_be_cut: Whether the end of follow-up may cut the window short. False: a
            person whose window is not observed in full has no value.
    """

    number: int = Field(ge=1)
    first_day: int = Field(ge=0)
    last_day: int = Field(ge=0)
    may_be_cut: bool = False

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("the window of the round ends before it starts")
        return self
