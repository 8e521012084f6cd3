"""The arms of a plan and how they were assigned."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name


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
        drawn_by: Categorical covariate whose categories were drawn as a whole (the
            offices of a trial of offices). None: persons were drawn one by one.
    """

    rule: Literal["parity", "list"]
    even: str | None = None
    odd: str | None = None
    analyse: Literal["rule", "recorded"] = "rule"
    shares: dict[str, float] = Field(default_factory=dict)
    drawn_by: str | None = None

    @model_validator(mode="after")
    def _parity_names_two_arms(self) -> Self:
        if self.rule == "parity" and not (self.even and self.odd):
            raise ValueError("rule parity needs the arms of even and odd digits")
        if self.drawn_by and self.rule == "parity":
            raise ValueError("rule parity draws persons: drawn_by is for rule list")
        if self.drawn_by and self.shares:
            raise ValueError(
                "shares are of persons drawn one by one; with drawn_by leave them out"
            )
        return self
