"""What a plan measures: values per period, and outcomes defined in days."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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
        value: Spark SQL over the columns of `person_month`; where the plan names
            reference amounts, also `<name>_eur`; where there is a study
            administration, also `arm_drawn`, `withdrawn_on`, `statuses` (on the last
            day of the period), `statuses_at_enrolment` and `answers` (of the wave
            that the horizon numbers).
        horizons: First and last horizon. None: from 0 to the window's end.
        at: The horizons, one by one, where they do not follow one another. Empty: all
            of `horizons`.
    """

    kind: Literal["panel"]
    value: str
    horizons: tuple[int, int] | None = None
    at: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _horizons_are_said_once(self) -> Self:
        if self.at and self.horizons is not None:
            raise ValueError("say either horizons or at")
        return self


class PanelTotalOutcome(_Outcome):
    """The sum of a value of the panel over some of its periods; it has no horizon.

    Null where the value is not known in one of the periods.

    Attributes:
        value: Spark SQL as for a panel outcome.
        periods: First and last horizon that are added up.
    """

    kind: Literal["panel_total"]
    value: str
    periods: tuple[int, int]


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

    A plan can count work that was resumed without an exit as if it were one.

    Attributes:
        within: The horizons, in months.
        apart_months: Job start and benefit end lie at most this far apart.
        destinations: Registered destinations that count as a job by themselves.
        payroll: Whether a job in payroll counts; False: destinations alone.
        or_resumed: Trait of a benefit spell that says on which day (yyyy-MM-dd) work
            was resumed in part while the benefit went on; from that day on it counts.
            None: partial resumption is no exit.
        or_any_job: Whether every job that started since the benefit did counts, the
            benefit ended or not.
    """

    kind: Literal["exit_to_job"]
    within: tuple[int, ...] = Field(min_length=1)
    apart_months: int = Field(1, ge=0)
    destinations: tuple[str, ...] = ()
    payroll: bool = True
    or_resumed: Name | None = None
    or_any_job: bool = False


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


class FollowUpOutcome(_Outcome):
    """Months from enrolment to the end of the person's follow-up.

    Both days included, in mean months of 365.25 / 12 days.
    """

    kind: Literal["follow_up"]
    unit: str = "months"


class ReentryOutcome(_Outcome):
    """Whether a new benefit began after the first one ended, by the end of follow-up.

    A revival is no new benefit. Whoever never left has not come back: the share is
    of everyone enrolled.
    """

    kind: Literal["reentry"]


class JobQualityOutcome(_Outcome):
    """What the jobs are like that started after enrolment.

    Not defined for those without such a job by the end of follow-up.

    Attributes:
        measure: `first_job_permanent`: whether the first job's first known contract
            is permanent; `first_job_days`: days from its start to its end, both
            included, by the end of follow-up; `number_of_jobs`; `part_time_factor`
            and `hourly_wage`: of each job from its payroll, then the mean over the
            person's jobs.
    """

    kind: Literal["job_quality"]
    measure: Literal[
        "first_job_permanent",
        "first_job_days",
        "number_of_jobs",
        "part_time_factor",
        "hourly_wage",
    ]


class RoundBenefitOutcome(_Outcome):
    """Whether a person is in benefit on the day when each of the plan's rounds is due.

    Interruptions that a revival closes count as benefit.
    """

    kind: Literal["round_benefit"]


class RoundContactOutcome(_Outcome):
    """Whether a contact took place in the window of each of the plan's rounds.

    Attributes:
        kinds: Kinds of contact that count.
    """

    kind: Literal["round_contact"]
    kinds: tuple[str, ...] = Field(min_length=1)


class ContactCountOutcome(_Outcome):
    """Contacts from a day of benefit on, by the end of follow-up.

    Attributes:
        measure: Their number, or whether there was `any` (1 or 0).
        kinds: Kinds of contact that count.
        from_day: First day that counts, in days since the benefit's start.
        status: What became of them; only `held` took place.
    """

    kind: Literal["contact_count"]
    measure: Literal["number", "any"] = "number"
    kinds: tuple[str, ...] = Field(min_length=1)
    from_day: int = Field(0, ge=0)
    status: Literal["held", "cancelled", "no_show"] = "held"
    unit: str = "contacts"


PerRoundOutcome = RoundBenefitOutcome | RoundContactOutcome
"""Outcomes whose horizons are the numbers of the plan's rounds."""

OfPanel = PanelOutcome | PanelTotalOutcome
"""Outcomes that are read from the panel."""

Outcome = Annotated[
    PanelOutcome
    | PanelTotalOutcome
    | ExitOutcome
    | ExitToJobOutcome
    | TimeShareOutcome
    | BenefitDurationOutcome
    | FirstJobOutcome
    | FollowUpOutcome
    | ReentryOutcome
    | JobQualityOutcome
    | RoundBenefitOutcome
    | RoundContactOutcome
    | ContactCountOutcome,
    Field(discriminator="kind"),
]
