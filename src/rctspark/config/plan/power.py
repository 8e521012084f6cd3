"""What effects the design can show: numbers that are assumed before outcomes."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name


class Assumption(Document):
    """One kind of outcome, as it is thought to be before anyone has looked.

    Attributes:
        name: Name in tables.
        control_share: Share of control with the outcome, where it is yes or no.
        sd: Standard deviation within arms, where it is a number.
        r_squared: Share of the variance within arms that covariates explain.
        columns: Columns that covariates take in the regression.
        attrition: Share of persons whose outcome will be missing.
        comparisons: Comparisons that the size is divided by (Bonferroni).
        design_effect: Factor on the variance for a draw of groups.
    """

    name: Name
    control_share: float | None = Field(None, gt=0, lt=1)
    sd: float | None = Field(None, gt=0)
    r_squared: float = Field(0.0, ge=0, lt=1)
    columns: int = Field(0, ge=0)
    attrition: float = Field(0.0, ge=0, lt=1)
    comparisons: int = Field(1, ge=1)
    design_effect: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def _is_a_share_or_a_number(self) -> Self:
        if (self.control_share is None) == (self.sd is None):
            raise ValueError("say either control_share or sd")
        return self


class PowerPlan(Document):
    """Power at the design stage: the smallest effect that each test is likely to show.

    Attributes:
        persons: Persons planned by arm, control first.
        power: Chance of rejection that is asked for.
        size: Size of the two-sided test. None: one less the level of the intervals.
        assumptions: Kinds of outcomes, a row each.
    """

    persons: dict[str, int] = Field(min_length=2)
    power: float = Field(0.80, gt=0.5, lt=1)
    size: float | None = Field(None, gt=0, lt=0.5)
    assumptions: tuple[Assumption, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _arms_have_persons(self) -> Self:
        if any(n < 1 for n in self.persons.values()):
            raise ValueError("every arm needs persons")
        return self
