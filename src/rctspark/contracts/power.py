"""What effects a design can show, by what a plan assumes before outcomes are seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DetectableEffect:
    """The smallest effect that the test of one arm is likely to show.

    Attributes:
        assumption: Assumption of the plan: a kind of outcome.
        arm: Arm that is compared with control.
        effect: Smallest rise that is shown, in the outcome's own unit: a share for
            shares.
        power: Chance that the two-sided test shows it.
        size: Size of that test, after division by the number of comparisons.
        n_arm: Persons of the arm who are analysed: planned less attrition.
        n_against: Persons of control who are analysed.
    """

    assumption: str
    arm: str
    effect: float
    power: float
    size: float
    n_arm: float
    n_against: float
