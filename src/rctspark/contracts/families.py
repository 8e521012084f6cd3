"""What a family of tests returns when its size is held for all of them together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One effect of a registered family, seen together with the others.

    Attributes:
        outcome: Outcome.
        horizon: Horizon of the outcome.
        arm: Arm whose effect this is.
        estimate: Arm minus control.
        std_error: Its standard error.
        p_value: P-value by itself, of the normal distribution.
        p_holm: Holm's, from `p_value`.
        p_benjamini_hochberg: Benjamini and Hochberg's, from `p_value`.
        p_step_down: Romano and Wolf's, which knows how the effects move together.
        band_lower: Lower end of the simultaneous band.
        band_upper: Upper end of it.
        level: Chance that the band holds all effects of the family at once.
        critical: Standard errors from estimate to band.
        family_size: Effects in the family.
        draws: Draws behind step-down and band.
    """

    outcome: str
    horizon: int
    arm: str
    estimate: float
    std_error: float
    p_value: float
    p_holm: float
    p_benjamini_hochberg: float
    p_step_down: float
    band_lower: float
    band_upper: float
    level: float
    critical: float
    family_size: int
    draws: int
