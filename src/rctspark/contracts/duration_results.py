"""What the estimators of durations return: plain records, for tables and figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Kaplan-Meier: the share of an arm that has not left yet.

    Attributes:
        arm: The arm.
        unit: Unit of `time`.
        n: Persons of the arm.
        time: Every time at which someone left or was last seen, rising.
        n_at_risk: Persons still in just before each time.
        n_exits: Persons who leave at each time.
        survival: Share that stays beyond each time.
        std_error: Greenwood's standard error of `survival`.
        ci_lower: Lower end of the log-log interval; NaN where `survival` is 0 or 1.
        ci_upper: Upper end.
        level: Level of the interval, at each time by itself.
    """

    arm: str
    unit: str
    n: int
    time: tuple[float, ...]
    n_at_risk: tuple[int, ...]
    n_exits: tuple[int, ...]
    survival: tuple[float, ...]
    std_error: tuple[float, ...]
    ci_lower: tuple[float, ...]
    ci_upper: tuple[float, ...]
    level: float


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean time in, up to a limit.

    Attributes:
        arm: The arm.
        unit: Unit of `mean`, `std_error` and `until`.
        until: The limit: time beyond it counts for nobody.
        mean: Area under the Kaplan-Meier curve up to the limit.
        std_error: Its standard error.
        n: Persons of the arm.
    """

    arm: str
    unit: str
    until: float
    mean: float
    std_error: float
    n: int


@dataclass(frozen=True, slots=True)
class CurveTest:
    """Whether the arms' curves differ: log-rank, or Gray's test for one exit.

    Attributes:
        test: `log-rank` or `gray`.
        cause: Kind of exit; `any` for the log-rank test.
        arms: The arms, in the order of the counts.
        n: Persons per arm.
        observed: Exits per arm.
        expected: Exits per arm if there were no difference; weighted for Gray's.
        statistic: Chi-square statistic.
        df: Degrees of freedom.
        p_value: Of no difference.
        strata: Strata within which arms are compared; 1 where there are none.
    """

    test: str
    cause: str
    arms: tuple[str, ...]
    n: tuple[int, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    statistic: float
    df: int
    p_value: float
    strata: int


@dataclass(frozen=True, slots=True)
class IncidenceCurve:
    """Aalen-Johansen: the share of an arm that has left in one way.

    Attributes:
        arm: The arm.
        cause: Kind of exit.
        unit: Unit of `time`.
        n: Persons of the arm.
        time: Every time at which someone left or was last seen, rising.
        n_at_risk: Persons still in just before each time.
        n_exits: Persons who leave in this way at each time.
        incidence: Share that has left in this way by each time.
        std_error: Standard error of `incidence`.
        ci_lower: Lower end of the log-log interval; NaN where `incidence` is 0 or 1.
        ci_upper: Upper end.
        cumulative_hazard: Nelson-Aalen, of this way of leaving.
        level: Level of the interval, at each time by itself.
    """

    arm: str
    cause: str
    unit: str
    n: int
    time: tuple[float, ...]
    n_at_risk: tuple[int, ...]
    n_exits: tuple[int, ...]
    incidence: tuple[float, ...]
    std_error: tuple[float, ...]
    ci_lower: tuple[float, ...]
    ci_upper: tuple[float, ...]
    cumulative_hazard: tuple[float, ...]
    level: float


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient of a hazard: a change in its logarithm, or in its log-odds.

    Attributes:
        name: Column of the design.
        estimate: The coefficient.
        std_error: Its standard error.
        ci_lower: Lower end of the normal interval.
        ci_upper: Upper end.
        p_value: Two-sided p-value of 0.
    """

    name: str
    estimate: float
    std_error: float
    ci_lower: float
    ci_upper: float
    p_value: float


@dataclass(frozen=True, slots=True)
class HazardFit:
    """A regression of a hazard.

    Attributes:
        model: `cox`, `logit` or `cloglog`.
        cause: Kind of exit; `any` where all exits count.
        coefficients: One per column, in the design's order.
        covariance: Their covariance, row by row, of the kind in `covariance_kind`.
        covariance_kind: `model`, `robust` (a row is a cluster) or `cluster`.
        log_likelihood: At the estimate; partial for Cox.
        log_likelihood_null: Without covariates; NaN where it is not computed.
        rows: Rows or, for cells, the rows that they stand for.
        clusters: Persons; 0 where cells do not tell.
        exits: Exits counted.
        level: Level of the intervals.
    """

    model: str
    cause: str
    coefficients: tuple[Coefficient, ...]
    covariance: tuple[tuple[float, ...], ...]
    covariance_kind: str
    log_likelihood: float
    log_likelihood_null: float
    rows: int
    clusters: int
    exits: int
    level: float


@dataclass(frozen=True, slots=True)
class PeriodHazard:
    """The share of those still in that leaves in a period.

    Attributes:
        period: 1 for the first.
        n_at_risk: Persons still in when it begins.
        n_exits: Persons who leave in it.
        hazard: `n_exits` / `n_at_risk`.
        std_error: Binomial standard error.
    """

    period: int
    n_at_risk: int
    n_exits: int
    hazard: float
    std_error: float


@dataclass(frozen=True, slots=True)
class MassPoint:
    """A kind of person that the data know of only by how they leave.

    Attributes:
        share: Share of persons at the start who are of this kind.
        log_hazards: Log hazard in the first piece, at mean covariates, of each exit
            in the order of `causes`, then of the interview; minus infinity: never.
    """

    share: float
    log_hazards: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ExitPoints:
    """What an interview changes in the share that has left within a horizon.

    Attributes:
        cause: Kind of exit.
        within: Horizon, from the start.
        interview_at: When the interview is held, from the start.
        share_without: Share that has left by then if nobody is interviewed.
        share_with: Share if everyone still in is interviewed at `interview_at`.
        estimate: `share_with` minus `share_without`.
        std_error: Delta method.
        ci_lower: Lower end of the normal interval.
        ci_upper: Upper end.
        p_value: Two-sided p-value of no change.
        n: Persons over whose covariates it is averaged.
    """

    cause: str
    within: float
    interview_at: float
    share_without: float
    share_with: float
    estimate: float
    std_error: float
    ci_lower: float
    ci_upper: float
    p_value: float
    n: int


@dataclass(frozen=True, slots=True)
class TimingFit:
    """Timing of events: exits and interview jointly, with unobserved kinds of person.

    Attributes:
        causes: Kinds of exit.
        unit: Unit of time.
        breaks: Where a new piece of the baseline begins, after 0.
        effects: Change of the log hazard of each exit from the interview on.
        coefficients: Baseline pieces against the first, and covariates, by hazard:
            `job:age`, `interview:arm`.
        points: Mass points, the largest share first.
        exit_points: The effects as shares that have left.
        log_likelihood: At the estimate.
        log_likelihood_without: Of the same model with everyone alike.
        gain_left: Upper bound on what any other distribution of kinds could add to
            the log likelihood at these coefficients (largest directional derivative).
        gradient_left: Largest derivative of the log likelihood in any parameter, in
            units of its standard error.
        is_proved: Whether `gain_left` is below the tolerance that was asked for.
        n: Persons.
        cells: Distinct rows that they came down to.
        n_exits: Exits of each kind.
        n_interviews: Interviews held.
        level: Level of the intervals.
    """

    causes: tuple[str, ...]
    unit: str
    breaks: tuple[float, ...]
    effects: tuple[Coefficient, ...]
    coefficients: tuple[Coefficient, ...]
    points: tuple[MassPoint, ...]
    exit_points: tuple[ExitPoints, ...]
    log_likelihood: float
    log_likelihood_without: float
    gain_left: float
    gradient_left: float
    is_proved: bool
    n: int
    cells: int
    n_exits: tuple[int, ...]
    n_interviews: int
    level: float
