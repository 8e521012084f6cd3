"""What analyses by design return: differences, draws repeated, power.

Plain records: no Spark, no arrays. A difference is always arm minus against.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One arm against another: the difference that is shown is the one tested.

    Attributes:
        arm: Arm whose mean comes first.
        against: Arm whose mean is taken from it.
        estimate: Arm minus against, in the outcome's own unit.
        std_error: Standard error of `estimate`.
        df: Degrees of freedom of the t distribution; infinite for the normal.
        ci_lower: Lower end of the interval.
        ci_upper: Upper end of the interval.
        level: Level of the interval.
        p_value: Two-sided p-value of no difference.
        n_arm: Persons of the arm behind the number.
        n_against: Persons of the other arm behind it.
        mean_arm: Mean of the arm, weighted where the method says so.
        mean_against: Mean of the other arm, likewise.
        method: How difference and standard error were made, in words.
    """

    arm: str
    against: str
    estimate: float
    std_error: float
    df: float
    ci_lower: float
    ci_upper: float
    level: float
    p_value: float
    n_arm: int
    n_against: int
    mean_arm: float
    mean_against: float
    method: str


@dataclass(frozen=True, slots=True)
class StratifiedDifference:
    """A difference in means by strata, and what it rests on.

    Attributes:
        difference: The difference; its means are weighted as the strata are.
        strata: Strata with someone in both arms.
        pooled: Names of the strata with one person in an arm, whose variance comes
            from how their differences vary; empty where there are none.
        share_pooled: Share of the persons that is in those strata.
    """

    difference: Difference
    strata: int
    pooled: tuple[str, ...]
    share_pooled: float


@dataclass(frozen=True, slots=True)
class RedrawnDifference:
    """A difference in means against what the draw, repeated, would have given.

    Attributes:
        outcome: Outcome.
        horizon: Horizon of the outcome; 0 where it has none.
        arm: Arm whose effect this is.
        against: Arm that it is compared with.
        estimate: Arm minus against, in the outcome's own unit.
        std_error: Neyman's standard error, by which the difference is studentised.
        ci_lower: Smallest constant effect that the draws do not reject.
        ci_upper: Largest constant effect that the draws do not reject.
        level: Level of the interval.
        p_value: (b + 1) / (B + 1), where b of B draws give a studentised difference
            at least as large.
        draws: B.
        n_arm: Persons of the arm whose outcome is observed.
        n_against: Persons of the other arm whose outcome is observed.
    """

    outcome: str
    horizon: int
    arm: str
    against: str
    estimate: float
    std_error: float
    ci_lower: float
    ci_upper: float
    level: float
    p_value: float
    draws: int
    n_arm: int
    n_against: int


@dataclass(frozen=True, slots=True)
class ArmAgreement:
    """The arm that was recorded against the arm that the rule gives.

    Attributes:
        arms: The arms, in the order of rows and columns of `counts`.
        counts: Persons by arm of the rule (row) and recorded arm (column).
        n: Persons whose arm was recorded.
        n_unrecorded: Persons without a recorded arm.
        n_differ: Persons recorded in another arm than the rule's.
        share_differ: `n_differ` / `n`.
        ci_lower: Lower end of the exact interval of that share (Clopper-Pearson).
        ci_upper: Upper end of it.
        level: Level of the interval.
        p_symmetry: Two-sided p-value of as many moves one way as the other; 1 where
            nobody moved.
        method: `exact binomial` for two arms, `Bowker's chi-square` for more.
    """

    arms: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    n: int
    n_unrecorded: int
    n_differ: int
    share_differ: float
    ci_lower: float
    ci_upper: float
    level: float
    p_symmetry: float
    method: str


@dataclass(frozen=True, slots=True)
class PowerFigure:
    """Power of the test of one arm against control, before the draw.

    Attributes:
        arm: Arm.
        against: Control.
        effect: Arm minus control, in the outcome's own unit (a share for shares).
        power: Chance that the two-sided test rejects.
        alpha: Size of that test, after division by the number of comparisons.
        n_arm: Persons of the arm who are analysed: enrolled less attrition.
        n_against: Persons of control who are analysed.
    """

    arm: str
    against: str
    effect: float
    power: float
    alpha: float
    n_arm: float
    n_against: float


@dataclass(frozen=True, slots=True)
class SimulatedPower:
    """Power by playing the plan: draw, outcomes, analysis, many times.

    Attributes:
        test: Name of the test.
        power: Share of the trials that rejected.
        monte_carlo_error: Standard error of that share.
        alpha: Size of the test.
        trials: Trials played.
    """

    test: str
    power: float
    monte_carlo_error: float
    alpha: float
    trials: int
