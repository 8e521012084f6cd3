"""Who is followed and from when: registers, window, clock, exclusions."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name
from rctspark.contracts import REGISTERS
from rctspark.periods import Window


class RegistersPlan(Document):
    """The registers that the experiment reads.

    Attributes:
        root: Name of the register root in the lake; plans may share one.
        mappings: Mappings of the files that are delivered, each in its own folder.
        as_known_on: The data version is what was known on this day.
        data_version: Name of a data version; takes the place of `as_known_on`.
        links: Whether registers of different identifier kinds are joined by a
            delivered link table.
        not_known: Table to the first days of months of which its files hold nothing,
            though they say that they speak for them: null, not zero.
    """

    root: Name
    mappings: tuple[Name, ...] = Field(min_length=1)
    as_known_on: date | None = None
    data_version: str | None = None
    links: bool = False
    not_known: dict[str, tuple[date, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole_months_of_known_tables(self) -> Self:
        names = {table.name for table in REGISTERS}
        faults = [
            f"not_known: {t} is no register" for t in self.not_known.keys() - names
        ]
        faults += [
            f"not_known: {day} is not the first day of a month"
            for days in self.not_known.values()
            for day in days
            if day.day != 1
        ]
        if faults:
            raise ValueError("; ".join(sorted(faults)))
        return self

    @model_validator(mode="after")
    def _one_data_version(self) -> Self:
        if (self.as_known_on is None) == (self.data_version is None):
            raise ValueError("give either as_known_on or data_version")
        return self


class WindowPlan(Document):
    """Horizons of the panel, both ends included.

    Attributes:
        first: First horizon; below 0 for periods before the origin.
        last: Last horizon.
    """

    first: int = Field(le=0)
    last: int = Field(ge=0)

    @property
    def window(self) -> Window:
        """The window."""
        return Window(self.first, self.last)


class Clock(Document):
    """Enrolment after a fixed time on the benefit, within a window of days.

    Attributes:
        after_days: Days from the benefit's start to enrolment.
        first: First day of enrolment.
        last: Last day of enrolment, included.
    """

    after_days: int = Field(ge=0)
    first: date
    last: date

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.last < self.first:
            raise ValueError("the enrolment window ends before it starts")
        return self


class Exclusion(Document):
    """A reason not to be enrolled, decided on what was known at enrolment.

    Attributes:
        id: Short name.
        when: Spark SQL over the benefit spell, the person (`traits` of the person,
            `spell_traits` of the spell), `benefit_start_date`, `enrolment_date`,
            `site` and `age_at_enrolment`.
        reason: In words, for the funnel.
    """

    id: Name
    when: str
    reason: str


class PopulationPlan(Document):
    """Who is followed, and from which day horizons are counted.

    Attributes:
        origin: Day from which horizons are counted: the benefit's start, enrolment,
            or one fixed day for everyone.
        benefits: Schemes whose spells count as benefit, here and in outcomes.
        revival_days: A spell that starts within this many days after the last one
            ended carries on from it; None: never.
        clock: Enrolment by time on the benefit. None: everyone on an assignment
            list is enrolled on the day of the list.
        sites: Sites of the experiment. Empty: all.
        exclusions: Applied in order; each person leaves once. Without a clock, their
            SQL is over the study administration (`excluded_because`).
        groups: Groups that are followed besides the enrolled, from the study
            administration: `reference`, never contacted, and `target`, the rest of
            the target population.
    """

    origin: Literal["benefit_start", "enrolment"] | date
    benefits: tuple[str, ...] = Field(min_length=1)
    revival_days: int | None = Field(None, ge=0)
    clock: Clock | None = None
    sites: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    groups: tuple[Literal["reference", "target"], ...] = ()

    @model_validator(mode="after")
    def _groups_need_one_day(self) -> Self:
        if self.groups and not isinstance(self.origin, date):
            raise ValueError("groups are followed from one fixed day: give origin")
        return self
