"""Durations as tables: curves, and everything that has a test or an interval."""

from __future__ import annotations

from dataclasses import dataclass

from rctspark.contracts.table import Column, Table

NO_MODEL = "it is not of a model"
NO_TEST = "it is not a test of several things at once"
NOT_ESTIMATED = "it is a test, or the uncertainty is not known"
_OF_WHAT = (
    Column("experiment", "string", "Name of the plan."),
    Column("duration", "string", "Duration of the plan."),
)
_FROM = (
    Column("data_version", "string", "Named set of deliveries."),
    Column("plan_hash", "string", "Digest of the parsed plan."),
)

DURATION_ESTIMATES = Table(
    name="duration_estimates",
    grain="one row per coefficient, contrast or test of a duration",
    key=("experiment", "duration", "method", "model", "cause", "term", "horizon"),
    columns=(
        *_OF_WHAT,
        Column(
            "method",
            "string",
            "How it was found.",
            allowed=(
                "cox",
                "logit",
                "cloglog",
                "timing",
                "timing_points",
                "incidence_difference",
                "restricted_mean_difference",
                "log_rank",
                "gray",
            ),
        ),
        Column("model", "string", "Model of the plan; empty where there is none."),
        Column("cause", "string", "Way of leaving; `any`: all of them."),
        Column(
            "term",
            "string",
            "Column of the design (`arm=<arm>` for an arm), the arm compared with "
            "control, or `arms`: all arms at once.",
        ),
        Column(
            "horizon",
            "int",
            "Time from the origin in the duration's unit; 0 where there is none.",
        ),
        Column(
            "estimate",
            "double",
            "Change of the log hazard, of the share that has left, or of mean time.",
            null_means="it is a test",
        ),
        Column("std_error", "double", "Its standard error.", null_means=NOT_ESTIMATED),
        Column(
            "ci_lower", "double", "Lower end of the interval.", null_means=NOT_ESTIMATED
        ),
        Column(
            "ci_upper", "double", "Upper end of the interval.", null_means=NOT_ESTIMATED
        ),
        Column("level", "double", "Level of the interval.", null_means="it is a test"),
        Column("p_value", "double", "Two-sided p-value of no effect."),
        Column("statistic", "double", "Chi-square statistic.", null_means=NO_TEST),
        Column("df", "int", "Its degrees of freedom.", null_means=NO_TEST),
        Column(
            "covariance",
            "string",
            "Kind of covariance: model, cluster.",
            null_means="the method has one kind",
        ),
        Column("n_persons", "bigint", "Persons behind it.", "persons"),
        Column("n_rows", "bigint", "Rows at risk behind it.", null_means=NO_MODEL),
        Column(
            "n_exits", "bigint", "Persons who left, in the way of `cause`.", "persons"
        ),
        Column(
            "log_likelihood",
            "double",
            "Of the whole model; partial for Cox.",
            null_means=NO_MODEL,
        ),
        *_FROM,
    ),
    rules={
        "the interval holds the estimate": "estimate BETWEEN ci_lower AND ci_upper",
        "a p-value is a probability": "p_value BETWEEN 0 AND 1",
        "a standard error is not negative": "std_error >= 0",
    },
)

DURATION_CURVES = Table(
    name="duration_curves",
    grain="one row per curve of a duration and time at which someone left or was last "
    "seen",
    key=("experiment", "duration", "curve", "arm", "cause", "time"),
    columns=(
        *_OF_WHAT,
        Column(
            "curve",
            "string",
            "Share that stays beyond the time, share that has left in one way by it, "
            "or share of those still in that leaves in it.",
            allowed=("survival", "incidence", "hazard"),
        ),
        Column("arm", "string", "The arm; `all`: everyone."),
        Column("cause", "string", "Way of leaving; `any`: all of them."),
        Column("unit", "string", "Unit of `time`.", allowed=("day", "week", "month")),
        Column("time", "int", "Time from the origin; the first unit is number 1."),
        Column("n_at_risk", "bigint", "Persons still in just before.", "persons"),
        Column("n_exits", "bigint", "Persons who leave at it.", "persons"),
        Column("value", "double", "Value of the curve.", "share"),
        Column("std_error", "double", "Its standard error.", "share"),
        Column(
            "ci_lower",
            "double",
            "Lower end of the pointwise interval.",
            "share",
            null_means="the curve is 0 or 1, or is a hazard",
        ),
        Column(
            "ci_upper",
            "double",
            "Upper end.",
            "share",
            null_means="the curve is 0 or 1, or is a hazard",
        ),
        Column("level", "double", "Level of the interval."),
        *_FROM,
    ),
    rules={
        "a share is a share": "value BETWEEN 0 AND 1",
        "nobody leaves who is not in": "n_exits <= n_at_risk",
    },
)


@dataclass(frozen=True, slots=True)
class DurationEstimate:
    """One row of `DURATION_ESTIMATES`, before it is filed under plan and data.

    Attributes:
        method: How it was found; see the table, as for the others.
        model: Model of the plan.
        cause: Way of leaving.
        term: What the number is of.
        p_value: Two-sided p-value of no effect.
        n_persons: Persons behind it.
        n_exits: Persons who left.
        horizon: Time from the origin.
        estimate: The number; None: a test.
        std_error: Its standard error.
        ci_lower: Lower end of the interval.
        ci_upper: Upper end.
        level: Level of the interval.
        statistic: Chi-square statistic of a test.
        df: Its degrees of freedom.
        covariance: Kind of covariance.
        n_rows: Rows at risk.
        log_likelihood: Of the whole model.
    """

    method: str
    model: str
    cause: str
    term: str
    p_value: float
    n_persons: int
    n_exits: int
    horizon: int = 0
    estimate: float | None = None
    std_error: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    level: float | None = None
    statistic: float | None = None
    df: int | None = None
    covariance: str | None = None
    n_rows: int | None = None
    log_likelihood: float | None = None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One row of `DURATION_CURVES`, before it is filed under plan and data.

    Attributes:
        curve: `survival`, `incidence` or `hazard`.
        arm: The arm; `all`: everyone.
        cause: Way of leaving.
        unit: Unit of time.
        time: Time from the origin.
        n_at_risk: Persons still in just before.
        n_exits: Persons who leave at it.
        value: Value of the curve.
        std_error: Its standard error.
        ci_lower: Lower end of the interval; None: there is none.
        ci_upper: Upper end.
        level: Level of the interval.
    """

    curve: str
    arm: str
    cause: str
    unit: str
    time: int
    n_at_risk: int
    n_exits: int
    value: float
    std_error: float
    ci_lower: float | None
    ci_upper: float | None
    level: float
