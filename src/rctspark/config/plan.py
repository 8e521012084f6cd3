"""The analysis plan of an experiment: who, which arms, what is measured, how.

One file under `conf/experiments/` per experiment, parsed once into frozen objects. Its
digest, without labels and comments, goes with every result.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document, read_document
from rctspark.errors import PlanError
from rctspark.periods import PeriodKind, Window

if TYPE_CHECKING:
    from pathlib import Path

LABELS = frozenset({"title", "description", "source", "labels"})
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
BEFORE_ASSIGNMENT = (
    "birth",
    "registration",
    "benefit_start",
    "invitation",
    "enrolment",
)


class RegistersPlan(Document):
    """The registers that the experiment reads.

    Attributes:
        root: Name of the register root in the lake; plans may share one.
        mappings: Mappings of the files that are delivered, each in its own folder.
        as_known_on: The data version is what was known on this day.
        data_version: Name of a data version; takes the place of `as_known_on`.
        links: Whether registers of different identifier kinds are joined by a
            delivered link table.
    """

    root: Name
    mappings: tuple[Name, ...] = Field(min_length=1)
    as_known_on: date | None = None
    data_version: str | None = None
    links: bool = False

    @model_validator(mode="after")
    def _one_data_version(self) -> Self:
        if (self.as_known_on is None) == (self.data_version is None):
            raise ValueError("give either as_known_on or data_version")
        return self


class WindowPlan(Document):
    """Horizons of the panel, both ends included."""

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
        exclusions: Applied in order; each person leaves once.
    """

    origin: Literal["benefit_start", "enrolment"] | date
    benefits: tuple[str, ...] = Field(min_length=1)
    revival_days: int | None = Field(None, ge=0)
    clock: Clock | None = None
    sites: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()


class Arms(Document):
    """The arms.

    Attributes:
        control: Arm that the others are compared with.
        treatments: The other arms, in the order of tables.
    """

    control: Name
    treatments: tuple[Name, ...] = Field(min_length=1)

    @property
    def all(self) -> tuple[str, ...]:
        """Every arm, control first."""
        return (self.control, *self.treatments)


class AssignmentPlan(Document):
    """How arms were assigned, and which arm the analysis follows.

    Attributes:
        rule: `parity` of the identifier's last digit, or `list`: the delivered
            assignment list is the draw.
        even: Arm of even digits.
        odd: Arm of odd digits.
        analyse: Follow the `rule` or the arm that was `recorded`.
        shares: Intended share of each arm, for the sample-ratio test.
    """

    rule: Literal["parity", "list"]
    even: str | None = None
    odd: str | None = None
    analyse: Literal["rule", "recorded"] = "rule"
    shares: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _parity_names_two_arms(self) -> Self:
        if self.rule == "parity" and not (self.even and self.odd):
            raise ValueError("rule parity needs the arms of even and odd digits")
        return self


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


class Covariate(Document):
    """Something known before assignment that a model adjusts for.

    Attributes:
        name: Name in models and tables.
        value: Spark SQL over the person's columns (`sex`, `traits.x`, ...) and the
            population's (`age_at_enrolment`, `site`, ...); or, where `panel` is
            given, an aggregate over those rows of the panel: `sum(wage_eur)`.
        measured: When it was measured.
        categories: Values of a categorical covariate, the first being the one that
            the others are compared with. Empty: a number.
        missing: `refuse`: everyone must have a value. `dummy`: an unknown number
            counts as 0, and a column `<name>=missing` says whose it is.
        panel: First and last horizon (relative to the period of `anchor`).
        anchor: The person's own date from which `panel` counts.
    """

    name: Name
    value: str
    measured: str = "registration"
    categories: tuple[str, ...] = ()
    missing: Literal["refuse", "dummy"] = "refuse"
    panel: tuple[int, int] | None = None
    anchor: Literal["origin", "invitation", "enrolment"] = "origin"

    @model_validator(mode="after")
    def _measured_before_assignment(self) -> Self:
        if self.measured not in BEFORE_ASSIGNMENT:
            raise ValueError(
                f"measured at {self.measured}: a covariate must be measured before "
                f"assignment; one of {', '.join(BEFORE_ASSIGNMENT)}"
            )
        if self.missing == "dummy" and self.categories:
            raise ValueError(
                "missing: dummy is for numbers; give an unknown category a name"
            )
        if self.panel is not None and not self.panel[0] <= self.panel[1] < 0:
            raise ValueError(
                "measured after assignment: the periods of a covariate end at -1 at "
                "the latest, and the first does not come after the last"
            )
        return self


class Model(Document):
    """A regression on arms and covariates.

    Attributes:
        name: Name in tables.
        covariates: Names of covariates. Empty: the difference in means.
        products: `pairwise`: also all products of two columns, except of two
            categories of one covariate.
        estimator: `ols`; `lin`: the covariates also times every arm, effects at
            their mean; `logit`: average marginal effects; `iv`: two-stage least
            squares, what was received instrumented by assignment.
        by: Categorical covariate whose categories have an effect each. None: one
            effect for everyone.
        strata: Categorical covariate of which each category has a constant.
        receipt: For `iv`, arm to the outcome that says (1 or 0) whether a person
            received what the arm offers; arms may share an outcome.
        receipt_horizon: Horizon of those outcomes; 0 where they have none.
        selection: For `iv`, who is analysed where that was decided after
            assignment, in words; it stands in the result.
    """

    name: Name
    covariates: tuple[str, ...] = ()
    products: Literal["none", "pairwise"] = "none"
    estimator: Literal["ols", "lin", "logit", "iv"] = "ols"
    by: str | None = None
    strata: str | None = None
    receipt: dict[str, str] = Field(default_factory=dict)
    receipt_horizon: int = 0
    selection: str = ""

    @property
    def uses(self) -> tuple[str, ...]:
        """Every covariate that the model needs."""
        extra = (self.by, self.strata)
        return tuple(
            dict.fromkeys((*self.covariates, *(e for e in extra if e is not None)))
        )

    @model_validator(mode="after")
    def _parts_go_together(self) -> Self:
        faults = []
        if (self.estimator == "iv") != bool(self.receipt):
            faults.append("estimator iv and receipt go together")
        if self.by and self.estimator != "ols":
            faults.append("by is for estimator ols")
        if self.strata and self.estimator not in {"ols", "iv"}:
            faults.append("strata are absorbed by estimators ols and iv alone")
        if self.selection and self.estimator != "iv":
            faults.append("selection is for estimator iv")
        if self.by and self.by == self.strata:
            faults.append("by and strata are the same covariate")
        if faults:
            raise ValueError("; ".join(faults))
        return self


class Analysis(Document):
    """Outcomes x models on one population.

    Attributes:
        population: Label of those analysed.
        arms: Arms in the regression, control included. Empty: all.
        where: Spark SQL over the sample's columns that says who is analysed; only
            on what is known at enrolment. None: everyone enrolled.
        outcomes: Names. Empty: all.
        models: Names. Empty: all.
    """

    population: Name
    arms: tuple[str, ...] = ()
    where: str | None = None
    outcomes: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class Inference(Document):
    """How uncertainty is stated.

    Attributes:
        covariance: Kind of covariance; `CR1` and `CR2` need `cluster`.
        cluster: Categorical covariate that says who was assigned together.
        level: Level of the intervals.
        minimum_persons: Fewest persons per arm; the data owner's threshold holds
            where that is higher.
    """

    covariance: Literal["classical", "HC0", "HC1", "HC2", "HC3", "CR1", "CR2"] = "HC1"
    cluster: str | None = None
    level: float = Field(0.90, gt=0.5, lt=1)
    minimum_persons: int = Field(10, ge=2)

    @model_validator(mode="after")
    def _clusters_are_named(self) -> Self:
        if self.covariance.startswith("CR") != (self.cluster is not None):
            raise ValueError("covariance CR1 or CR2 and cluster go together")
        return self


class Headline(Document):
    """The figures that a reader sees first.

    Attributes:
        outcome: Name of an outcome.
        horizon: Its horizon.
        model: Name of a model.
        population: Label of an analysis.
    """

    outcome: str
    horizon: int
    model: str
    population: str = "all"


class Plan(Document):
    """The analysis plan of one experiment.

    Attributes:
        name: Name of the experiment; its file is `<name>.yaml`.
        title: For people.
        description: For people.
        source: Where the design is described.
        labels: Name in the plan to words in tables, by language.
        registers: What it reads.
        earnings_sources: Sources of earnings that count.
        period: Unit of the panel's time.
        window: Horizons of the panel.
        follow_up_until: Last day that outcomes may look at.
        population: Who is followed.
        arms: The arms.
        assignment: How they were assigned.
        outcomes: What is measured.
        covariates: What models may adjust for.
        models: The regressions.
        analyses: Which of them are run, on whom.
        inference: How uncertainty is stated.
        headlines: The figures that a reader sees first.
    """

    name: Name
    title: str
    description: str = ""
    source: str = ""
    labels: dict[str, dict[str, str]] = Field(default_factory=dict)
    registers: RegistersPlan
    earnings_sources: tuple[str, ...] = Field(("payroll",), min_length=1)
    period: PeriodKind = PeriodKind.MONTH
    window: WindowPlan
    follow_up_until: date
    population: PopulationPlan
    arms: Arms
    assignment: AssignmentPlan
    outcomes: tuple[Outcome, ...] = Field(min_length=1)
    covariates: tuple[Covariate, ...] = ()
    models: tuple[Model, ...] = Field(min_length=1)
    analyses: tuple[Analysis, ...] = Field(min_length=1)
    inference: Inference = Inference()
    headlines: tuple[Headline, ...] = ()

    @property
    def hash(self) -> str:
        """Digest of what the plan says, without labels and comments."""
        return self.digest(without=LABELS)

    @property
    def panel_outcomes(self) -> tuple[PanelOutcome, ...]:
        """Outcomes per period."""
        return tuple(o for o in self.outcomes if isinstance(o, PanelOutcome))

    def horizons(self, outcome: PanelOutcome) -> range:
        """Return the horizons of a panel outcome."""
        first, last = outcome.horizons or (0, self.window.last)
        return range(first, last + 1)


def plan_faults(plan: Plan) -> list[tuple[str, str]]:
    """Find names that a plan uses and does not declare, or declares twice.

    Args:
        plan: A plan whose parts are each right by themselves.

    Returns:
        Key in the file and the fault, in the order of the file.
    """
    faults: list[tuple[str, str]] = []
    arms = set(plan.arms.all)
    declared = {
        "outcomes": [o.name for o in plan.outcomes],
        "covariates": [c.name for c in plan.covariates],
        "models": [m.name for m in plan.models],
        "analyses": [a.population for a in plan.analyses],
        "population.exclusions": [x.id for x in plan.population.exclusions],
        "arms.treatments": list(plan.arms.all),
    }
    for key, names in declared.items():
        twice = sorted({n for n in names if names.count(n) > 1})
        faults += [(key, f"{name} stands here twice") for name in twice]

    def check(key: str, used: tuple[str, ...], known: set[str], what: str) -> None:
        unknown = [name for name in used if name not in known]
        faults.extend((key, f"no {what} is called {name}") for name in unknown)

    rule = plan.assignment
    given = tuple(a for a in (rule.even, rule.odd, *rule.shares) if a is not None)
    check("assignment", given, arms, "arm")
    outcomes, models = set(declared["outcomes"]), set(declared["models"])
    known = set(declared["covariates"])
    for i, model in enumerate(plan.models):
        check(f"models.{i}.covariates", model.covariates, known, "covariate")
        check(f"models.{i}.receipt", tuple(model.receipt), arms, "arm")
        received = tuple(model.receipt.values())
        check(f"models.{i}.receipt", received, outcomes, "outcome")
    faults += _category_faults(plan)
    for i, analysis in enumerate(plan.analyses):
        check(f"analyses.{i}.arms", analysis.arms, arms, "arm")
        check(f"analyses.{i}.outcomes", analysis.outcomes, outcomes, "outcome")
        check(f"analyses.{i}.models", analysis.models, models, "model")
        if analysis.arms and plan.arms.control not in analysis.arms:
            faults.append((f"analyses.{i}.arms", "control is not among the arms"))
    for i, head in enumerate(plan.headlines):
        check(f"headlines.{i}.outcome", (head.outcome,), outcomes, "outcome")
        check(f"headlines.{i}.model", (head.model,), models, "model")
        known = set(declared["analyses"])
        check(f"headlines.{i}.population", (head.population,), known, "analysis")
    return faults + _window_faults(plan)


def _category_faults(plan: Plan) -> list[tuple[str, str]]:
    """Find covariates that must be categorical and are not, or are not declared."""
    categorical = {c.name for c in plan.covariates if c.categories}
    named = [
        (f"models.{i}.{key}", name)
        for i, model in enumerate(plan.models)
        for key, name in (("by", model.by), ("strata", model.strata))
        if name is not None
    ]
    cluster = plan.inference.cluster
    if cluster is not None:
        named.append(("inference.cluster", cluster))
    faults = [
        (key, f"no categorical covariate is called {name}")
        for key, name in named
        if name not in categorical
    ]
    if cluster is not None:
        faults += [
            (f"models.{i}", f"estimator {model.estimator} has no clustered covariance")
            for i, model in enumerate(plan.models)
            if model.estimator == "lin"
        ]
        faults += [
            (f"models.{i}.strata", "with clusters, give strata as a covariate")
            for i, model in enumerate(plan.models)
            if model.strata
        ]
    few = ("classical", "HC0", "HC1", "CR1")
    known = {"iv": few, "logit": few}
    covariance = plan.inference.covariance
    faults += [
        (f"models.{i}", f"estimator {model.estimator} has no covariance {covariance}")
        for i, model in enumerate(plan.models)
        if covariance not in known.get(model.estimator, (covariance,))
    ]
    return faults


def _window_faults(plan: Plan) -> list[tuple[str, str]]:
    faults = []
    for i, outcome in enumerate(plan.outcomes):
        if isinstance(outcome, PanelOutcome) and outcome.horizons is not None:
            first, last = outcome.horizons
            if not plan.window.first <= first <= last <= plan.window.last:
                key = f"outcomes.{i}.horizons"
                faults.append((key, "does not lie within the plan's window"))
    clock = plan.population.clock
    if clock is not None and plan.follow_up_until < clock.last:
        faults.append(("follow_up_until", "lies before the last day of enrolment"))
    if clock is None and plan.assignment.rule == "parity":
        faults.append(("assignment.rule", "parity needs a population.clock"))
    return faults


def read_plan(path: Path) -> Plan:
    """Read one analysis plan.

    Args:
        path: The YAML file.

    Returns:
        The plan.

    Raises:
        PlanError: It has faults; all of them are listed with line and key.
    """
    return read_document(path, Plan, error=PlanError, crosscheck=plan_faults)
