"""Effects for the target population: an analysis whose persons are weighted to it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rctspark.config.documents import Document
from rctspark.config.plan.name import Name


class Reweighting(Document):
    """Effects of an analysis again, its persons weighted to the target population.

    Weights make those analysed like everyone of the target population in what the
    margins name, and in nothing else: the effects are those of the target if persons
    alike in the margins would gain alike. They stand beside the effects of the
    analysis and take the place of none of them.

    Attributes:
        population: Label of the effects; no analysis has it.
        of: Analysis whose persons are weighted, its arms, outcomes and horizons.
        method: `raking`: shares of categories alone, in turn until all are reached.
            `entropy`: also means of numbers; the weights nearest to equal ones.
        margins: Covariates whose shares or means in the target are to be reached.
        missing: Margin to its category that means unknown: whoever of the target is in
            it is left out of that margin's shares, and nobody analysed may be.
        models: Models by least squares, with one effect for everyone.
        outcomes: Names. Empty: all of the analysis.
        horizons: Horizons that are estimated. Empty: all of the analysis.
    """

    population: Name
    of: Name
    method: Literal["raking", "entropy"] = "raking"
    margins: tuple[Name, ...] = Field(min_length=1)
    missing: dict[Name, str] = Field(default_factory=dict)
    models: tuple[Name, ...] = Field(min_length=1)
    outcomes: tuple[Name, ...] = ()
    horizons: tuple[int, ...] = ()
