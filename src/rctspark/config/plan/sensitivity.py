"""How much a result moves when something else is chosen."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name


class Variant(Document):
    """What is chosen otherwise than in the main effect; the rest stays.

    Attributes:
        outcome: Another outcome, at the same horizon. None: the same.
        model: Another model. None: the same.
        population: Label of another analysis. None: the same.
    """

    outcome: str | None = None
    model: str | None = None
    population: str | None = None

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if not (self.outcome or self.model or self.population):
            raise ValueError("say what differs: outcome, model or population")
        return self


class Sensitivity(Document):
    """A main effect, and what becomes of it when something else is chosen.

    The effects are those that `analyses` estimates; this says which of them are held
    against one another.

    Attributes:
        name: Name in files; its label is the heading.
        outcome: Outcome of the main effect.
        horizon: Its horizon; 0 where it has none.
        model: Model of the main effect.
        population: Label of the analysis of the main effect. Empty: the first.
        variants: What else is chosen, in the order in which it is shown.
    """

    name: Name
    outcome: str
    horizon: int = 0
    model: str
    population: str = ""
    variants: tuple[Variant, ...] = Field(min_length=1)
