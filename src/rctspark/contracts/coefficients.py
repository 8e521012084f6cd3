"""Regressions with all their coefficients."""

from __future__ import annotations

from dataclasses import dataclass

from rctspark.contracts.table import Column, Table

CONSTANT = "constant"
"""Term of the mean where every other term is 0."""


@dataclass(frozen=True, slots=True)
class Term:
    """One coefficient of one regression, in the unit of outcome and term.

    Attributes:
        outcome: Outcome of the plan.
        horizon: Its horizon; 0 where it has none.
        place: Place among the terms, from 0: the constant, the arms, covariates.
        term: `constant`, an arm, a covariate, or `covariate=category`.
        estimate: The coefficient; of a logit in log odds.
        std_error: Its standard error.
        df: Degrees of freedom; infinite for the normal.
        p_value: Two-sided p-value of 0.
        n_behind: Fewest persons on a side of a term of zeros and ones: those who are
            in the category, or those who are not. Of other terms `n_total`.
        n_total: Persons in the regression.
        rank: Coefficients of the regression.
        r_squared: Share of the variance that is explained; of a logit McFadden's.
            None: the outcome does not vary.
        adjusted_r_squared: Adjusted for the coefficients. None: not for a logit.
    """

    outcome: str
    horizon: int
    place: int
    term: str
    estimate: float
    std_error: float
    df: float
    p_value: float
    n_behind: int
    n_total: int
    rank: int
    r_squared: float | None
    adjusted_r_squared: float | None


@dataclass(frozen=True, slots=True)
class Coefficient(Term):
    """A term, filed under the plan and the data that it rests on.

    Attributes:
        experiment: Name of the plan.
        population: Who is analysed: an analysis of the plan.
        model: Model of the plan.
        covariance: Kind of covariance of the standard error: HC1.
        data_version: Named set of deliveries.
        plan_hash: Digest of the parsed plan.
    """

    experiment: str
    population: str
    model: str
    covariance: str
    data_version: str
    plan_hash: str


COEFFICIENTS = Table(
    name="coefficients",
    grain="one row per regression and term",
    key=("experiment", "population", "outcome", "horizon", "model", "term"),
    columns=(
        Column("experiment", "string", "Name of the plan."),
        Column("population", "string", "Analysis of the plan."),
        Column("outcome", "string", "Outcome of the plan."),
        Column("horizon", "int", "Horizon of the outcome; 0 where it has none."),
        Column("model", "string", "Model of the plan."),
        Column("place", "int", "Place among the terms; the constant is 0."),
        Column("term", "string", "`constant`, an arm, or a column of a covariate."),
        Column("estimate", "double", "The coefficient; of a logit in log odds."),
        Column("std_error", "double", "Standard error by `covariance`."),
        Column("df", "double", "Degrees of freedom; infinite for the normal."),
        Column("p_value", "double", "Two-sided p-value of 0."),
        Column(
            "n_behind",
            "bigint",
            "Fewest persons on a side of a term of zeros and ones.",
            "persons",
        ),
        Column("n_total", "bigint", "Persons in the regression.", "persons"),
        Column("rank", "int", "Coefficients of the regression."),
        Column(
            "r_squared",
            "double",
            "Share of the variance explained; of a logit McFadden's.",
            null_means="the outcome does not vary",
        ),
        Column(
            "adjusted_r_squared",
            "double",
            "The share adjusted for the coefficients.",
            null_means="the outcome does not vary, or the model is a logit",
        ),
        Column("covariance", "string", "Kind of covariance: HC1."),
        Column("data_version", "string", "Named set of deliveries."),
        Column("plan_hash", "string", "Digest of the parsed plan."),
    ),
    rules={
        "a p-value is a probability": "p_value BETWEEN 0 AND 1",
        "a standard error is not negative": "std_error >= 0",
        "no more persons stand behind a term than there are": "n_behind <= n_total",
    },
)
