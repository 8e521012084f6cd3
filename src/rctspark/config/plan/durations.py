"""How long something lasts: clock, ways of leaving, curves, tests and hazards."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name


class Departure(Document):
    """One way of leaving.

    Attributes:
        name: Name in tables: `job`, `other`.
        destinations: Registered destinations at the end of the benefit that count.
        job_within_months: A job that starts at most so many months from the end of
            the benefit counts too. None: jobs are not looked at.
        is_rest: Whoever leaves in no other way leaves in this one.
    """

    name: Name
    destinations: tuple[str, ...] = ()
    job_within_months: int | None = Field(None, ge=0)
    is_rest: bool = False

    @model_validator(mode="after")
    def _says_who_leaves(self) -> Self:
        says = bool(self.destinations) or self.job_within_months is not None
        if says == self.is_rest:
            raise ValueError("give destinations or job_within_months, or is_rest alone")
        return self


class Varying(Document):
    """Something that changes from period to period.

    Attributes:
        name: Name in models and tables.
        value: Spark SQL over the columns of `person_month`.
        lag: Periods that it is looked at before the period at risk; 0: in it.
    """

    name: Name
    value: str
    lag: int = Field(0, ge=0)


class _Hazard(Document):
    """What every regression of a hazard has.

    Attributes:
        name: Name in tables.
        cause: Way of leaving whose hazard it is, the others ending the time at risk.
            None: any.
        covariates: Covariates of the plan, besides the arms.
    """

    name: Name
    cause: str | None = None
    covariates: tuple[str, ...] = ()


class CoxModel(_Hazard):
    """Cox regression with Efron's ties.

    Attributes:
        varying: What changes from period to period, by name.
        first_period: Periods before it are not at risk: where `lag` looks back
            beyond the panel.
        covariance: `model`, or `cluster`: robust, a person being a cluster.
    """

    kind: Literal["cox"]
    varying: tuple[str, ...] = ()
    first_period: int = Field(1, ge=1)
    covariance: Literal["model", "cluster"] = "model"


class DiscreteModel(_Hazard):
    """Hazard per period, with a constant per piece of time.

    Attributes:
        link: `logit`, or `cloglog`: proportional hazards in grouped time.
        pieces: Period in which each piece begins, the first being 1.
        varying: As for Cox.
        first_period: As for Cox.
        covariance: As for Cox.
        interview: Whether having had the duration's interview is among what changes:
            from the period after the one in which it was held.
    """

    kind: Literal["discrete"]
    link: Literal["logit", "cloglog"] = "logit"
    pieces: tuple[int, ...] = (1,)
    varying: tuple[str, ...] = ()
    first_period: int = Field(1, ge=1)
    covariance: Literal["model", "cluster"] = "model"
    interview: bool = False


class TimingModel(_Hazard):
    """Timing of events: all ways of leaving and the interview, jointly.

    The arms are covariates of the interview's hazard alone: assignment acts through
    the interview.

    Attributes:
        breaks: Where pieces of the hazards of leaving begin, after 0, in the
            duration's unit.
        interview_breaks: The same for the interview's hazard.
        within: Horizons at which effects are also given as points of exit.
        interview_at: When, for these, everyone still in is interviewed.
    """

    kind: Literal["timing"]
    breaks: tuple[float, ...]
    interview_breaks: tuple[float, ...]
    within: tuple[float, ...] = Field(min_length=1)
    interview_at: float = Field(gt=0)


HazardModel = Annotated[
    CoxModel | DiscreteModel | TimingModel, Field(discriminator="kind")
]


class Interview(Document):
    """What is held for the treatment that comes while a duration runs.

    Attributes:
        kinds: Kinds of contact; the first one held counts.
        round: Number of a round of the plan: only contacts inside its window count.
            None: all do.
    """

    kinds: tuple[str, ...] = Field(min_length=1)
    round: int | None = None


class DurationPlan(Document):
    """One duration of everyone enrolled.

    Whoever has not left by the end of follow-up is last seen then; nobody is followed
    for longer than `until`.

    Attributes:
        name: Name in tables.
        title: For people.
        origin: Day from which time runs.
        ends_at: What ends it: the benefit's end (revivals joined), or the first job
            that starts after enrolment.
        unit: Unit of time: days; weeks of seven days from the origin; or calendar
            months from it. The first is number 1, so time is a whole number.
        until: Longest time that is looked at, in `unit`.
        departures: Ways of leaving; who could leave in several leaves in the first,
            and who leaves in none of the others in the last, which has `is_rest`.
            Empty: one way, named as `ends_at`.
        curves: What is given at every time, by arm.
        tests: Tests that arms leave alike.
        within: Times at which incidence is compared with control's.
        mean_until: Limits of restricted means, compared with control's.
        strata: Categorical covariate within which arms are tested.
        varying: What changes from period to period.
        interview: The treatment of timing models, and of hazards that ask for it.
        models: Regressions of the hazard.
    """

    name: Name
    title: str = ""
    origin: Literal["benefit_start", "enrolment"] = "benefit_start"
    ends_at: Literal["benefit_end", "first_job"] = "benefit_end"
    unit: Literal["day", "week", "month"] = "day"
    until: int = Field(gt=0)
    departures: tuple[Departure, ...] = ()
    curves: tuple[Literal["survival", "incidence", "hazard"], ...] = ("survival",)
    tests: tuple[Literal["log_rank", "gray"], ...] = ()
    within: tuple[int, ...] = ()
    mean_until: tuple[int, ...] = ()
    strata: str | None = None
    varying: tuple[Varying, ...] = ()
    interview: Interview | None = None
    models: tuple[HazardModel, ...] = ()

    @property
    def causes(self) -> tuple[str, ...]:
        """Names of the ways of leaving."""
        return tuple(d.name for d in self.departures) or (self.ends_at,)

    @property
    def job_months(self) -> tuple[int, ...]:
        """How far apart jobs and the benefit's end may lie, over all departures."""
        found = {d.job_within_months for d in self.departures} - {None}
        return tuple(sorted(m for m in found if m is not None))

    @property
    def uses(self) -> tuple[str, ...]:
        """Covariates of the plan that the models and tests need."""
        names = [c for model in self.models for c in model.covariates]
        return tuple(dict.fromkeys([*names, *([self.strata] if self.strata else [])]))

    @model_validator(mode="after")
    def _parts_go_together(self) -> Self:
        faults = [f"{name} stands here twice" for name in self._twice()]
        if self.ends_at == "first_job" and self.departures:
            faults.append("departures are ways in which a benefit ends")
        if self.departures and self._rests() != [len(self.departures) - 1]:
            faults.append("the last of the departures, and no other, has is_rest")
        known = {v.name for v in self.varying}
        for model in self.models:
            faults += self._model_faults(model, known)
        if max((*self.within, *self.mean_until), default=0) > self.until:
            faults.append("within and mean_until lie within until")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _rests(self) -> list[int]:
        return [i for i, d in enumerate(self.departures) if d.is_rest]

    def _twice(self) -> list[str]:
        columns = [*(v.name for v in self.varying), *self.uses]
        groups = (self.causes, tuple(m.name for m in self.models), tuple(columns))
        return sorted({n for group in groups for n in group if group.count(n) > 1})

    def _model_faults(self, model: HazardModel, known: set[str]) -> list[str]:
        faults = []
        if model.cause is not None and model.cause not in self.causes:
            faults.append(f"model {model.name}: no departure is called {model.cause}")
        if isinstance(model, TimingModel):
            if self.interview is None:
                faults.append(f"model {model.name}: timing needs an interview")
            if model.cause is not None:
                faults.append(f"model {model.name}: timing takes all ways of leaving")
            return faults
        if isinstance(model, DiscreteModel) and model.interview and not self.interview:
            faults.append(f"model {model.name}: the duration has no interview")
        faults += [
            f"model {model.name}: nothing varying is called {name}"
            for name in model.varying
            if name not in known
        ]
        return faults
