"""What a plan measures: values per period, and outcomes defined in days."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name
from rctspark.periods import PeriodKind


class _Outcome(Document):
    """What every outcome has.

    Attributes:
        name: Name in tables.
        unit: Unit of the value.
    """

    name: Name
    unit: str = "share"


class PanelOutcome(_Outcome):
    """A value per period of the panel.

    Attributes:
        value: Spark SQL over the columns of `person_month`.
        horizons: First and last horizon. None: from 0 to the window's end.
    """

    kind: Literal["panel"]
    value: str
    horizons: tuple[int, int] | None = None


class ExitOutcome(_Outcome):
    """Whether the benefit ended within x months or weeks of its start.

    Attributes:
        within: The horizons, in `per`.
        per: Calendar months or weeks.
    """

    kind: Literal["exit"]
    within: tuple[int, ...] = Field(min_length=1)
    per: PeriodKind = PeriodKind.MONTH


class ExitToJobOutcome(_Outcome):
    """Whether the benefit ended and a job was found within x months of its start.

    Attributes:
        within: The horizons, in months.
        apart_months: Job start and benefit end lie at most this far apart.
        destinations: Registered destinations that count as a job by themselves.
    """

    kind: Literal["exit_to_job"]
    within: tuple[int, ...] = Field(min_length=1)
    apart_months: int = Field(1, ge=0)
    destinations: tuple[str, ...] = ()


class TimeShareOutcome(_Outcome):
    """Share of the days from enrolment to the end of follow-up in one state.

    Attributes:
        state: In benefit, in a job that started after enrolment, or in neither.
    """

    kind: Literal["time_share"]
    state: Literal["benefit", "job", "other"]


class BenefitDurationOutcome(_Outcome):
    """A function of the days on benefit from its start to its end.

    Attributes:
        value: Spark SQL over `days`: `ln(days / 7)`.
    """

    kind: Literal["benefit_duration"]
    value: str = "days"
    unit: str = "days"


class FirstJobOutcome(_Outcome):
    """Days from enrolment to the first job that starts after it.

    Not defined for those who found none in the follow-up.
    """

    kind: Literal["first_job"]
    unit: str = "days"


Outcome = Annotated[
    PanelOutcome
    | ExitOutcome
    | ExitToJobOutcome
    | TimeShareOutcome
    | BenefitDurationOutcome
    | FirstJobOutcome,
    Field(discriminator="kind"),
]
