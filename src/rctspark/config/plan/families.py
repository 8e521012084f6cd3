"""Tests that are looked at together, so that a family of them holds its size."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name


class Family(Document):
    """A family of tests whose p-values are adjusted for how many there are.

    Attributes:
        name: Name in tables.
        tests: `equality`: that an effect is the same in all categories of the
            covariate that a model has effects by; `effects`: that there is no effect;
            `joint`: of every outcome and arm, that there is no effect at any of the
            family's horizons together.
        populations: Analyses whose tests belong to it.
        models: Models whose tests belong to it.
        outcomes: Outcomes. Empty: all of those analyses.
        horizons: Horizons. Empty: all of those outcomes.
        seed: Where random draws begin. None: no draws. For one analysis and one model
            of least squares. Of `effects` they give step-down p-values; of `joint`,
            arms are drawn again: how often is a joint statistic as large, and how
            often are as many single p-values below one less the level of intervals.
        draws: How many draws.
        strata: Of `joint`, categorical covariate within whose categories arms are
            drawn again, as the draw was. None: over everyone at once.
    """

    name: Name
    tests: Literal["equality", "effects", "joint"]
    populations: tuple[str, ...] = Field(min_length=1)
    models: tuple[str, ...] = Field(min_length=1)
    outcomes: tuple[str, ...] = ()
    horizons: tuple[int, ...] = ()
    seed: int | None = Field(None, ge=0)
    draws: int = Field(9999, ge=99)
    strata: Name | None = None

    @model_validator(mode="after")
    def _draws_are_of_one_regression(self) -> Self:
        is_one = len(self.populations) == len(self.models) == 1
        if self.seed is not None and not (self.tests != "equality" and is_one):
            raise ValueError(
                "a seed is for a family of effects of one analysis and one model"
            )
        if self.tests == "joint" and not is_one:
            raise ValueError("joint tests are of one analysis and one model")
        if self.strata and (self.tests != "joint" or self.seed is None):
            raise ValueError("strata are for joint tests with a seed")
        return self

    def holds(self, population: str, outcome: str, horizon: int, model: str) -> bool:
        """Say whether a test of this population, outcome and model belongs to it."""
        return (
            population in self.populations
            and model in self.models
            and (not self.outcomes or outcome in self.outcomes)
            and (not self.horizons or horizon in self.horizons)
        )
