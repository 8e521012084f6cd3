"""Tables that let a reader check: models in full, target, weights, attrition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name
from rctspark.config.plan.study_tables import GroupLine, StarLevel, TableLayout

if TYPE_CHECKING:
    from rctspark.config.plan.models import Model

HETEROSKEDASTIC = {"HC0", "HC1", "HC2", "HC3"}
BOUNDS_NUMBERS = (
    *("effect", "lower", "upper", "low", "high"),
    *("trimmed", "n arm", "n against"),
)
MODELS_NUMBERS = (
    *("estimate", "se", "p", "stars"),
    *("n", "r_squared", "adjusted_r_squared"),
)
WEIGHTED_NUMBERS = (
    *("effect", "se", "low", "high", "p"),
    *("effect plain", "se plain", "n arm", "n against"),
)


class ModelsTable(TableLayout):
    """Regressions with all their coefficients: `label`, `horizon`, `model`, `term`.

    Columns: `estimate`, `se`, `p` and `stars` of the coefficient; `n`, `r_squared` and
    `adjusted_r_squared` of its regression. Of a logit the coefficients are log odds,
    `r_squared` is McFadden's, and there is no adjusted one. Strata stand as
    categories.

    Attributes:
        lines: Heading of an outcome to the outcome.
        horizons: Horizons of the outcomes that are shown.
        models: Model to the analysis on whose persons it is shown.
        decimals: Digits after the point of coefficients and standard errors; more where
            the standard error would have fewer than two that are not zero.
        stars: Signs; the first level that holds gives the sign.
    """

    kind: Literal["models"]
    lines: dict[str, Name] = Field(min_length=1)
    horizons: tuple[int, ...] = (0,)
    models: dict[Name, Name] = Field(min_length=1)
    decimals: int = Field(4, ge=0, le=8)
    stars: tuple[StarLevel, ...] = ()

    def sign(self, p_value: float) -> str:
        """Return the sign of a p-value; empty: none."""
        levels = sorted(self.stars, key=lambda level: level.below)
        return next((level.sign for level in levels if p_value < level.below), "")


class FitTable(TableLayout):
    """Groups against the target population: `characteristic`, `group`, `method`.

    Columns: `statistic`, `df`, `p` and `n` of a test that the group is like the
    target: of categories Pearson's chi-square for goodness of fit, of numbers the
    one-sample t-test. Shares and means of the target count as known, and the target
    holds the group itself.

    Attributes:
        lines: Heading of a line to a covariate.
        groups: Who is held against the target: an arm, a group, or `all` enrolled.
        decimals: Digits after the point of the statistic.
    """

    kind: Literal["fit"]
    lines: dict[str, GroupLine] = Field(min_length=1)
    groups: tuple[str, ...] = ("all",)
    decimals: int = Field(1, ge=0, le=6)

    @model_validator(mode="after")
    def _shows_covariates(self) -> Self:
        wrong = [name for name, line in self.lines.items() if line.covariate is None]
        if wrong:
            raise ValueError(f"not a covariate: {', '.join(wrong)}")
        return self


class BoundsLine(Document):
    """An outcome that is missing for some, whose effect is bounded.

    Attributes:
        outcome: Outcome of the plan.
        horizons: Its horizons.
        lowest: Least value that it can have. None: no bounds by Manski.
        highest: Largest value that it can have.
    """

    outcome: Name
    horizons: tuple[int, ...] = (0,)
    lowest: float | None = None
    highest: float | None = None

    @model_validator(mode="after")
    def _ends_go_together(self) -> Self:
        low, high = self.lowest, self.highest
        if (low is None) != (high is None) or (
            low is not None and high is not None and low >= high
        ):
            raise ValueError("lowest and highest go together, and lowest is less")
        return self


class BoundsTable(TableLayout):
    """Effects where outcomes are missing: `label`, `horizon`, `arm`, `method`.

    Columns: `effect` among those observed; `lower` and `upper` bound; `low` and
    `high`, the interval that holds the effect (Imbens and Manski) at the plan's
    level; `trimmed`, per cent of the arm with more outcomes that Lee's bounds leave
    out; `n arm` and `n against`, persons observed. Lee's bounds are of the effect on
    those who are observed whatever their arm, if the arm moves everyone's answering
    one way; Manski's put the missing at the ends of the outcome's range and assume
    nothing. Bounds leave only where the effect does that they are of.

    Attributes:
        lines: Heading of an outcome to what is bounded.
        of: Analysis of the effect among those observed.
        model: Model of it, without covariates.
        decimals: Digits after the point.
        factor: What the outcomes' unit is multiplied by.
    """

    kind: Literal["bounds"]
    lines: dict[str, BoundsLine] = Field(min_length=1)
    of: Name
    model: Name
    decimals: int = Field(2, ge=0, le=6)
    factor: float = 1.0

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes whose values are read."""
        return tuple(dict.fromkeys(line.outcome for line in self.lines.values()))


class WeightsTable(TableLayout):
    """How far weights bring those analysed to the target: `characteristic`, `category`.

    Columns: `all`, those analysed as they are; `target`, everyone of the target
    population; `weighted`, those analysed with their weights; `n`, persons analysed.
    Shares are in per cent, numbers are means. Last come three rows of the
    characteristic `weights`: `persons`; `effective_n`, the persons who would say as
    much without weights (the square of the sum of weights over the sum of their
    squares); and `largest_weights`, the mean of the largest weights where the mean of
    all is 1, over as many persons as must stand behind a number: one weight alone
    could be one person's. A margin leaves where a table of groups shows both sides.

    Attributes:
        of: Label of the effects whose weights these are.
    """

    kind: Literal["weights"]
    of: Name


class WeightedEffectsTable(TableLayout):
    """Effects with and without weights: `label`, `horizon`, `arm`.

    Columns: of the weighted effect `effect`, `se`, `low`, `high` and `p`; of the same
    persons without weights `effect plain` and `se plain`; `n arm` and `n against`.

    Attributes:
        lines: Heading of an outcome to the outcome.
        horizons: Horizons that are shown.
        of: Label of the weighted effects.
        model: Model of both.
        decimals: Digits after the point.
        factor: What the outcomes' unit is multiplied by.
    """

    kind: Literal["weighted_effects"]
    lines: dict[str, Name] = Field(min_length=1)
    horizons: tuple[int, ...] = (0,)
    of: Name
    model: Name
    decimals: int = Field(2, ge=0, le=6)
    factor: float = 1.0


def has_coefficients(model: Model, covariance: str) -> bool:
    """Say whether a model's coefficients can be shown one by one.

    Args:
        model: The model.
        covariance: Kind of covariance.

    Returns:
        Whether it is one regression of least squares or a logit, without products,
        for persons assigned one by one.
    """
    known = {"HC0", "HC1"} if model.estimator == "logit" else HETEROSKEDASTIC
    is_plain = model.by is None and model.products == "none" and not model.baseline
    return model.estimator in {"ols", "logit"} and is_plain and covariance in known
