"""What statistics return, and the table that keeps it.

Plain records: no Spark, no arrays. Tables, figures, report and tracked runs are all
made from `EFFECTS`.
"""

from __future__ import annotations

from dataclasses import dataclass

from rctspark.contracts.registration import MARKS
from rctspark.contracts.table import Column, Table

WEIGHTED_TO_TARGET = "itt, weighted to the target"
"""Estimand of an effect of assignment on persons weighted to the target population."""
AR_KINDS = ("bounded", "outside", "half-line", "everything", "empty")
"""Forms of an interval of Anderson and Rubin; `outside`: all but what is between."""
NOT_ATT = "the effect is not of what was received"
FIRST_STAGE = "first stage"
"""Estimand of what assignment does to the receipt that it is the instrument for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One arm against another on one outcome, in the outcome's own unit.

    Attributes:
        outcome: Outcome of the plan.
        horizon: Horizon of the outcome; 0 where it has none.
        arm: Arm whose effect this is.
        against: Arm that it is compared with.
        estimand: `itt`: effect of assignment; `att`: of what was received;
            `first stage`: of assignment on that receipt;
            `itt, weighted to the target`: of assignment, persons weighted.
        model: Model of the plan.
        estimate: Arm minus `against`, adjusted as the model says.
        std_error: Standard error by `covariance`.
        df: Degrees of freedom of the interval; infinite for the normal.
        ci_lower: Lower end of the interval.
        ci_upper: Upper end of the interval.
        level: Level of the interval: 0.90.
        p_value: Two-sided p-value of no effect.
        n_arm: Persons of the arm behind the number.
        n_against: Persons of the other arm behind it.
        n_total: Persons in the whole regression.
        mean_against: Unadjusted mean of `against`: what the effect is added to;
            weighted where the effect is. Not a number in what leaves: it may not be
            shown.
        covariance: Kind of covariance: HC1.
        rank: Rank of the design.
        columns: Columns of the design; more than `rank` where some are redundant.
        first_stage_f: F of assignment on what was received, by `covariance`; with
            several receipts after the others are taken out. Infinite: everyone
            received what was assigned. None here and below: not an `att`.
        effective_f: Montiel Olea and Pflueger's; with one instrument `first_stage_f`.
        weak_below: Their critical value for a bias of at most a tenth of the worst
            case. None: not an `att`, or several receipts, for which there is none.
        wu_hausman_p: Of receipt being as good as random. None: not an `att`, or
            everyone received what was assigned.
        ar_kind: Form of Anderson and Rubin's interval (`AR_KINDS`), at `level`.
        ar_lower: Its lower end; minus infinity where it has none. None: empty.
        ar_upper: Its upper end; infinity where it has none. None: empty.
        receipt_n_behind: Fewest persons, of the arm or of `against`, who received or
            did not, where anybody did.
    """

    outcome: str
    horizon: int
    arm: str
    against: str
    estimand: str
    model: str
    estimate: float
    std_error: float
    df: float
    ci_lower: float
    ci_upper: float
    level: float
    p_value: float
    n_arm: int
    n_against: int
    n_total: int
    mean_against: float
    covariance: str
    rank: int
    columns: int
    first_stage_f: float | None = None
    effective_f: float | None = None
    weak_below: float | None = None
    wu_hausman_p: float | None = None
    ar_kind: str | None = None
    ar_lower: float | None = None
    ar_upper: float | None = None
    receipt_n_behind: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect(Estimate):
    """An estimate, filed: one row of `EFFECTS`.

    Attributes:
        experiment: Name of the plan.
        site: Site, or `all`.
        population: Who is analysed: `all`, or a subgroup.
        data_version: Named set of deliveries.
        plan_hash: Digest of the parsed plan.
        registration: How the plan stood to the registered ones when this was
            estimated: `registered`, `deviation`, `unregistered`. None: not noted.
    """

    experiment: str
    site: str
    population: str
    data_version: str
    plan_hash: str
    registration: str | None = None


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether the arms are as large as the draw would make them.

    Attributes:
        arms: The arms, in the order of the plan's shares.
        counts: Persons of each.
        expected: Persons of each that the shares would give.
        method: `exact binomial` for two arms, `chi-square` for more.
        p_value: Two-sided p-value of the intended shares.
    """

    arms: tuple[str, ...]
    counts: tuple[int, ...]
    expected: tuple[float, ...]
    method: str
    p_value: float


EFFECTS = Table(
    name="effects",
    grain="one row per estimated contrast",
    key=(
        "experiment",
        "site",
        "population",
        "outcome",
        "horizon",
        "arm",
        "against",
        "estimand",
        "model",
    ),
    columns=(
        Column("experiment", "string", "Name of the plan."),
        Column("site", "string", "Site, or `all`."),
        Column("population", "string", "`all`, or a subgroup."),
        Column("outcome", "string", "Outcome of the plan."),
        Column("horizon", "int", "Horizon of the outcome; 0 where it has none."),
        Column("arm", "string", "Arm whose effect this is."),
        Column("against", "string", "Arm that it is compared with."),
        Column(
            "estimand",
            "string",
            "`itt`: effect of assignment; `att`: of what was received, assignment as "
            "instrument (after a colon, who was selected for it); `first stage`: of "
            "assignment on that receipt.",
        ),
        Column("model", "string", "Model of the plan."),
        Column("estimate", "double", "Arm minus `against`.", "outcome's unit"),
        Column("std_error", "double", "Standard error.", "outcome's unit"),
        Column("df", "double", "Degrees of freedom; infinite for the normal."),
        Column("ci_lower", "double", "Lower end of the interval.", "outcome's unit"),
        Column("ci_upper", "double", "Upper end of the interval.", "outcome's unit"),
        Column("level", "double", "Level of the interval."),
        Column("p_value", "double", "Two-sided p-value of no effect."),
        Column("n_arm", "bigint", "Persons of the arm.", "persons"),
        Column("n_against", "bigint", "Persons of the other arm.", "persons"),
        Column("n_total", "bigint", "Persons in the regression.", "persons"),
        Column("mean_against", "double", "Mean of the other arm.", "outcome's unit"),
        Column("covariance", "string", "Kind of covariance: HC1."),
        Column("rank", "int", "Rank of the design."),
        Column("columns", "int", "Columns of the design."),
        Column(
            "first_stage_f",
            "double",
            "F of assignment on what was received; infinite: all as assigned.",
            null_means=NOT_ATT,
        ),
        Column(
            "effective_f",
            "double",
            "Effective F of Montiel Olea and Pflueger.",
            null_means=NOT_ATT,
        ),
        Column(
            "weak_below",
            "double",
            "Effective F below which instruments are weak.",
            null_means=f"{NOT_ATT}, or there are several receipts",
        ),
        Column(
            "wu_hausman_p",
            "double",
            "p-value of receipt being as good as random.",
            null_means=f"{NOT_ATT}, or everyone received what was assigned",
        ),
        Column(
            "ar_kind",
            "string",
            "Form of the interval of Anderson and Rubin.",
            null_means=NOT_ATT,
            allowed=AR_KINDS,
        ),
        Column(
            "ar_lower",
            "double",
            "Its lower end; minus infinity where it has none.",
            "outcome's unit",
            null_means=f"{NOT_ATT}, or the interval is empty",
        ),
        Column(
            "ar_upper",
            "double",
            "Its upper end; infinity where it has none.",
            "outcome's unit",
            null_means=f"{NOT_ATT}, or the interval is empty",
        ),
        Column(
            "receipt_n_behind",
            "bigint",
            "Fewest persons of arm or `against` who received, or did not.",
            "persons",
            null_means=NOT_ATT,
        ),
        Column("data_version", "string", "Named set of deliveries."),
        Column("plan_hash", "string", "Digest of the parsed plan."),
        Column(
            "registration",
            "string",
            "How the plan stood to the one registered last.",
            null_means="estimated before registrations were kept",
            allowed=MARKS,
        ),
    ),
    rules={
        "the interval holds the estimate": ("estimate BETWEEN ci_lower AND ci_upper"),
        "a p-value is a probability": "p_value BETWEEN 0 AND 1",
        "a standard error is not negative": "std_error >= 0",
        "the rank is at most the columns": "rank <= columns",
    },
)
