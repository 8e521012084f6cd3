"""What differs between a plan's data on two data versions, in aggregate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ValueChange:
    """How the values of one outcome changed, at one horizon and in one arm.

    Attributes:
        outcome: Outcome of the plan.
        horizon: Its horizon: the period, for an outcome of the panel.
        arm: Arm by the later version; by the earlier one for who is not in that.
        persons: Persons of the arm who are in either version.
        changed: Whose value is known in both, and differs.
        appeared: Whose value is known in the later version alone.
        gone: Whose value is known in the earlier version alone.
        total: Sum of later minus earlier over those changed, in the outcome's unit.
        largest: Largest change of one person, without sign.
        second: Second largest.
        absolute: Sum of the changes without signs.
    """

    outcome: str
    horizon: int
    arm: str
    persons: int
    changed: int
    appeared: int
    gone: int
    total: float
    largest: float
    second: float
    absolute: float


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """How many persons' values of one outcome changed, over all arms and horizons.

    Attributes:
        outcome: Outcome of the plan.
        persons: Persons who are in either version.
        changed: Who have a value that is known in both, and differs.
        appeared: Who have a value that is known in the later version alone.
        gone: Who have a value that is known in the earlier version alone.
        values: Values known in both versions; a person has one per horizon.
        values_changed: Those of them that differ.
    """

    outcome: str
    persons: int
    changed: int
    appeared: int
    gone: int
    values: int
    values_changed: int


@dataclass(frozen=True, slots=True)
class Move:
    """Enrolled persons by arm in the earlier and in the later version.

    Attributes:
        arm_from: Arm in the earlier version; empty: not enrolled there.
        arm_to: Arm in the later version; empty: not enrolled there.
        persons: How many.
    """

    arm_from: str
    arm_to: str
    persons: int
