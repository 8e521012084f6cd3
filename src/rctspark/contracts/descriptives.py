"""Counts that describe an experiment: who was served, who is like whom.

Plain records, unscreened: they stay inside until `release/` has looked at them.
"""

from __future__ import annotations

from dataclasses import dataclass

from rctspark.contracts.table import Column, Table

EVERY = "all"
"""Category or arm of a row that is about all of them."""
ENROLLED = "enrolled"
"""Subject of the rows that count everyone enrolled."""
FUNNEL = "funnel"
"""Subject of the rows that count those left after a step; the arm is a site."""
LEAVING = "leaving"
"""Subject of the rows that count those who leave at a step; the arm is a site."""
ALPHA, LOW, HIGH = "alpha", "alpha, lower end", "alpha, upper end"
"""Categories of the rows that hold Cronbach's alpha and its interval as total."""
FIT = "fit"
"""Category of the rows that hold a group against the target population."""
BOUNDS = ("lower", "upper", "low", "high", "trimmed")
"""After the name of a method (`Lee lower`), categories of the rows that hold bounds of
an effect, the ends of its interval and the share trimmed as total; persons are those
of the arm who are observed, of those drawn into it."""
TARGET = "target"
"""In place of an arm: everyone of the target population, enrolled or not."""
WEIGHTED = "weighted"
"""In place of an arm: those analysed with their weights; `total` is the share or mean
that the weights reach."""
WEIGHTS = "weights"
"""Subject of the rows that hold in `total` what is told of the weights themselves."""
EFFECTIVE_N, LARGEST_WEIGHT, LARGEST_WEIGHTS = "effective_n", "largest", "largest_mean"
"""Categories of such rows: the persons who would say as much without weights; the
largest weight where their mean is 1, which stays inside; and the mean of the largest
weights over as many persons as must stand behind a number."""


@dataclass(frozen=True, slots=True)
class Descriptive:
    """One count of persons, or one test over the counts of a subject.

    Attributes:
        experiment: Name of the plan.
        population: Who is described: an analysis of the plan.
        subject: `enrolled`, a covariate, or an outcome.
        category: Category of the subject, or `all`; empty: not known.
        horizon: Horizon of the outcome; 0 where it has none.
        arm: Arm, group or site; `all` for a test over the arms.
        persons: Persons of the arm in the category; of an outcome without
            categories, those whose value is not zero.
        base_persons: Persons of the arm among whom they are counted: those whose
            category or value is known.
        total: Sum of the values of an outcome without categories. None: a count.
        largest_share: Share of the largest single contribution in `total`. None: a
            count, or nothing to divide.
        rest_ratio: What is left of `total` without the two largest contributions,
            divided by the largest. None: as `largest_share`.
        statistic: Statistic of the test. None: no test.
        df: Its degrees of freedom.
        p_value: Its p-value.
        method: Name of the test; empty: no test.
        data_version: Named set of deliveries.
        plan_hash: Digest of the parsed plan.
    """

    experiment: str
    population: str
    subject: str
    category: str
    horizon: int
    arm: str
    persons: int
    base_persons: int
    total: float | None
    largest_share: float | None
    rest_ratio: float | None
    statistic: float | None
    df: int | None
    p_value: float | None
    method: str
    data_version: str
    plan_hash: str


NO_TOTAL = "the row counts persons in a category"
NO_TEST = "the row is no test"
DESCRIPTIVES = Table(
    name="descriptives",
    grain="one row per population, subject, category, horizon and arm",
    key=("experiment", "population", "subject", "category", "horizon", "arm"),
    columns=(
        Column("experiment", "string", "Name of the plan."),
        Column("population", "string", "Analysis of the plan whose persons count."),
        Column("subject", "string", "`enrolled`, a covariate, or an outcome."),
        Column(
            "category", "string", "Category of the subject, or `all`; empty: not known."
        ),
        Column("horizon", "int", "Horizon of the outcome; 0 where it has none."),
        Column("arm", "string", "Arm, group or site; `all`: a test."),
        Column(
            "persons", "bigint", "Persons of the arm in the category.", unit="persons"
        ),
        Column(
            "base_persons",
            "bigint",
            "Persons of the arm whose category or value is known.",
            unit="persons",
        ),
        Column(
            "total",
            "double",
            "Sum of the values of an outcome.",
            unit="outcome's unit",
            null_means=NO_TOTAL,
        ),
        Column(
            "largest_share",
            "double",
            "Share of the largest single contribution in the total.",
            null_means=NO_TOTAL,
        ),
        Column(
            "rest_ratio",
            "double",
            "The total without the two largest contributions, over the largest.",
            null_means=NO_TOTAL,
        ),
        Column("statistic", "double", "Statistic of a test.", null_means=NO_TEST),
        Column("df", "int", "Degrees of freedom of a test.", null_means=NO_TEST),
        Column("p_value", "double", "P-value of a test.", null_means=NO_TEST),
        Column("method", "string", "Name of a test; empty where there is none."),
        Column("data_version", "string", "Named set of deliveries."),
        Column("plan_hash", "string", "Digest of the parsed plan."),
    ),
    rules={
        "nobody is counted who is not in the base": "persons <= base_persons",
        "a p-value is a probability": "p_value BETWEEN 0 AND 1",
    },
)
