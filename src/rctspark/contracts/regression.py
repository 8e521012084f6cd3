"""What regressions return besides effects. Plain records: no Spark, no arrays."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JointTest:
    """Whether an effect is the same in all categories of a covariate.

    Attributes:
        outcome: Outcome of the plan.
        horizon: Horizon of the outcome; 0 where it has none.
        arm: Arm whose effect is meant; `all`: the effects of all arms at once.
        by: The covariate.
        model: Model of the plan.
        statistic: F: the Wald statistic over `df_numerator`.
        df_numerator: Differences tested.
        df_denominator: Persons minus rank; CR1: clusters minus one; CR2: those of
            HTZ, whose `statistic` is Hotelling's T-squared as an F.
        p_value: Of no difference at all.
        covariance: Kind of covariance.
        n_total: Persons in the regression.
    """

    outcome: str
    horizon: int
    arm: str
    by: str
    model: str
    statistic: float
    df_numerator: int
    df_denominator: float
    p_value: float
    covariance: str
    n_total: int


@dataclass(frozen=True, slots=True)
class AndersonRubin:
    """Values of an effect that data do not reject, however weak the instruments.

    Attributes:
        kind: `bounded`: between `lower` and `upper`; `outside`: everything but what
            lies between them; `everything`: nothing is rejected; `half-line`: one
            end is infinite; `empty`: every value is rejected, so the instruments
            contradict one another.
        lower: Lower end; minus infinity where there is none, NaN if empty.
        upper: Upper end; infinity where there is none, NaN if empty.
        level: Level of the interval.
        statistic: F of no effect.
        df_numerator: Instruments.
        df_denominator: Degrees of freedom of the F distribution.
        p_value: Of no effect.
    """

    kind: str
    lower: float
    upper: float
    level: float
    statistic: float
    df_numerator: int
    df_denominator: float
    p_value: float


@dataclass(frozen=True, slots=True)
class FirstStage:
    """How assignment moved what was received.

    Attributes:
        arm: Arm whose receipt this is.
        share_received: Share of the arm that received it.
        share_against: Share of control that did.
        f: F of all instruments, by the covariance of the effects.
        df_numerator: Instruments.
        df_denominator: Degrees of freedom of the F distribution.
        p_value: Of instruments that move nothing.
        effective_f: Montiel Olea and Pflueger's; with one instrument the robust F.
            Infinite: everyone received exactly what was assigned.
        weak_below: Their critical value for a bias of at most a tenth: 23.1 with one
            instrument. None: with several receipts there is none.
        is_weak: Whether `effective_f` is below it. None: not judged.
        n_behind: Fewest persons, of the arm or of control, who received it or did
            not, where anybody did: whom a small F could give away.
    """

    arm: str
    share_received: float
    share_against: float
    f: float
    df_numerator: int
    df_denominator: float
    p_value: float
    effective_f: float
    weak_below: float | None
    is_weak: bool | None
    n_behind: int


@dataclass(frozen=True, slots=True)
class TreatmentOnTreated:
    """Everything said of one outcome by two-stage least squares.

    Attributes:
        outcome: Outcome of the plan.
        horizon: Horizon of the outcome; 0 where it has none.
        model: Model of the plan.
        selection: Who is analysed where that was decided after assignment, in words;
            empty: everyone assigned.
        first_stages: One per arm.
        anderson_rubin: One per arm. With several arms the others' effects are set to
            what fits best, which asks that those be well identified.
        wu_hausman: F of receipt being as good as random given the covariates. NaN:
            everyone received exactly what was assigned, so there is nothing to test.
        wu_hausman_df: Its degrees of freedom, numerator and denominator.
        wu_hausman_p: Its p-value.
    """

    outcome: str
    horizon: int
    model: str
    selection: str
    first_stages: tuple[FirstStage, ...]
    anderson_rubin: tuple[AndersonRubin, ...]
    wu_hausman: float
    wu_hausman_df: tuple[int, float]
    wu_hausman_p: float
