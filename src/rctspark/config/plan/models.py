"""What a plan estimates: covariates, models, analyses, how uncertainty is said."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name

BEFORE_ASSIGNMENT = (
    "birth",
    "registration",
    "benefit_start",
    "invitation",
    "enrolment",
)


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
        baseline: Outcome to the covariate that holds its value before assignment:
            added to the covariates of that outcome alone.
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
    baseline: dict[str, str] = Field(default_factory=dict)

    @property
    def uses(self) -> tuple[str, ...]:
        """Every covariate that the model needs."""
        extra = (self.by, self.strata, *self.baseline.values())
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


class Among(Document):
    """A condition that is known only after assignment: who was still in benefit.

    It selects: those left of one arm need not be like those left of another.

    Attributes:
        outcome: Outcome of the plan that is 1 for those who are analysed.
        horizon: Its horizon; 0 where it has none.
    """

    outcome: Name
    horizon: int = 0


class Analysis(Document):
    """Outcomes x models on one population.

    Attributes:
        population: Label of those analysed.
        arms: Arms in the regression, control included. Empty: all.
        groups: Groups that are followed and not enrolled, besides the arms; the first
            takes control's place as the group that the others are compared with.
        where: Spark SQL over the sample's columns that says who is analysed; only
            on what is known at enrolment. None: everyone enrolled.
        among: Of those, who is analysed by something known only later. None: all.
        follows: Arm that the analysis follows: the plan's `assignment.analyse`, the
            arm by the `rule` or the one `recorded`; who has none leaves, counted.
        outcomes: Names. Empty: all.
        horizons: Horizons that are estimated; those of receipts per round stay.
            Empty: all of each outcome.
        models: Names. Empty: all.
    """

    population: Name
    arms: tuple[str, ...] = ()
    groups: tuple[Literal["reference", "target"], ...] = ()
    where: str | None = None
    among: Among | None = None
    follows: Literal["rule", "recorded"] | None = None
    outcomes: tuple[str, ...] = ()
    horizons: tuple[int, ...] = ()
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
